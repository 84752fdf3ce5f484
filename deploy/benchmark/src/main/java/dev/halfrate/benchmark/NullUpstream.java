package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A vendor that costs next to nothing: it speaks as much of OpenAI's batch API as there is need of, throws the bodies away
 * and answers at once, or when it is told to. It runs in this process, beside those that are measured.
 */
public final class NullUpstream implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ANSWER_BUFFER = 1 << 18;
    private static final String ANSWER_HEAD = "{\"id\":\"batch_req_0\",\"custom_id\":\"";
    private static final String ANSWER_MIDDLE =
            "\",\"response\":{\"status_code\":200,\"request_id\":\"req_0\",\"body\":"
                    + "{\"id\":\"chatcmpl-0\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"gpt-4o-mini\","
                    + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"refusal\":null,\"content\":\"";
    private static final String ANSWER_TAIL = "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":"
            + "{\"prompt_tokens\":400,\"completion_tokens\":60,\"total_tokens\":460}}},\"error\":null}\n";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Prompts prompts = new Prompts();
    private final Map<String, UploadedFile> files = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> batches = new ConcurrentHashMap<>();
    private final ConcurrentLinkedDeque<String> newestFirst = new ConcurrentLinkedDeque<>();
    private final AtomicInteger names = new AtomicInteger();
    private final AtomicLong uploaded = new AtomicLong();
    private final AtomicLong uploadedAt = new AtomicLong();
    private final AtomicLong downloadedAt = new AtomicLong();
    private final AtomicLong createdAt = new AtomicLong();
    private final AtomicLong completedAt = new AtomicLong();
    private final Set<String> toldCompleted = ConcurrentHashMap.newKeySet();
    private final AtomicLong calls = new AtomicLong();
    private volatile boolean held;
    private volatile boolean away;
    private volatile int answerBytes = 1_000;

    private NullUpstream(HttpServer server) {
        this.server = server;
    }

    public static NullUpstream start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        var upstream = new NullUpstream(server);
        server.setExecutor(upstream.threads);
        server.createContext("/", upstream::answer);
        server.start();
        return upstream;
    }

    public URI url() {
        return URI.create("http://127.0.0.1:%d/v1".formatted(server.getAddress().getPort()));
    }

    /** @param held whether batches stay in progress from now on; otherwise all of them are completed */
    public void hold(boolean held) {
        this.held = held;
    }

    /** @param away whether every call is refused with 503 from now on */
    public void away(boolean away) {
        this.away = away;
    }

    /** @param bytes of each line of a result file, from now on */
    public void answerAtLength(int bytes) {
        answerBytes = bytes;
    }

    /** @return lines of all files that came in whole */
    public long uploaded() {
        return uploaded.get();
    }

    /** @return when the last of these files was in, as {@link System#nanoTime} */
    public long uploadedAt() {
        return uploadedAt.get();
    }

    /** @return when somebody first asked for results since {@link #forgetDownloads}, as {@link System#nanoTime}; 0 if nobody did */
    public long downloadedAt() {
        return downloadedAt.get();
    }

    public void forgetDownloads() {
        downloadedAt.set(0);
    }

    /** @return when the last create was answered, as {@link System#nanoTime}; 0 if there was none */
    public long createdAt() {
        return createdAt.get();
    }

    /** @return when a poll was last told of an end that it did not know, as {@link System#nanoTime}; 0 if none was */
    public long completedAt() {
        return completedAt.get();
    }

    /** @return calls of any kind, so far */
    public long calls() {
        return calls.get();
    }

    private void answer(HttpExchange call) throws IOException {
        calls.incrementAndGet();
        try (call) {
            var path = call.getRequestURI().getPath().substring("/v1".length()).split("/", -1);
            var method = call.getRequestMethod();
            if (away) {
                call.sendResponseHeaders(503, -1);
            } else if (path[1].equals("files") && method.equals("POST")) {
                json(call, upload(call));
            } else if (path[1].equals("files") && path.length == 4) {
                download(call, file(path[2]));
            } else if (path[1].equals("files") && method.equals("DELETE")) {
                json(call, JSON.createObjectNode().put("id", path[2]).put("deleted", true));
            } else if (path[1].equals("batches") && method.equals("POST")) {
                json(call, create((ObjectNode) JSON.readTree(call.getRequestBody())));
                createdAt.set(System.nanoTime());
            } else if (path[1].equals("batches") && path.length == 3) {
                poll(call, path[2]);
            } else {
                json(call, list(path[1].equals("batches")));
            }
        }
    }

    private ObjectNode upload(HttpExchange call) throws IOException {
        var id = "file-" + names.incrementAndGet();
        var file = UploadedFile.read(call.getRequestBody());
        files.put(id, file);
        uploaded.addAndGet(file.lines());
        uploadedAt.accumulateAndGet(System.nanoTime(), Math::max);
        return JSON.createObjectNode()
                .put("id", id)
                .put("object", "file")
                .put("bytes", file.bytes())
                .put("purpose", "batch")
                .put("filename", "requests.jsonl")
                .put("created_at", Instant.now().getEpochSecond());
    }

    private UploadedFile file(String id) {
        return Objects.requireNonNull(files.get(id), id);
    }

    private ObjectNode create(ObjectNode create) {
        var id = "batch_" + names.incrementAndGet();
        var batch = JSON.createObjectNode()
                .put("id", id)
                .put("object", "batch")
                .put("endpoint", create.path("endpoint").asText())
                .put("input_file_id", create.path("input_file_id").asText())
                .put("completion_window", create.path("completion_window").asText())
                .put("created_at", Instant.now().getEpochSecond());
        batch.set("metadata", create.path("metadata"));
        batches.put(id, batch);
        newestFirst.addFirst(id);
        return batch.deepCopy().put("status", "validating");
    }

    private void poll(HttpExchange call, String id) throws IOException {
        var batch = known(id);
        if (batch != null && batch.has("output_file_id") && toldCompleted.add(id)) {
            completedAt.set(System.nanoTime());
        }
        json(call, batch);
    }

    private @Nullable ObjectNode known(String id) {
        var batch = batches.get(id);
        if (batch == null) {
            return null;
        }
        var now = batch.deepCopy();
        var input = now.path("input_file_id").asText();
        var lines = file(input).lines();
        now.put("status", held ? "in_progress" : "completed");
        now.putObject("request_counts")
                .put("total", lines)
                .put("completed", held ? 0 : lines)
                .put("failed", 0);
        if (!held) {
            now.put("output_file_id", input);
        }
        return now;
    }

    private ObjectNode list(boolean ofBatches) {
        var list = JSON.createObjectNode().put("object", "list").put("has_more", false);
        var data = list.putArray("data");
        if (ofBatches) {
            newestFirst.forEach(id -> data.add(known(id)));
        }
        return list;
    }

    /** Of the requests of the file, one answer for each. */
    private void download(HttpExchange call, UploadedFile file) throws IOException {
        downloadedAt.compareAndSet(0, System.nanoTime());
        var fixed = ANSWER_HEAD.length() + ANSWER_MIDDLE.length() + ANSWER_TAIL.length();
        var content = answerBytes - fixed - file.idBytes();
        var line = (fixed + file.idBytes() + content) * (long) file.lines();
        call.sendResponseHeaders(200, line);
        try (var out = new BufferedOutputStream(call.getResponseBody(), ANSWER_BUFFER)) {
            var head = ANSWER_HEAD.getBytes(UTF_8);
            var middle = ANSWER_MIDDLE.getBytes(UTF_8);
            var tail = ANSWER_TAIL.getBytes(UTF_8);
            for (var number = 0; number < file.lines(); number++) {
                out.write(head);
                file.writeId(number, out);
                out.write(prompts.joined(middle, number, content, tail));
            }
        }
    }

    private static void json(HttpExchange call, @Nullable ObjectNode document) throws IOException {
        if (document == null) {
            call.sendResponseHeaders(404, -1);
            return;
        }
        var bytes = JSON.writeValueAsBytes(document);
        call.getResponseHeaders().set("Content-Type", "application/json");
        call.sendResponseHeaders(200, bytes.length);
        call.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}

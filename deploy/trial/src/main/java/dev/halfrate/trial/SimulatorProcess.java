package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.local.LocalMain;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The simulated vendors in a process of their own, and what they are told and asked. */
public final class SimulatorProcess implements AutoCloseable {
    /** Virtual seconds per real second: a batch takes from 0.3 to 2 s. */
    static final int SPEED = 600;

    private static final String READY = "The simulator is http://127.0.0.1:";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Jvm jvm;
    private final int port;
    private final HttpClient http = HttpClient.newHttpClient();

    private SimulatorProcess(Jvm jvm, int port) {
        this.jvm = jvm;
        this.port = port;
    }

    public static SimulatorProcess start(Path directory, long seed) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var jvm = Jvm.start(
                directory.resolve("simulator.log"),
                List.of(),
                LocalMain.class.getName(),
                "simulator",
                "--port=0",
                "--speed=" + SPEED,
                "--seed=" + seed,
                "--data-dir=" + directory);
        Waiting.until("the simulator is ready", Waiting.START, () -> jvm.said("Ctrl-C"), jvm);
        var words = Files.readString(jvm.output(), UTF_8);
        var from = words.indexOf(READY) + READY.length();
        return new SimulatorProcess(jvm, Integer.parseInt(words.substring(from, words.indexOf('/', from))));
    }

    /** Of every vendor's API. */
    public URI url() {
        return URI.create("http://127.0.0.1:%d/v1".formatted(port));
    }

    /** Processes that call it by different names can be told apart. */
    URI url(String host, Vendor vendor) {
        return URI.create("http://%s:%d%s".formatted(host, port, vendor.basePath));
    }

    /** Behaves well again. Calls that wait go on waiting. */
    void behave() throws IOException, InterruptedException {
        send("DELETE", "/control/faults", BodyPublishers.noBody());
        habits(0, "FAILED", 0, 1);
    }

    void habits(int newBatchesHiddenSeconds, String deletedInput, double linesFailed, int slowdown)
            throws IOException, InterruptedException {
        put(
                "PUT",
                "/control/habits",
                Map.of(
                        "new_batches_hidden_seconds", newBatchesHiddenSeconds,
                        "deleted_input", deletedInput,
                        "lines_failed", linesFailed,
                        "slowdown", slowdown));
    }

    /** @param bytes of the text of every answer, at least */
    public void answerAtLength(int bytes) throws IOException, InterruptedException {
        put("PUT", "/control/habits", Map.of("answer_bytes_min", bytes));
    }

    public Jvm jvm() {
        return jvm;
    }

    /** @param fault as deploy/simulator/README.md has it */
    void script(Map<String, ?> fault) throws IOException, InterruptedException {
        put("POST", "/control/faults", fault);
    }

    /** @return how many calls the fault that was scripted as number {@code index}, from 0, has met */
    int hits(int index) throws IOException, InterruptedException {
        return JSON.readTree(send("GET", "/control/faults", BodyPublishers.noBody()))
                .path(index)
                .path("hits")
                .asInt();
    }

    /** @return calls that any of the faults has met */
    int hits() throws IOException, InterruptedException {
        var hits = 0;
        for (var fault : JSON.readTree(send("GET", "/control/faults", BodyPublishers.noBody()))) {
            hits += fault.path("hits").asInt();
        }
        return hits;
    }

    void eachBilledLine(Consumer<JsonNode> action) throws IOException, InterruptedException {
        for (var line : send("GET", "/control/billing/entries", BodyPublishers.noBody())
                .lines()
                .toList()) {
            action.accept(JSON.readTree(line));
        }
    }

    /** @return whether nothing more can be billed to this key */
    boolean isIdle(Vendor vendor, String key) throws IOException, InterruptedException {
        for (var batch : batches(vendor, key)) {
            if (!vendor.hasEnded(batch)) {
                return false;
            }
        }
        return true;
    }

    /** The newest ones. */
    private JsonNode batches(Vendor vendor, String key) throws IOException, InterruptedException {
        return JSON.readTree(send(
                        "GET",
                        vendor.batches,
                        BodyPublishers.noBody(),
                        "Authorization",
                        "Bearer " + key,
                        "anthropic-version",
                        "2023-06-01"))
                .path("data");
    }

    /** Makes batches that fail at once, as somebody else with the same key might. */
    void makeBatches(int count, Vendor vendor, String key) throws IOException, InterruptedException {
        var create = JSON.writeValueAsString(Map.of(
                "input_file_id", "file-of-somebody-else", "endpoint", vendor.endpoint, "completion_window", "24h"));
        for (var i = 0; i < count; i++) {
            create(vendor, key, create);
        }
    }

    /**
     * Sends the create of the newest batch a second time, as something between client and vendor might.
     *
     * @return false if none is listed yet
     */
    boolean repeatNewestCreate(Vendor vendor, String key) throws IOException, InterruptedException {
        var newest = batches(vendor, key).path(0);
        if (newest.isMissingNode()) {
            return false;
        }
        var create = Map.of(
                "input_file_id", newest.path("input_file_id"),
                "endpoint", newest.path("endpoint"),
                "completion_window", newest.path("completion_window"),
                "metadata", newest.path("metadata"));
        create(vendor, key, JSON.writeValueAsString(create));
        return true;
    }

    private void create(Vendor vendor, String key, String create) throws IOException, InterruptedException {
        send(
                "POST",
                vendor.create.path(),
                BodyPublishers.ofString(create),
                "Authorization",
                "Bearer " + key,
                "Content-Type",
                "application/json");
    }

    private void put(String method, String path, Map<String, ?> content) throws IOException, InterruptedException {
        send(method, path, BodyPublishers.ofString(JSON.writeValueAsString(content)));
    }

    private String send(String method, String path, BodyPublisher body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
        if (response.statusCode() != 200) {
            throw new IllegalStateException(
                    "%s %s was answered %d: %s".formatted(method, path, response.statusCode(), response.body()));
        }
        return response.body();
    }

    @Override
    public void close() {
        jvm.close();
        http.close();
    }
}

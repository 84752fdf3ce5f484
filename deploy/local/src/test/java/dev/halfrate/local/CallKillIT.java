package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.cli.CommandLines;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** `call` is killed in the middle, again and again: each request has one result, and what was bought twice is known. */
class CallKillIT {
    private static final int REQUESTS = 400;
    private static final int KILLS = 3;
    private static final int CALLS_UNTIL_KILL = 70;
    private static final Duration RUN_WITHIN = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    @Test
    void killedInTheMiddleEachRequestHasOneResultAndNothingIsBoughtTwiceUnseen() throws Exception {
        try (var vendor = new Vendor()) {
            // Given
            Files.writeString(directory.resolve("key"), "sk-canary");
            Files.writeString(directory.resolve("halfrate.yaml"), """
                    accounts:
                      - {name: main, base-url: 'http://127.0.0.1:%d/v1', key: {file: '%s/key'}, sync: {calls-max: 20}}
                    """.formatted(vendor.port(), directory));
            Files.writeString(
                    directory.resolve("requests.jsonl"),
                    IntStream.range(0, REQUESTS).mapToObj("""
                            {"custom_id":"r-%1$d","method":"POST","url":"/v1/chat/completions",\
                            "body":{"model":"m","number":%1$d,"text":"canary-prompt"}}
                            """::formatted).collect(Collectors.joining()));

            // When
            for (var kill = 0; kill < KILLS; kill++) {
                vendor.answersOnly(CALLS_UNTIL_KILL);
                try (var run = start("--in-doubt", "call-again")) {
                    vendor.awaitOneTooMany();
                    run.kill();
                }
            }
            vendor.answersOnly(REQUESTS * 10);
            var asked = vendor.calls();
            try (var undecided = start()) {
                assertThat(undecided.endsWithin(RUN_WITHIN)).isTrue();
                assertThat(undecided.exitCode()).isEqualTo(CommandLines.FAILED);
                assertThat(undecided.output()).contains("--in-doubt call-again");
            }
            assertThat(vendor.calls()).as("sent without a decision").isEqualTo(asked);
            JsonNode summary;
            try (var last = start("--in-doubt", "call-again", "--json")) {
                assertThat(last.endsWithin(RUN_WITHIN)).isTrue();
                assertThat(last.exitCode()).as(last.output()).isEqualTo(CommandLines.DONE);
                summary = summary(last.output());
            }

            // Then
            assertThat(results())
                    .hasSize(REQUESTS)
                    .allSatisfy((id, times) -> assertThat(times).as(id).isEqualTo(1));
            assertThat(vendor.billed).hasSize(REQUESTS);
            var surplus =
                    vendor.billed.values().stream().mapToInt(AtomicInteger::get).sum() - REQUESTS;
            assertThat(summary.path("exposure_calls").asInt()).isGreaterThanOrEqualTo(surplus);
            assertThat(summary.path("exposure_calls").asInt())
                    .as("no more than what was under way")
                    .isBetween(KILLS, KILLS * 20);
            assertThat(Files.readString(directory.resolve("run.out"))).doesNotContain("canary");
            assertThat(Files.readString(directory.resolve("requests.results.jsonl.journal")))
                    .doesNotContain("canary");
        }
    }

    private JavaProcess start(String... options) throws IOException {
        var arguments = new String[options.length + 4];
        arguments[0] = "call";
        arguments[1] = "-c";
        arguments[2] = directory.resolve("halfrate.yaml").toString();
        System.arraycopy(options, 0, arguments, 3, options.length);
        arguments[arguments.length - 1] = directory.resolve("requests.jsonl").toString();
        return JavaProcess.start(directory.resolve("run.out"), LocalMain.class.getName(), arguments);
    }

    /** The last thing that was printed. */
    private static JsonNode summary(String output) throws IOException {
        return new ObjectMapper().readTree(output.substring(output.lastIndexOf("\n{") + 1));
    }

    /** @return how many results each custom_id has */
    private Map<String, Integer> results() throws IOException {
        var times = new HashMap<String, Integer>();
        for (var line : Files.readAllLines(directory.resolve("requests.results.jsonl"))) {
            var result = new ObjectMapper().readTree(line);
            assertThat(result.path("status").asText()).isEqualTo("succeeded");
            assertThat(result.path("response").path("number").asText())
                    .isEqualTo(result.path("custom_id").asText().substring(2));
            times.merge(result.path("custom_id").asText(), 1, Integer::sum);
        }
        return times;
    }

    /** Answers so many calls; the others are executed and billed, but wait for their answer for ever. */
    private static final class Vendor implements AutoCloseable {
        private final HttpServer server;
        private final Map<String, AtomicInteger> billed = new ConcurrentHashMap<>();
        private final AtomicInteger calls = new AtomicInteger();
        private final Semaphore oneTooMany = new Semaphore(0);
        private final AtomicInteger answersLeft = new AtomicInteger();

        Vendor() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/v1/chat/completions", this::answer);
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        int calls() {
            return calls.get();
        }

        void answersOnly(int count) {
            oneTooMany.drainPermits();
            answersLeft.set(count);
        }

        void awaitOneTooMany() throws InterruptedException {
            assertThat(oneTooMany.tryAcquire(RUN_WITHIN.toMillis(), TimeUnit.MILLISECONDS))
                    .as("more calls came than are answered")
                    .isTrue();
        }

        private void answer(HttpExchange exchange) throws IOException {
            calls.incrementAndGet();
            var body = exchange.getRequestBody().readAllBytes();
            var number = new ObjectMapper().readTree(body).path("number").asText();
            billed.computeIfAbsent(number, _ -> new AtomicInteger()).incrementAndGet();
            if (answersLeft.getAndDecrement() <= 0) {
                oneTooMany.release();
                return;
            }
            var answer = "{\"number\":%s,\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}"
                    .formatted(number)
                    .getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            try (var out = exchange.getResponseBody()) {
                out.write(answer);
            }
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}

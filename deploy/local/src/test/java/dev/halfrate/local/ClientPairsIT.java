package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.local.PairClient.Asked;
import dev.halfrate.local.PairClient.Form;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.RegistryConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whoever wrote a request, in either form: the vendor gets its body byte for byte, and every client reads the request
 * and its result. Each writes once, and each reads what all have written.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientPairsIT {
    private static final int SPEED = 600;
    private static final String CHAT = "/v1/chat/completions";
    /** With places for a label, so that each is the only one of its kind. */
    private static final List<String> BODIES = List.of("""
            {"model":"gpt-4o-mini","messages":[{"role":"user","content":"Wie heißt du?"}],"user":"%s"}""", """
            { "messages" : [ {"content":"ü \\u00fc \\ud83d\\ude00 😀 \\"q\\" \\\\ \\/ \\t", "role" : "user"} ],\
            "temperature":0.10,  "user":"%s", "model":"gpt-4o-mini" }""", """
            {"seed":12345678901234567890,"model":"gpt-4o-mini","metadata":{"z":1e400,"y":-0.0,"a":1E-7,"x":1.50},\
            "user":"%s","messages":[{"content":"2+2?","role":"user"}]}""");

    record Pair(Form form, String writer, String reader) {
        @Override
        public String toString() {
            return "%s: %s to %s".formatted(form, writer, reader);
        }
    }

    /** What one has read of a form, whoever wrote it, by custom_id. */
    private record Read(Map<String, JsonNode> requests, Map<String, String> results) {}

    private record Reader(Form form, String name) {}

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path directory;

    private final Map<String, PairClient> clients = new LinkedHashMap<>();
    private final Map<Reader, Read> read = new HashMap<>();

    private final Deque<AutoCloseable> started = new ArrayDeque<>();

    @SuppressWarnings("NullAway.Init")
    private LocalStack stack;

    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void everybodyWritesAndEverybodyReads() throws Exception {
        stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 1, SPEED, false, null));
        started.push(stack);
        var confluent = new ConfluentClient(stack);
        started.push(confluent);
        clients.put("Confluent", confluent);
        clients.put("Java", ScriptClient.install("java", "mvn", "java -cp 'lib/*' Pairs.java", stack, directory));
        clients.put(
                "Python", ScriptClient.install("python", "pip install", ".venv/bin/python pairs.py", stack, directory));
        clients.put("Node", ScriptClient.install("node", "npm install", "node pairs.js", stack, directory));
        for (var form : Form.values()) {
            for (var writer : clients.entrySet()) {
                writer.getValue().write(form, asked(form, writer.getKey()));
            }
            try (var _ = processor(form)) {
                for (var reader : clients.entrySet()) {
                    read.put(new Reader(form, reader.getKey()), readAll(form, reader.getValue()));
                }
            }
        }
    }

    @AfterAll
    void stop() throws Exception {
        for (var one : started) {
            one.close();
        }
    }

    private static List<Asked> asked(Form form, String writer) {
        return IntStream.range(0, BODIES.size())
                .mapToObj(i -> {
                    var label = "%s-%s-%d".formatted(form, writer, i);
                    return new Asked(
                            label + " ü😀 \"\\\u2028", CHAT, BODIES.get(i).formatted(label));
                })
                .toList();
    }

    private Processor processor(Form results) throws InterruptedException {
        return Processor.start(
                stack.config()
                        .with(
                                RegistryConfig.at(stack.registryUrl()),
                                new FormatsConfig(
                                        results == Form.AVRO ? FormatsConfig.AVRO : FormatsConfig.JSON,
                                        FormatsConfig.JSON,
                                        Map.of())),
                new SimpleMeterRegistry());
    }

    private Read readAll(Form form, PairClient reader) throws Exception {
        var all = clients.keySet().stream()
                .flatMap(writer -> asked(form, writer).stream())
                .toList();
        var requests = new HashMap<String, JsonNode>();
        for (var request : reader.requests(all)) {
            requests.put(tree(form, request).get("custom_id").textValue(), request);
        }
        var results = new HashMap<String, String>();
        reader.results(all).forEach(line -> results.put(line.substring(0, line.indexOf('\t')), line));
        return new Read(requests, results);
    }

    private static JsonNode tree(Form form, JsonNode request) throws IOException {
        return form == Form.JSON
                ? new ObjectMapper().readTree(request.get("json").textValue())
                : request;
    }

    private Read read(Form form, String reader) {
        return requireNonNull(read.get(new Reader(form, reader)));
    }

    private Stream<Pair> pairs() {
        return Stream.of(Form.values())
                .flatMap(form -> clients.keySet().stream()
                        .flatMap(writer -> clients.keySet().stream().map(reader -> new Pair(form, writer, reader))));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void whatOneWritesAndIsAnsweredTheOtherReads(Pair pair) throws Exception {
        var found = read(pair.form(), pair.reader());
        for (var asked : asked(pair.form(), pair.writer())) {
            var request = requireNonNull(found.requests().get(asked.customId()), asked.customId());
            assertThat(tree(pair.form(), request).get("url").textValue()).isEqualTo(CHAT);
            if (pair.form() == Form.JSON) {
                assertThat(request.get("json").textValue()).endsWith(": " + asked.body() + "}");
            } else {
                assertThat(request.get("body").textValue()).isEqualTo(asked.body());
            }
            assertThat(found.results().get(asked.customId()))
                    .startsWith(asked.customId() + "\tsucceeded\t")
                    .isEqualTo(read(pair.form(), "Confluent").results().get(asked.customId()))
                    .doesNotEndWith("\t");
        }
    }

    @Test
    void theVendorGetsEveryBodyByteForByte() throws IOException {
        var sent = new StringBuilder();
        try (var files = Files.walk(directory.resolve("simulator")).filter(Files::isRegularFile)) {
            for (var file : files.toList()) {
                // Not all are texts.
                sent.append(Files.readString(file, ISO_8859_1));
            }
        }
        var bodies = Stream.of(Form.values())
                .flatMap(form -> clients.keySet().stream().flatMap(writer -> asked(form, writer).stream()))
                .map(asked -> new String(asked.body().getBytes(UTF_8), ISO_8859_1))
                .toList();
        assertThat(sent).contains(bodies);
    }
}

package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The terminal's way from a file of requests to a file of results, every command a process of its own. */
@Tag("long")
class CliIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String PROMPT = "canary-prompt";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern GO_ON = Pattern.compile("go on with --from-line (\\d+)");
    private static final int PARTITIONS = 2;

    @TempDir
    Path directory;

    private final RegistryServer registry = RegistryServer.start(0);
    private EmbeddedBroker broker;
    private Simulator simulator;
    private Path config;
    private int commands;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        config = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: %5$d, replication-factor: 1}
                accounts:
                  - {name: claude, provider: anthropic, base-url: %3$s, key: {file: %1$s/key}, models: [claude-*]}
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}}
                lanes: {age-max: 1s}
                ledger: {poll-delays: [500ms]}
                schema-registry: {urls: ["%4$s"]}
                formats: {results: avro}
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl(), registry.url(), PARTITIONS));
        TopicSetup.ensure(ConfigFile.load(config));
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
        registry.close();
    }

    @Test
    void aFileGoesInAndItsResultsComeOut() throws Exception {
        try (var _ = JavaProcess.start(
                        directory.resolve("run.log"),
                        List.of("-Xmx512m", "-Dlogback.configurationFile=logback.xml"),
                        LocalMain.class.getName(),
                        "run",
                        "--config",
                        config.toString())
                .awaitOutput("RunCommand running", PATIENCE)) {
            // A bad line stops all of it, and is named without its text
            var requests = lines(requests("a", 20));
            var bad = Files.writeString(
                    directory.resolve("bad.jsonl"),
                    Files.readString(requests) + "{\"custom_id\":\"a-x\",\"note\":\"%s\"}%n".formatted(PROMPT));
            try (var produced = run(CommandLines.FAILED, "produce", bad.toString())) {
                assertThat(produced.output())
                        .contains("so nothing was sent", "line 21: method must be \"POST\"", "--skip-invalid")
                        .doesNotContain(PROMPT);
            }
            assertThat(stored()).isZero();
            try (var dry = run(CommandLines.DONE, "produce", "--dry-run", "--json", requests.toString())) {
                assertThat(json(dry).path("sent").asInt()).isEqualTo(20);
            }
            assertThat(stored()).isZero();

            // Without it the others go, and their results are waited for, in the order of nobody
            try (var produced = run(CommandLines.DONE, "produce", "--skip-invalid", "--tag", "night", bad.toString())) {
                assertThat(produced.output()).contains("left out: line 21: ", "20 requests to llm.requests");
            }
            var answers = directory.resolve("answers.jsonl");
            try (var read = run(
                    CommandLines.DONE,
                    "results",
                    "--ids",
                    requests.toString(),
                    "--json",
                    "--out",
                    answers.toString())) {
                var summary = json(read);
                assertThat(summary.path("results").asInt()).isEqualTo(20);
                assertThat(summary.path("statuses").path("succeeded").asInt()).isEqualTo(20);
            }
            assertThat(read(answers))
                    .hasSize(20)
                    .allSatisfy(
                            answer -> assertThat(answer.path("tag").asText()).isEqualTo("night"));
            assertThat(ids(answers)).isEqualTo(ids(requests));

            // Requests in Avro, with their results in the vendors' own forms
            var more = lines(requests("b", 6));
            var vendors = directory.resolve("vendors.jsonl");
            try (var produced = run(
                    CommandLines.DONE,
                    "produce",
                    "--format",
                    "avro",
                    "--wait",
                    "--output",
                    "vendor",
                    "--out",
                    vendors.toString(),
                    more.toString())) {
                assertThat(produced.output()).contains("succeeded   6");
            }
            assertThat(read(vendors))
                    .hasSize(6)
                    .anySatisfy(line -> assertThat(line.at("/response/body/choices/0/message/content")
                                    .asText())
                            .isNotEmpty());
            assertThat(read(vendors))
                    .anySatisfy(line -> assertThat(
                                    line.at("/result/message/content/0/text").asText())
                            .isNotEmpty());
            assertThat(lastRequests(6))
                    .allSatisfy(request -> assertThat(request.value()[0]).isZero());

            // The same file again buys nothing, and has the same answers
            var before = simulator.billingBook().summary().linesBilled();
            var again = directory.resolve("again.jsonl");
            try (var produced =
                    run(CommandLines.DONE, "produce", "--wait", "--out", again.toString(), requests.toString())) {
                assertThat(produced.output()).contains("20 had succeeded before");
            }
            assertThat(new HashSet<>(read(again))).isEqualTo(new HashSet<>(read(answers)));
            assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(before);

            // One of them, as text; and one that nobody has sent
            try (var one = run(CommandLines.DONE, "results", "--custom-id", "a-3", "--output", "text")) {
                assertThat(one.output()).startsWith("a-3\t").hasLineCount(1);
            }
            try (var none = run(CommandLines.FAILED, "results", "--custom-id", "nobody")) {
                assertThat(none.output()).contains("there is no result of it yet");
            }

            // All of the way in batches
            try (var batches = run(CommandLines.DONE, "batches", "--json")) {
                var all = json(batches).path("batches");
                assertThat(all).isNotEmpty();
                assertThat(all.findValuesAsText("account")).contains("main", "claude");
                var id = all.path(0).path("batch_id").asText();
                try (var batch = run(CommandLines.DONE, "batches", id)) {
                    assertThat(batch.output()).contains(id, "attempt 1", "remote", "cost");
                }
            }
            assertThat(Files.readString(directory.resolve("run.log"))).doesNotContain(PROMPT);
        }
    }

    @Test
    void whoIsInterruptedGoesOnWhereItSays() throws Exception {
        // Given more than is sent in the blink of an eye
        var lines = 400_000;
        var requests = lines(IntStream.range(0, lines)
                .mapToObj(number -> chat("c-" + number))
                .toList());

        // When it is stopped on its way
        long next;
        try (var produce = process("produce", "--no-check", requests.toString())) {
            await().atMost(PATIENCE).until(() -> stored() > 0);
            produce.interrupt();
            assertThat(produce.endsWithin(PATIENCE)).isTrue();
            assertThat(produce.exitCode()).isEqualTo(130);
            var said = GO_ON.matcher(produce.output());
            assertThat(said.find()).as(produce.output()).isTrue();
            next = Long.parseLong(said.group(1));
        }

        // Then it has sent exactly what it says
        assertThat(next).isBetween(2L, (long) lines);
        assertThat(stored()).isEqualTo(next - 1);
        try (var rest = run(CommandLines.DONE, "produce", "--from-line", Long.toString(next), requests.toString())) {
            assertThat(rest.output()).contains("sent");
        }
        assertThat(stored()).isEqualTo(lines);
    }

    @Test
    void answersInPartsAreJoinedAndWhatIsNoResultIsPassedOver() throws Exception {
        // Given an answer in parts with another record between them, an older result of the same request, and no result
        var body = "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}"
                .formatted("x".repeat(900))
                .getBytes(UTF_8);
        var cut = 500;
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", (Object) broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            var first = producer.send(part(Arrays.copyOf(body, cut))).get();
            producer.send(part("another's".getBytes(UTF_8))).get();
            var second = producer.send(part(Arrays.copyOfRange(body, cut, body.length)))
                    .get();
            var parts = new Result.ResponseParts(
                    "llm.results.parts",
                    0,
                    List.of(first.offset(), second.offset()),
                    body.length,
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
            producer.send(record("big", ResultCodec.encode(result("big", null))))
                    .get();
            producer.send(record("big", ResultCodec.encode(result("big", parts))))
                    .get();
            producer.send(record("junk", "no result".getBytes(UTF_8))).get();
        }

        // When, then
        var out = directory.resolve("out.jsonl");
        try (var read = run(CommandLines.DONE, "results", "--out", out.toString())) {
            assertThat(read.output()).contains("passed over 1 records");
        }
        assertThat(read(out)).hasSize(2);
        var ids = Files.writeString(directory.resolve("ids.txt"), "big\n");
        try (var _ = run(CommandLines.DONE, "results", "--ids", ids.toString(), "--out", out.toString())) {
            assertThat(read(out)).singleElement().satisfies(line -> {
                assertThat(line.path("response_parts").isNull()).isTrue();
                assertThat(line.at("/response/choices/0/message/content").asText())
                        .hasSize(900);
            });
        }

        // And who follows has whole lines, until he has enough
        var growing = Files.writeString(directory.resolve("growing.txt"), "big\tone\nhalf a li");
        try (var follow =
                process("results", "--follow", "--from", "earliest", "--output", "text", "--out", growing.toString())) {
            await().atMost(PATIENCE).until(() -> Files.readAllLines(growing).size() == 3);
            follow.interrupt();
            assertThat(follow.endsWithin(PATIENCE)).isTrue();
            assertThat(follow.exitCode()).isEqualTo(130);
        }
        assertThat(growing).hasContent("big\tone\nbig\t\nbig\t" + "x".repeat(900) + "\n");
        Files.writeString(ids, "big\nnobody\n");
        try (var read =
                run(CommandLines.FAILED, "results", "--ids", ids.toString(), "--timeout", "1s", "-o", out.toString())) {
            assertThat(read.output()).contains("missing     1");
        }
        assertThat(read(out)).hasSize(1);
    }

    private ProducerRecord<byte[], byte[]> part(byte[] value) {
        return new ProducerRecord<>("llm.results.parts", 0, null, value);
    }

    private ProducerRecord<byte[], byte[]> record(String customId, byte[] value) {
        return new ProducerRecord<>("llm.results", customId.getBytes(UTF_8), value);
    }

    private static Result result(String customId, Result.@Nullable ResponseParts parts) {
        var failed = Result.unsent(
                new Result.Request(customId, Instant.EPOCH, null),
                Result.Status.FAILED,
                "openai",
                "main",
                "gpt-4o",
                new Result.Failure("missing", "older", false),
                1,
                Instant.EPOCH);
        return parts == null
                ? failed
                : new Result(
                        failed.request(),
                        Result.Status.SUCCEEDED,
                        "openai",
                        "main",
                        "gpt-4o",
                        200,
                        null,
                        null,
                        null,
                        null,
                        "b-1",
                        "batch_1",
                        1,
                        Instant.EPOCH,
                        Instant.EPOCH,
                        Instant.EPOCH,
                        parts,
                        null);
    }

    /** Every other one is Anthropic's. */
    private static List<String> requests(String prefix, int number) {
        return IntStream.range(0, number)
                .mapToObj(each -> each % 2 == 0 ? chat(prefix + "-" + each) : message(prefix + "-" + each))
                .toList();
    }

    private static String chat(String customId) {
        return """
                {"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":\
                {"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"%s"}]}}""".formatted(customId, PROMPT);
    }

    private static String message(String customId) {
        return """
                {"custom_id":"%s","params":\
                {"model":"claude-haiku-4-5","max_tokens":50,"messages":[{"role":"user","content":"%s"}]}}""".formatted(customId, PROMPT);
    }

    private Path lines(List<String> lines) throws IOException {
        return Files.write(directory.resolve("requests-%d.jsonl".formatted(commands++)), lines);
    }

    private JavaProcess process(String command, String... arguments) throws IOException {
        var all = new ArrayList<>(List.of(command, "--config", config.toString()));
        all.addAll(List.of(arguments));
        return JavaProcess.start(
                directory.resolve("command-%d.txt".formatted(commands++)),
                List.of("-Xmx64m"),
                LocalMain.class.getName(),
                all.toArray(String[]::new));
    }

    private JavaProcess run(int exitCode, String command, String... arguments) throws Exception {
        var process = process(command, arguments);
        assertThat(process.endsWithin(PATIENCE)).as(process.output()).isTrue();
        assertThat(process.exitCode()).as(process.output()).isEqualTo(exitCode);
        return process;
    }

    /** What stands behind the notes of standard error. */
    private static JsonNode json(JavaProcess process) throws IOException {
        return JSON.readTree(process.output().substring(process.output().indexOf('{')));
    }

    private static List<JsonNode> read(Path file) throws IOException {
        var read = new ArrayList<JsonNode>();
        for (var line : Files.readAllLines(file)) {
            read.add(JSON.readTree(line));
        }
        return read;
    }

    private static Set<String> ids(Path file) throws IOException {
        return read(file).stream().map(line -> line.path("custom_id").asText()).collect(Collectors.toSet());
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", (Object) broker.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private static List<TopicPartition> requestsPartitions() {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition("llm.requests", partition))
                .toList();
    }

    /** Records of the requests topic. */
    private long stored() {
        try (var consumer = consumer()) {
            return consumer.endOffsets(requestsPartitions()).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    /** The last ones by their timestamps. */
    private List<ConsumerRecord<byte[], byte[]>> lastRequests(int number) {
        try (var consumer = consumer()) {
            consumer.assign(requestsPartitions());
            consumer.seekToBeginning(requestsPartitions());
            var all = new ArrayList<ConsumerRecord<byte[], byte[]>>();
            var end = stored();
            while (all.size() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(all::add);
            }
            return all.stream()
                    .sorted((one, other) -> Long.compare(other.timestamp(), one.timestamp()))
                    .limit(number)
                    .toList();
        }
    }
}

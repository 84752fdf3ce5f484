package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Keys, prompts and answers stand where they belong and nowhere else, also when vendors quote them in every error, cut
 * and mix their files, and redirect to somebody else.
 */
@Tag("long")
class CanaryIT {
    private static final String KEY = "sk-canary-5b0e";
    private static final String PROMPT = "canary prompt 77c1";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int EACH = 5;
    private static final int SPEED = 600;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String ECHO =
            "{\"type\":\"error\",\"error\":{\"message\":\"%s sent %s\",\"type\":\"%s\",\"code\":\"%s\",\"param\":\"%s\"}}"
                    .formatted(KEY, PROMPT, PROMPT, PROMPT, PROMPT);

    /** Not even JSON. */
    private static final String NOISE = "<html>%s sent %s".formatted(KEY, PROMPT);

    @TempDir
    Path directory;

    private final HttpClient control = HttpClient.newHttpClient();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Leaks logged = new Leaks();
    private final List<String> stolen = new CopyOnWriteArrayList<>();
    private final StringWriter words = new StringWriter();
    private HttpServer thief;
    private EmbeddedBroker broker;
    private Simulator simulator;
    private HalfrateConfig config;
    private Path file;

    @BeforeEach
    void start() throws IOException {
        logged.listen();
        thief = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        thief.createContext("/", exchange -> {
            try (exchange) {
                stolen.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders());
                exchange.sendResponseHeaders(200, -1);
            }
        });
        thief.start();
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(SPEED).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), KEY);
        file = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: %2$s}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: messages, provider: anthropic, base-url: %3$s, key: {file: %1$s/key}, models: [claude-*]}
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}, files: {delete: true}, sync: {attempts-max: 9}}
                lanes: {age-max: 500ms}
                ledger:
                  poll-delays: [200ms]
                  create-timeout: 5s
                  quiesce-margin: 500ms
                  listings-apart: 200ms
                  sweep-every: 1s
                  retry-delay-max: 1s
                  item-retry-delays: [500ms]
                  probe-interval: 500ms
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl()));
        config = ConfigFile.load(file);
    }

    @AfterEach
    void stop() {
        logged.stop();
        thief.stop(0);
        control.close();
        simulator.close();
        broker.close();
    }

    @Test
    void nothingIsQuotedOnTheWayOfABatch() throws Exception {
        // Given
        watchUrls();
        for (var status : new int[] {401, 403, 429, 500}) {
            says("POST", "/v1/files", status, ECHO);
        }
        script("POST", "/v1/files", "\"reset\": \"DURING\"");
        redirects("POST", "/v1/files");
        for (var create : new String[] {"/v1/batches", "/v1/messages/batches"}) {
            for (var status : new int[] {401, 429, 529}) {
                says("POST", create, status, ECHO);
            }
            says("POST", create, 502, NOISE);
            redirects("POST", create);
            for (var status : new int[] {401, 404, 500, 200}) {
                says("GET", create + "/[^/?]+", status, status < 500 ? NOISE : ECHO);
            }
            redirects("GET", create + "/[^/?]+");
            says("GET", create + "\\\\?.*", 401, ECHO);
            says("GET", create + "\\\\?.*", 500, ECHO);
        }
        for (var results : new String[] {"/v1/files/[^/]+/content", "/v1/messages/batches/[^/]+/results"}) {
            says("GET", results, 401, ECHO);
            says("GET", results, 500, NOISE);
            redirects("GET", results);
            script("GET", results, "\"breaks_after\": 300");
            script("GET", results, "\"times\": 2, \"lines\": [\"CORRUPT\", \"FOREIGN\", \"DUPLICATED\"]");
        }

        // When
        List<Result> results;
        try (var processor = Processor.start(config, meters)) {
            var ids = send("a");
            await().atMost(PATIENCE).until(() -> idsOf(results()).equals(ids));
            says("POST", "/v1/batches", 400, ECHO);
            says("POST", "/v1/messages/batches", 400, ECHO);
            ids.addAll(send("b"));
            results = await().atMost(PATIENCE)
                    .until(this::results, seen -> idsOf(seen).equals(ids));
            assertThat(processor.failure()).isNotDone();
            status();
            status("--json");
        }

        // Then
        assertThat(faultsLeft()).isEmpty();
        var answers = answers(results);
        assertThat(answers).isNotEmpty();
        assertThat(urlsWithCanaries()).isZero();
        assertThat(stolen).isEmpty();
        assertThat(logged.seenBy(answers)).isEmpty();
        assertThat(topics(answers)).isEmpty();
        assertThat(quotes(meters.getMetersAsString(), answers)).as("metrics").isEmpty();
        assertThat(quotes(words.toString(), answers)).as("status").isEmpty();
        assertThat(words.toString()).contains("settled");
    }

    @Test
    void nothingIsQuotedOnTheWayOfACall() throws Exception {
        // Given
        watchUrls();
        var calls = "/v1/chat/completions";
        for (var status : new int[] {429, 500, 503, 529}) {
            says("POST", calls, status, ECHO);
        }
        says("POST", calls, 500, NOISE);
        says("POST", calls, 200, NOISE);
        script("POST", calls, "\"reset\": \"AFTER\"");
        redirects("POST", calls);
        says("POST", calls, 401, ECHO);
        var requests = Files.writeString(
                directory.resolve("calls.jsonl"),
                IntStream.range(0, EACH).mapToObj(number -> chat("a", number)).collect(Collectors.joining("\n")));

        // When
        var runs = 0;
        do {
            call(requests);
            assertThat(++runs).as(words.toString()).isLessThan(10);
        } while (!words.toString().contains("%d answered by earlier runs".formatted(EACH)));

        // Then
        var results = Files.readAllLines(directory.resolve("calls.results.jsonl")).stream()
                .map(line -> ResultCodec.decode(line.getBytes(UTF_8), null))
                .toList();
        var answers = answers(results);
        assertThat(answers).isNotEmpty();
        assertThat(faultsLeft()).isEmpty();
        assertThat(urlsWithCanaries()).isZero();
        assertThat(stolen).isEmpty();
        assertThat(Files.readString(directory.resolve("calls.results.jsonl"))).doesNotContain(KEY);
        assertThat(logged.seenBy(answers)).isEmpty();
        assertThat(quotes(words.toString(), answers)).as("what was printed").isEmpty();
        assertThat(quotes(Files.readString(directory.resolve("calls.results.jsonl.journal")), answers))
                .as("the journal")
                .isEmpty();
    }

    /** @return the custom_ids that must be answered; others are dead letters */
    private Set<String> send(String wave) throws Exception {
        var values = new ArrayList<String>();
        var ids = new HashSet<String>();
        for (var number = 0; number < EACH; number++) {
            values.add(chat(wave, number));
            values.add("""
                    {"custom_id":"message-%s-%d","params":{"model":"claude-haiku-4-5","max_tokens":99,\
                    "messages":[{"role":"user","content":"%s"}]}}""".formatted(wave, number, PROMPT));
            ids.addAll(List.of("chat-%s-%d".formatted(wave, number), "message-%s-%d".formatted(wave, number)));
        }
        values.add("""
                {"custom_id":"wrong-%s","method":"POST","url":"/v1/chat/completions",\
                "body":{"model":"gpt-4o-mini","messages":[],"user":"%s"}}""".formatted(wave, PROMPT));
        values.add("""
                {"custom_id":"rejected-%s","method":"POST","url":"/v1/nothing","body":{"model":"m","user":"%s"}}""".formatted(wave, PROMPT));
        ids.addAll(List.of("wrong-" + wave, "rejected-" + wave));
        values.addAll(List.of(
                "no JSON, but a " + PROMPT,
                "{\"custom_id\":\"cut\",\"body\":\"" + PROMPT,
                "[\"" + PROMPT + "\"]",
                "{\"body\":\"" + PROMPT + "\"}",
                chat(wave, 0).replace(PROMPT, "another " + PROMPT)));
        try (var producer =
                new KafkaProducer<>(Map.copyOf(config.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
            TopicSetup.ensure(config);
            for (var value : values) {
                producer.send(new ProducerRecord<>(
                                config.topics().requests().getFirst(), 0, null, value.getBytes(UTF_8)))
                        .get();
            }
        }
        return ids;
    }

    private static String chat(String wave, int number) {
        return """
                {"custom_id":"chat-%s-%d","method":"POST","url":"/v1/chat/completions",\
                "body":{"model":"gpt-4o-mini","seed":%d,"messages":[{"role":"user","content":"%s"}]}}""".formatted(wave, number, number, PROMPT);
    }

    private int call(Path requests) {
        return CanaryIT.execute(
                words,
                "call",
                "-c",
                file.toString(),
                "--account",
                "main",
                "--in-doubt",
                "call-again",
                requests.toString());
    }

    private int status(String... options) {
        var arguments = new ArrayList<>(List.of("status", "--config", file.toString()));
        arguments.addAll(List.of(options));
        return execute(words, arguments.toArray(String[]::new));
    }

    private static int execute(StringWriter words, String... arguments) {
        var printer = new PrintWriter(words, true);
        return LocalMain.commandLine().setOut(printer).setErr(printer).execute(arguments);
    }

    private List<Result> results() {
        return read(config.topics().results()).stream()
                .map(ResultCodec::fromRecord)
                .toList();
    }

    private static Set<String> idsOf(List<Result> results) {
        return results.stream().map(Result::customId).collect(Collectors.toSet());
    }

    /** @return the beginnings of what models said, as long as no JSON would write them otherwise */
    private static List<String> answers(List<Result> results) throws IOException {
        var answers = new ArrayList<String>();
        for (var result : results) {
            if (result.status() == Result.Status.SUCCEEDED) {
                var body = JSON.readTree(Objects.requireNonNull(result.body()));
                var text = body.at("/choices/0/message/content")
                        .asText(body.at("/content/0/text").asText());
                answers.add(text.replaceFirst("[^ -!#-\\[\\]-~].*", ""));
            }
        }
        return answers.stream().filter(text -> text.length() >= 10).toList();
    }

    /** @return where something stands that may not stand there */
    private List<String> topics(List<String> answers) {
        var found = new ArrayList<String>();
        var topics = config.topics();
        var withBodies = Set.of(topics.results(), topics.resultParts(), topics.deadLetters(), topics.diagnostics());
        Set<String> names;
        try (var consumer = consumer()) {
            names = new HashSet<>(consumer.listTopics().keySet());
        }
        assertThat(names).contains(topics.ledger(), topics.work(), topics.laneInbox(), topics.batches());
        topics.requests().forEach(names::remove);
        for (var name : names) {
            for (var entry : read(name)) {
                var value = entry.value() == null ? "" : new String(entry.value(), UTF_8);
                var around = new StringBuilder(entry.key() == null ? "" : new String(entry.key(), UTF_8));
                entry.headers()
                        .forEach(header -> around.append(' ')
                                .append(header.key())
                                .append(' ')
                                .append(header.value() == null ? "" : new String(header.value(), UTF_8)));
                var quoted = quotes(around + (withBodies.contains(name) ? "" : value), answers);
                if (!quoted.isEmpty() || value.contains(KEY)) {
                    found.add("%s: %s in %s %s".formatted(name, quoted, around, value));
                }
            }
        }
        return found;
    }

    /** @return of key, prompt and answers what {@code text} has */
    private static List<String> quotes(String text, List<String> answers) {
        var canaries = new ArrayList<>(answers);
        canaries.addAll(List.of(KEY, PROMPT));
        return canaries.stream().filter(text::contains).toList();
    }

    private List<ConsumerRecord<byte[], byte[]>> read(String topic) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = consumer()) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    /** Sees also what was never committed. */
    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "exclude.internal.topics", "false"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private void watchUrls() throws IOException, InterruptedException {
        for (var method : new String[] {"GET", "POST", "DELETE"}) {
            script(method, ".*canary.*", "\"times\": 1000, \"delay_before_ms\": 1");
        }
    }

    private int urlsWithCanaries() throws IOException, InterruptedException {
        var hits = 0;
        for (var fault : faults()) {
            hits += isWatch(fault) ? fault.path("hits").asInt() : 0;
        }
        return hits;
    }

    private static boolean isWatch(JsonNode fault) {
        return fault.at("/fault/path").asText().contains("canary");
    }

    private void says(String method, String path, int status, String body) throws IOException, InterruptedException {
        script(
                method,
                path,
                "\"status\": %d, \"retry_after\": \"0\", \"body\": %s"
                        .formatted(status, JSON.writeValueAsString(body)));
    }

    private void redirects(String method, String path) throws IOException, InterruptedException {
        script(
                method,
                path,
                "\"status\": 302, \"body\": \"\", \"headers\": {\"Location\": \"http://127.0.0.1:%d/steal\"}"
                        .formatted(thief.getAddress().getPort()));
    }

    private void script(String method, String path, String behaviour) throws IOException, InterruptedException {
        var fault = "{\"method\": \"%s\", \"path\": \"%s\", %s}".formatted(method, path, behaviour);
        send(HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/faults"))
                .POST(BodyPublishers.ofString(fault)));
    }

    private JsonNode faults() throws IOException, InterruptedException {
        return JSON.readTree(send(HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/faults"))));
    }

    /** @return what was scripted and has not happened */
    private List<String> faultsLeft() throws IOException, InterruptedException {
        var left = new ArrayList<String>();
        for (var fault : faults()) {
            if (fault.path("hits").asInt() == 0 && !isWatch(fault)) {
                left.add(fault.toString());
            }
        }
        return left;
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = control.send(request.build(), BodyHandlers.ofString(UTF_8));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /** Hears all of what the processor logs, Kafka's clients down to DEBUG, and everybody else from INFO on; with the fields of lines in JSON. */
    private static final class Leaks extends AppenderBase<ILoggingEvent> {
        private static final Map<String, Level> HEARD = Map.of(
                "dev.halfrate", Level.TRACE,
                "org.apache.kafka.clients", Level.DEBUG,
                "org.apache.kafka.streams", Level.DEBUG,
                "org.eclipse.jetty", Level.INFO,
                "com", Level.INFO,
                "io", Level.INFO);

        private final LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        private final Set<String> texts = ConcurrentHashMap.newKeySet();

        void listen() {
            setContext(loggers);
            start();
            HEARD.forEach((name, level) -> {
                var logger = loggers.getLogger(name);
                logger.setLevel(level);
                logger.setAdditive(false);
                logger.addAppender(this);
            });
        }

        @Override
        public void stop() {
            for (var name : HEARD.keySet()) {
                Logger logger = loggers.getLogger(name);
                logger.detachAppender(this);
                logger.setLevel(null);
                logger.setAdditive(true);
            }
            super.stop();
        }

        @Override
        protected void append(ILoggingEvent event) {
            texts.add(event.getLoggerName() + " " + event.getFormattedMessage() + " " + event.getKeyValuePairs()
                    + (event.getThrowableProxy() == null
                            ? ""
                            : ThrowableProxyUtil.asString(event.getThrowableProxy())));
        }

        List<String> seenBy(List<String> answers) {
            assertThat(texts).isNotEmpty();
            return texts.stream()
                    .filter(text -> !quotes(text, answers).isEmpty())
                    .toList();
        }
    }
}

package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.simulator.BillingBook.BilledLine;
import dev.halfrate.simulator.BillingBook.Price;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A budget that is too small for what is asked for, held against what the vendor has written into its book. */
@Tag("long")
class BudgetIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Nothing more happens if nothing has for so long: windows are younger. */
    private static final Duration STANDS_STILL = Duration.ofSeconds(3);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int REQUESTS = 80;

    /** One in so many is sent alone, at twice the price. */
    private static final int ALONE_EACH = 4;

    private static final BigDecimal SMALL = new BigDecimal("0.004");
    private static final BigDecimal USED_MIN = new BigDecimal("0.8");
    private static final BigDecimal AMPLE = new BigDecimal("0.5");

    /** What gpt-4o costs in a batch, in millionths of a millionth of a dollar for a token. */
    private static final long INPUT_PICOS = 1_250_000;

    private static final long CACHED_INPUT_PICOS = 625_000;
    private static final long OUTPUT_PICOS = 5_000_000;

    @TempDir
    Path directory;

    private final List<JsonNode> results = new ArrayList<>();
    private SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private EmbeddedBroker broker;
    private Simulator simulator;
    private KafkaConsumer<byte[], byte[]> reader;

    @BeforeEach
    void start() throws IOException {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(600).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        reader = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "group.id",
                        "reader",
                        "auto.offset.reset",
                        "earliest",
                        "isolation.level",
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        reader.subscribe(List.of("llm.results"));
    }

    @AfterEach
    void stop() {
        reader.close();
        simulator.close();
        broker.close();
    }

    @Test
    void whatDoesNotFitWaitsUntilTheBudgetIsRaised() throws Exception {
        try (var _ = Processor.start(config(SMALL, "wait"), meters)) {
            // When
            send(IntStream.range(0, REQUESTS).boxed().toList());

            // Then some are answered and paid for, and the others wait
            await().atMost(PATIENCE)
                    .during(STANDS_STILL)
                    .until(() -> answered() > 0
                            && gauge("halfrate.budget.reserved") == 0
                            && answered() + gauge("halfrate.lane.waiting") == REQUESTS);
            assertThat(results).hasSizeLessThan(REQUESTS).allSatisfy(BudgetIT::succeeded);
            assertCharged(SMALL);
            assertThat(charged()).as("used, not only kept").isGreaterThan(SMALL.multiply(USED_MIN));
        }

        // When
        meters = new SimpleMeterRegistry();
        try (var _ = Processor.start(config(AMPLE, "wait"), meters)) {
            // Then
            await().atMost(PATIENCE).until(() -> answered() == REQUESTS);
            awaitNothingReserved();
            assertThat(results).allSatisfy(BudgetIT::succeeded);
            assertThat(customIds(results)).doesNotHaveDuplicates();
            assertCharged(AMPLE);
        }
        assertThat(simulator.billingBook().entries()).hasSize(REQUESTS);
    }

    @Test
    void whatDoesNotFitIsRejectedAndTakenOnceTheBudgetIsRaised() throws Exception {
        List<JsonNode> rejected;
        try (var _ = Processor.start(config(SMALL, "reject"), meters)) {
            // When
            send(IntStream.range(0, REQUESTS).boxed().toList());

            // Then
            await().atMost(PATIENCE).until(() -> answered() == REQUESTS);
            awaitNothingReserved();
            rejected = results.stream()
                    .filter(result -> result.get("status").asText().equals("rejected"))
                    .toList();
            assertThat(rejected).hasSizeBetween(1, REQUESTS - 1).allSatisfy(result -> {
                assertThat(result.at("/error/code").asText()).isEqualTo("budget_exceeded");
                assertThat(result.get("batch_id").isNull()).isTrue();
            });
            results.removeAll(rejected);
            assertThat(results).allSatisfy(BudgetIT::succeeded);
            assertThat(simulator.billingBook().entries()).hasSameSizeAs(results);
            assertCharged(SMALL);
        }

        // When
        meters = new SimpleMeterRegistry();
        try (var _ = Processor.start(config(AMPLE, "reject"), meters)) {
            send(customIds(rejected).stream()
                    .map(id -> Integer.valueOf(id.substring(2)))
                    .toList());

            // Then
            await().atMost(PATIENCE).until(() -> answered() == REQUESTS);
            awaitNothingReserved();
            assertThat(results).allSatisfy(BudgetIT::succeeded);
            assertThat(customIds(results)).doesNotHaveDuplicates();
            assertCharged(AMPLE);
        }
        assertThat(simulator.billingBook().entries()).hasSize(REQUESTS);
    }

    /** Never more than the budget, and what Halfrate takes for spent. */
    private void assertCharged(BigDecimal budget) {
        assertThat(charged()).isPositive().isLessThanOrEqualTo(budget);
        assertThat(gauge("halfrate.budget.spent")).isCloseTo(charged().doubleValue(), within(1e-9));
    }

    private BigDecimal charged() {
        var picos = simulator.billingBook().entries().stream()
                .mapToLong(BudgetIT::picos)
                .sum();
        return BigDecimal.valueOf(picos, 12);
    }

    private static long picos(BilledLine billed) {
        return (billed.price() == Price.FULL ? 2 : 1)
                * ((billed.inputTokens() - billed.cacheReadTokens()) * INPUT_PICOS
                        + billed.cacheReadTokens() * CACHED_INPUT_PICOS
                        + billed.outputTokens() * OUTPUT_PICOS);
    }

    private void awaitNothingReserved() {
        await().atMost(PATIENCE).until(() -> gauge("halfrate.budget.reserved") == 0);
    }

    private static void succeeded(JsonNode result) {
        assertThat(result.get("status").asText()).as(result.toString()).isEqualTo("succeeded");
    }

    private static List<String> customIds(List<JsonNode> results) {
        return results.stream().map(result -> result.get("custom_id").asText()).toList();
    }

    private double gauge(String name) {
        return meters.find(name).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    private HalfrateConfig config(BigDecimal usd, String atLimit) {
        return ConfigFile.parse(
                """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}}
                lanes: {age-max: 500ms, requests-max: 10}
                ledger: {poll-delays: [200ms]}
                money:
                  budgets:
                    - {name: everything, pool: main, period: total, usd: %4$s, at-limit: %5$s}
                """.formatted(directory, broker.bootstrapServers(), simulator.baseUrl(), usd.toPlainString(), atLimit));
    }

    private int answered() throws IOException {
        for (var entry : reader.poll(Duration.ofMillis(200))) {
            results.add(JSON.readTree(entry.value()));
        }
        return results.size();
    }

    private void send(List<Integer> numbers) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var number : numbers) {
                var line = """
                        {"custom_id": "r-%1$d", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o", \
                        "max_tokens": 16, "messages": [{"role": "user", "content": "question %1$d"}]}}""".formatted(number);
                var entry = new ProducerRecord<byte[], byte[]>("llm.requests", line.getBytes(UTF_8));
                if (number % ALONE_EACH == 0) {
                    entry.headers().add("halfrate-mode", "sync".getBytes(UTF_8));
                }
                producer.send(entry).get();
            }
        }
    }
}

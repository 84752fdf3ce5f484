package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that pass from one owner to the next, in whatever way the last one left them. */
@Tag("long")
class TakeOverIT {
    private static final int REQUESTS = 300;

    @TempDir
    Path directory;

    @Test
    void aTransactionThatADeadOwnerLeftOpenHoldsNobodyUp() throws Exception {
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = simulator()) {
            // Given owners that died between writing offsets and the commit
            var config = config(broker, simulator, "a");
            TopicSetup.ensure(config);
            Births.check(config, Set.of());
            for (var partition = 0; partition < config.topics().partitions(); partition++) {
                leaveOpen(config, partition);
            }

            // When, then
            try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
                var outcome = demo(config, processor, Duration.ofSeconds(30)).run(() -> false);
                assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
            }
        }
    }

    @Test
    void processesThatComeAndGoAnswerEachRequestOnceAndPayOnce() throws Exception {
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = simulator()) {
            // Given
            var config = config(broker, simulator, "a");
            TopicSetup.ensure(config);
            var second = new AtomicReference<@Nullable Processor>();
            var first = new AtomicReference<@Nullable Processor>(Processor.start(config, new SimpleMeterRegistry()));
            var failure = new CompletableFuture<Throwable>();
            try {
                var demo = new Demo(
                        config,
                        failure,
                        RequestLines.generated(REQUESTS, 6),
                        null,
                        Duration.ofSeconds(120),
                        Screen.plain(new PrintWriter(System.out, true, UTF_8)));

                // When a second process joins after the first batch, and the first one leaves after the second
                var outcome = demo.run(() -> {
                    var created = simulator.billingBook().summary().batchesCreated();
                    if (created > 0 && second.get() == null) {
                        second.set(started(config(broker, simulator, "b")));
                    } else if (created > 1 && second.get() != null) {
                        close(first);
                    }
                    return false;
                });

                // Then
                assertThat(first.get()).as("the first has left").isNull();
                assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
                var billing = simulator.billingBook().summary();
                assertThat(billing.linesBilled()).isEqualTo(REQUESTS);
                assertThat(billing.contentsBilledMoreThanOnce()).isZero();
            } finally {
                close(first);
                close(second);
            }
        }
    }

    private static void leaveOpen(HalfrateConfig config, int partition) {
        var group = config.application() + "-ledger";
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put("transactional.id", group + "-" + partition);
        settings.put("transaction.timeout.ms", 300_000);
        var member = new HashMap<String, Object>(config.kafka());
        member.put("group.id", group);
        var dead = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        dead.initTransactions();
        try (var consumer = new KafkaConsumer<>(member, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var offsets = Map.of(new TopicPartition(config.topics().work(), partition), new OffsetAndMetadata(0));
            dead.beginTransaction();
            dead.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            dead.commitTransaction();
            dead.beginTransaction();
            dead.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        }
        dead.close(Duration.ZERO);
    }

    private static Demo demo(HalfrateConfig config, Processor processor, Duration stallMax) {
        return new Demo(
                config,
                processor.failure(),
                RequestLines.generated(REQUESTS, 5),
                null,
                stallMax,
                Screen.plain(new PrintWriter(System.out, true, UTF_8)));
    }

    private Simulator simulator() {
        return Simulator.start(SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory));
    }

    private HalfrateConfig config(EmbeddedBroker broker, Simulator simulator, String process) {
        return LocalSettings.config(broker.bootstrapServers(), simulator.baseUrl(), directory.resolve(process));
    }

    private static Processor started(HalfrateConfig config) {
        try {
            return Processor.start(config, new SimpleMeterRegistry());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void close(AtomicReference<@Nullable Processor> processor) {
        var leaving = processor.getAndSet(null);
        if (leaving != null) {
            leaving.close();
        }
    }
}

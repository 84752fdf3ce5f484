package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Service;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A transaction that nobody ends, on a ledger and on a requests topic. */
@Tag("long")
class TransactionAlarmsIT {
    private static final TopicPartition HIDDEN = new TopicPartition("llm.requests", 1);
    private static final Duration OPEN_WITHIN = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:HalfratePartitionsRestoring")
    @Tag("alarm:HalfrateTransactionHangs")
    @Tag("alarm:HalfrateGroupStandsStill")
    @Tag("alarm:log-replayed")
    @Tag("alarm:status-transaction")
    void whatIsHiddenIsToldOfUntilTheTransactionIsAborted() throws Exception {
        try (var scene = new AlarmScene(directory)) {
            var config =
                    scene.config(scene.account("main", ""), "lanes: {age-max: 500ms}\nledger: {poll-delays: [200ms]}");
            Scrape before;
            try (var _ = scene.start(config)) {
                before = scene.scrape().and(exporter(scene));
            }
            try (var writer = new KafkaProducer<>(
                    Map.<String, Object>of(
                            "bootstrap.servers",
                            scene.broker.bootstrapServers(),
                            "transactional.id",
                            "nobody",
                            "transaction.timeout.ms",
                            900_000),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                // Given
                writer.initTransactions();
                writer.beginTransaction();
                var anHourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
                writer.send(new ProducerRecord<>("halfrate-ledger", 1, anHourAgo, new byte[0], new byte[0]))
                        .get();
                writer.send(new ProducerRecord<>(HIDDEN.topic(), HIDDEN.partition(), new byte[1], null))
                        .get();

                // When
                try (var service = Service.start(config, Set.of())) {
                    for (var number = 0; number < 3; number++) {
                        scene.send(new ProducerRecord<>(HIDDEN.topic(), HIDDEN.partition(), new byte[1], null));
                    }

                    // Then
                    scene.log.await("WARN halfrate-ledger-1 is still being replayed, at ", AlarmScene.PATIENCE);
                    await().atMost(AlarmScene.PATIENCE)
                            .until(() -> scene.json("/api/status")
                                    .path("alarms")
                                    .toString()
                                    .contains("halfrate-ledger-1: a transaction stands open since"));
                    var during = await().atMost(OPEN_WITHIN)
                            .until(
                                    scene::scrape,
                                    now -> now.sum(
                                                    "halfrate_transactions_open_seconds",
                                                    "topic=\"halfrate-ledger\"",
                                                    "writers=\"ours\"")
                                            > 60)
                            .and(exporter(scene));
                    assertThat(during.sum(
                                    "halfrate_transactions_open_seconds",
                                    "topic=\"llm.requests\"",
                                    "writers=\"others\""))
                            .isGreaterThan(60);
                    assertThat(during.sum("halfrate_transactions_open_seconds", "topic=\"halfrate-work\""))
                            .isZero();
                    assertThat(during.sum("halfrate_partitions", "state=\"restoring\""))
                            .isEqualTo(1);

                    // When
                    writer.abortTransaction();

                    // Then
                    var after = scene.awaitScrape(
                                    "all goes on",
                                    now -> now.sum("halfrate_partitions", "state=\"ready\"") == 2
                                            && now.sum(
                                                            "halfrate_transactions_open_seconds",
                                                            "topic=\"halfrate-ledger\"")
                                                    == 0)
                            .and(exporter(scene));
                    await().atMost(AlarmScene.PATIENCE)
                            .until(() ->
                                    scene.json("/api/status").path("alarms").isEmpty());
                    assertThat(service.failure()).isNotDone();
                    scene.assertFiresAndEnds("HalfratePartitionsRestoring", "", before, during, after);
                    scene.assertFiresAndEnds(
                            "HalfrateTransactionHangs", "topic=\"halfrate-ledger\"", before, during, after);
                    scene.assertFiresAndEnds("HalfrateGroupStandsStill", "partition=\"1\"", before, during, after);
                }
            }
        }
    }

    /** What kafka_exporter would say of intake. */
    private static Scrape exporter(AlarmScene scene) throws Exception {
        try (var admin = scene.admin()) {
            var offsets = admin.listConsumerGroupOffsets("halfrate-intake")
                    .partitionsToOffsetAndMetadata()
                    .get();
            var committed = Objects.requireNonNull(offsets.get(HIDDEN)).offset();
            var end = admin.listOffsets(Map.of(HIDDEN, OffsetSpec.latest()))
                    .partitionResult(HIDDEN)
                    .get()
                    .offset();
            var labels = "{consumergroup=\"halfrate-intake\",topic=\"%s\",partition=\"%d\"}"
                    .formatted(HIDDEN.topic(), HIDDEN.partition());
            var values = List.of(
                    "kafka_consumergroup_lag%s %d".formatted(labels, end - committed),
                    "kafka_consumergroup_current_offset%s %d".formatted(labels, committed));
            return Scrape.of("exporter", String.join("\n", values));
        }
    }
}

package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.PartitionEpoch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class KafkaPartitionLogTest {
    private static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: "localhost:9092"}
            accounts: [{name: main, provider: openai, key: {env: KEY}}]
            """, Map.of("KEY", "sk-1"));
    private static final TopicPartition WORK =
            new TopicPartition(CONFIG.topics().work(), 0);

    private final ReplayedPartition ledger =
            new ReplayedPartition(CONFIG.topics().ledger());
    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final KafkaPartitionLog log =
            new KafkaPartitionLog(CONFIG, 0, "host-1", new Clients(), ledger::groupMetadata);

    private void written(long offset, Batch batch) {
        ledger.add(offset, batch.id().getBytes(UTF_8), Restart.written(batch));
    }

    private void epochWritten(long offset, long epoch) {
        ledger.add(offset, new byte[0], InternalFormat.PARTITION_EPOCH.encode(new PartitionEpoch(epoch, "host-0", 0L)));
    }

    @Test
    void whoTakesOverKnowsTheLastOfEveryBatchAndCommitsTheNextEpoch() throws InterruptedException {
        epochWritten(0, 6);
        written(1, Examples.in("a", new BatchState.Sealed()));
        written(2, Examples.in("b", new BatchState.Sealed()));
        written(3, Examples.in("a", new BatchState.Creating(4)));
        ledger.add(9, "b".getBytes(UTF_8), null);

        var restored = log.open(77);

        assertThat(restored.epoch()).isEqualTo(7);
        assertThat(restored.batches()).containsExactly(Examples.in("a", new BatchState.Creating(4)));
        assertThat(producer.history())
                .singleElement()
                .satisfies(sent -> assertThat(InternalFormat.decodeAny(sent.value()))
                        .isInstanceOfSatisfying(PartitionEpoch.class, owner -> {
                            assertThat(owner.getEpoch()).isEqualTo(7);
                            assertThat(owner.getInstance()).isEqualTo("host-1");
                        }));
        assertThat(producer.consumerGroupOffsetsHistory())
                .containsExactly(Map.of(ledger.groupMetadata().groupId(), Map.of(WORK, new OffsetAndMetadata(77))));
    }

    @Test
    void aForeignRecordKeepsThePartitionFromStarting() {
        ledger.add(0, "x".getBytes(UTF_8), InternalFormat.MANIFEST_CHUNK.encode(ManifestsTest.chunk("b", 0, 1)));

        assertThatThrownBy(() -> log.open(0)).hasMessageContaining("only Halfrate may write there");
    }

    @Test
    void whatBelongsTogetherIsOneTransaction() throws InterruptedException {
        log.open(0);
        var settled = Examples.settled("done", Examples.NOW);
        producer.clear();

        log.commit(new PartitionLog.Transaction(
                List.of(settled),
                List.of("old"),
                List.of(),
                List.of(),
                List.of(new Publications(account -> "openai", List.of(Duration.ofMinutes(1)))
                        .settled(settled, Examples.NOW)),
                List.of(settled),
                5));

        assertThat(producer.history())
                .extracting(sent -> sent.topic() + " " + new String(sent.key(), UTF_8) + " " + (sent.value() != null))
                .containsExactly(
                        CONFIG.topics().ledger() + " done true",
                        CONFIG.topics().ledger() + " old false",
                        CONFIG.topics().laneInbox() + " pool true",
                        CONFIG.topics().work() + " done/0 false",
                        CONFIG.topics().work() + " done/1 false");
        assertThat(producer.commitCount()).as("the take-over and this one").isEqualTo(2);
    }

    @Test
    void whoIsFencedOrCannotTellHasLostThePartition() throws InterruptedException {
        log.open(0);
        producer.commitTransactionException = new KafkaException("timed out");
        assertThatThrownBy(this::commitNothing).isInstanceOf(PartitionLostException.class);

        producer.fenceProducer();
        assertThatThrownBy(this::commitNothing).isInstanceOf(PartitionLostException.class);
    }

    private void commitNothing() {
        log.commit(new PartitionLog.Transaction(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), 0));
    }

    private final class Clients implements KafkaPartitionLog.LedgerClients {
        @Override
        public Producer<byte[], byte[]> producer(String transactionalId) {
            return producer;
        }

        @Override
        public Consumer<byte[], byte[]> reader(boolean committedOnly) {
            return ledger.another();
        }
    }
}

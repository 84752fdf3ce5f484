package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.QuarantinedLine;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.tracing.Tracing;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.PartitionEpoch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
                @Override
                public void abortTransaction() {
                    super.abortTransaction();
                    if (tooLarge) {
                        commitTransactionException = null;
                    }
                }
            };
    /** Where the frame of a record has its version. */
    private static final int MAJOR = 1;

    private static final int MINOR = 2;

    private final Deque<Long> readableEnds = new ArrayDeque<>();
    private boolean unreadable;
    private boolean tooLarge;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final KafkaPartitionLog log = new KafkaPartitionLog(
            CONFIG,
            FeedWriter.JSON,
            0,
            "host-1",
            new Clients(),
            ledger::groupMetadata,
            new LedgerMeters(meters).new Share(),
            Tracing.OFF.batches());

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
        assertThat(gauge("halfrate.batches", "state", "creating")).isEqualTo(1);
        assertThat(gauge("halfrate.batches", "state", "sealed")).isZero();
    }

    @Test
    void metersAreThoseOfTheLedgerAndGoWithThePartition() throws InterruptedException {
        written(1, Examples.in("a", new BatchState.Creating(4)));
        log.open(0);

        log.commit(new PartitionLog.Transaction(
                List.of(Examples.in("a", new BatchState.Quiescing(4, 0, false, "no answer"))),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                1));

        assertThat(gauge("halfrate.batches", "state", "creating")).isZero();
        assertThat(gauge("halfrate.batches", "state", "quiescing")).isEqualTo(1);
        assertThat(gauge("halfrate.doubts.open")).isEqualTo(1);
        log.close();
        assertThat(gauge("halfrate.batches", "state", "quiescing")).isZero();
        assertThat(gauge("halfrate.doubts.open")).isZero();
    }

    private double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    @Test
    void aForeignRecordKeepsThePartitionFromStarting() {
        ledger.add(0, "x".getBytes(UTF_8), InternalFormat.MANIFEST_CHUNK.encode(ManifestsTest.chunk("b", 0, 1)));

        assertThatThrownBy(() -> log.open(0)).hasMessageContaining("only Halfrate may write there");
    }

    @Test
    void whatANewerReleaseHasAppendedIsPassedOver() throws InterruptedException {
        var batch = Examples.in("a", new BatchState.Creating(4));
        var newer = Arrays.copyOf(Restart.written(batch), Restart.written(batch).length + 3);
        newer[MINOR]++;
        ledger.add(0, "a".getBytes(UTF_8), newer);

        assertThat(log.open(77).batches()).containsExactly(batch);
    }

    @Test
    @Tag("alarm:log-newer-release")
    void aPartitionOfAnotherMajorVersionIsLeftToTheNewerReleaseAndNotTakenOver() {
        var newer = Restart.written(Examples.in("a", new BatchState.Creating(4)));
        newer[MAJOR]++;
        ledger.add(0, "a".getBytes(UTF_8), newer);

        assertThatThrownBy(() -> log.open(77)).hasMessageContaining("run the newer release");
        assertThat(producer.history()).isEmpty();
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
                List.of(),
                List.of(new Publications(account -> "openai", List.of(Duration.ofMinutes(1)))
                        .settled(settled, List.of(settled), Duration.ZERO, Examples.NOW)),
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

    @Test
    void anIntentToCreateIsCommittedOnlyWhenItCanBeRead() throws InterruptedException {
        log.open(0);
        // Given a broker that marks the commit only after a while
        readableEnds.addAll(List.of(0L, 2L, 4L, 99L));

        log.commit(committing(Examples.in("a", new BatchState.Uploaded(4))));
        assertThat(readableEnds).as("nothing is waited for").hasSize(4);
        log.commit(committing(Examples.in("a", new BatchState.Creating(4))));

        assertThat(readableEnds).as("the intent has offset 2").containsExactly(99L);
    }

    @Test
    void anIntentThatNobodyCanSayIsReadableIsNone() throws InterruptedException {
        log.open(0);
        unreadable = true;

        assertThatThrownBy(() -> log.commit(committing(Examples.in("a", new BatchState.Creating(4)))))
                .isInstanceOf(PartitionLostException.class);
    }

    private static PartitionLog.Transaction committing(Batch batch) {
        return new PartitionLog.Transaction(
                List.of(batch), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), 1);
    }

    @Test
    void aBodyTooLargeForItsResultGoesInPartsThatTheResultNames() throws Exception {
        log.open(0);
        producer.clear();
        var body = answer(KafkaPartitionLog.BODY_BYTES_MAX + 1);

        log.commit(publishing(answered("small", answer(KafkaPartitionLog.BODY_BYTES_MAX)), answered("large", body)));

        var results = sent(CONFIG.topics().results());
        assertThat(results).hasSize(2);
        assertThat(ResultCodec.decode(results.getFirst().value(), null).responseParts())
                .isNull();
        var large = ResultCodec.decode(results.getLast().value(), null);
        assertThat(large.body()).isNull();
        assertThat(large.status()).isEqualTo(Result.Status.SUCCEEDED);
        var parts = Objects.requireNonNull(large.responseParts());
        assertThat(parts.bytes()).isEqualTo(body.length);
        assertThat(parts.sha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
        var sent = sent(parts.topic());
        assertThat(sent).hasSize(parts.offsets().size()).allSatisfy(part -> {
            assertThat(part.key()).isEqualTo("large".getBytes(UTF_8));
            assertThat(part.value()).hasSizeLessThanOrEqualTo(ResponseParts.PART_BYTES_MAX);
        });
        var together = new ByteArrayOutputStream();
        sent.forEach(part -> together.writeBytes(part.value()));
        assertThat(together.toByteArray()).isEqualTo(body);
        assertThat(parts.offsets()).isSorted().doesNotHaveDuplicates();
        assertThat(producer.commitCount()).as("the take-over and this one").isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"10, 10, body and output", "10, 9, output", "20000001, 0, "})
    void whatDoesNotFitIntoOneRecordGoesInPartsOrIsLeftOut(int output, int room, String there)
            throws InterruptedException {
        log.open(0);
        producer.clear();
        var body = answer(KafkaPartitionLog.BODY_BYTES_MAX - room + (output > 10 ? 1 : 0));

        log.commit(publishing(with(answered("a", body), answer(output))));

        var result =
                ResultCodec.decode(sent(CONFIG.topics().results()).getFirst().value(), null);
        assertThat(result.body() != null).isEqualTo("body and output".equals(there));
        assertThat(result.responseParts() == null).isEqualTo("body and output".equals(there));
        assertThat(result.output() != null).isEqualTo(there != null);
    }

    private static Result with(Result result, byte[] output) {
        return new Result(
                result.request(),
                result.status(),
                result.provider(),
                result.account(),
                result.model(),
                result.httpStatus(),
                result.body(),
                new Result.Output(false, output),
                null,
                null,
                result.batchId(),
                result.remoteBatchId(),
                1,
                null,
                null,
                result.publishedAt(),
                null,
                null);
    }

    @Test
    void aTopicThatTakesLessThanItDidGetsTheAnswerInParts() throws InterruptedException {
        log.open(0);
        producer.clear();
        producer.commitTransactionException = new KafkaException(new RecordTooLargeException("of the broker"));
        tooLarge = true;

        log.commit(publishing(answered("a", answer(ResponseParts.PART_BYTES_MAX + 1)), answered("b", answer(10))));

        var results = sent(CONFIG.topics().results());
        assertThat(results).as("none of what was aborted").hasSize(2);
        assertThat(Objects.requireNonNull(ResultCodec.decode(results.getFirst().value(), null)
                                .responseParts())
                        .offsets())
                .hasSize(2);
        assertThat(ResultCodec.decode(results.getLast().value(), null).body()).hasSize(10);
        assertThat(producer.commitCount()).as("the take-over and this one").isEqualTo(2);
    }

    @Test
    void strangeLinesGoToTheDiagnosticsTopicAndOnlyTheirValueQuotesThem() throws InterruptedException {
        log.open(0);
        producer.clear();
        var line = new QuarantinedLine(
                QuarantinedLine.Reason.UNREADABLE,
                "not JSON",
                "batch",
                "batch_1",
                "file-1",
                7,
                6,
                "ab12",
                "secret".getBytes(UTF_8));

        log.commit(PartitionLog.Transaction.of(List.of(line), 0));

        assertThat(sent(CONFIG.topics().diagnostics())).singleElement().satisfies(sent -> {
            assertThat(sent.key()).isEqualTo("batch".getBytes(UTF_8));
            assertThat(sent.value()).isEqualTo("secret".getBytes(UTF_8));
            assertThat(sent.headers())
                    .extracting(header -> header.key() + "=" + new String(header.value(), UTF_8))
                    .containsExactly(
                            "halfrate-reason=unreadable",
                            "halfrate-message=not JSON",
                            "halfrate-remote-batch-id=batch_1",
                            "halfrate-file=file-1",
                            "halfrate-line=7",
                            "halfrate-bytes=6",
                            "halfrate-sha256=ab12");
        });
    }

    private List<ProducerRecord<byte[], byte[]>> sent(String topic) {
        return producer.history().stream()
                .filter(sent -> sent.topic().equals(topic))
                .toList();
    }

    private static byte[] answer(int bytes) {
        var answer = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(answer);
        for (var i = 0; i < bytes; i++) {
            answer[i] = (byte) ('a' + (answer[i] & 15));
        }
        answer[0] = '"';
        answer[bytes - 1] = '"';
        return answer;
    }

    private static PartitionLog.Transaction publishing(Result... results) {
        return new PartitionLog.Transaction(
                List.of(), List.of(), List.of(results), List.of(), List.of(), List.of(), List.of(), 0);
    }

    private static Result answered(String customId, byte[] body) {
        return new Result(
                new Result.Request(customId, Examples.NOW, null),
                Result.Status.SUCCEEDED,
                "openai",
                "main",
                "small",
                200,
                body,
                null,
                null,
                null,
                "b-1",
                "batch_1",
                1,
                Examples.NOW,
                Examples.NOW,
                Examples.NOW,
                null,
                null);
    }

    private void commitNothing() {
        log.commit(PartitionLog.Transaction.of(List.of(), 0));
    }

    private final class Clients implements KafkaPartitionLog.LedgerClients {
        @Override
        public Producer<byte[], byte[]> producer(String transactionalId) {
            return producer;
        }

        @Override
        public Consumer<byte[], byte[]> reader(boolean committedOnly) {
            if (unreadable) {
                throw new KafkaException("the broker is away");
            } else if (readableEnds.isEmpty()) {
                return ledger.another();
            }
            return new MockConsumer<>("none") {
                @Override
                public synchronized Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
                    return Map.of(partitions.iterator().next(), readableEnds.removeFirst());
                }
            };
        }
    }
}

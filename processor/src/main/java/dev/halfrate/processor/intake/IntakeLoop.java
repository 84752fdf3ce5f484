package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.schemas.internal.InternalFormat;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of intake's clients: poll, sort, and commit what was sorted together with the offsets.
 *
 * <p>Every poll is settled before the next one, and partitions change hands only inside a poll, so a rebalance
 * never finds anything half done. An owner of the past fails in its commit, because that carries the group's
 * metadata.
 */
final class IntakeLoop implements AutoCloseable {
    static final int ABORTS_MAX = 3;

    /** Short, so that a wish to stop is soon seen. */
    private static final Duration POLL_WAIT = Duration.ofMillis(200);

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(IntakeLoop.class);

    private final TopicsConfig names;
    private final Topics topics;
    private final RequestSorter sorter;
    private final IntakeMeters meters;
    private final InstantSource clock;
    private final Consumer<byte[], byte[]> consumer;
    private final Producer<byte[], byte[]> producer;
    private int abortsInARow;

    /** Takes over whatever an owner of the past left open. */
    IntakeLoop(
            TopicsConfig names,
            Topics topics,
            RequestSorter sorter,
            IntakeMeters meters,
            InstantSource clock,
            IntakeClients clients) {
        this.names = names;
        this.topics = topics;
        this.sorter = sorter;
        this.meters = meters;
        this.clock = clock;
        this.producer = clients.producer();
        try {
            producer.initTransactions();
            consumer = clients.consumer();
        } catch (KafkaException e) {
            producer.close(CLOSE_WAIT);
            throw e;
        }
        consumer.subscribe(List.of(names.requests()));
    }

    /**
     * Settles one poll.
     *
     * @throws KafkaException if these clients are of no use any more
     */
    Outcome step() {
        var records = consumer.poll(POLL_WAIT);
        if (records.isEmpty()) {
            return Outcome.IDLE;
        }
        var sorted = sorter.sort(records, clock.instant());
        CrashPoint.REQUESTS_POLLED.reached();
        try {
            producer.beginTransaction();
            send(sorted);
            if (!sorted.deadLetters().isEmpty()) {
                CrashPoint.DEAD_LETTER_WRITTEN.reached();
            }
            producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
            producer.commitTransaction();
        } catch (KafkaException e) {
            abort(e);
            rewind(records);
            return Outcome.ABORTED;
        }
        abortsInARow = 0;
        meters.count(records.count(), sorted);
        return Outcome.COMMITTED;
    }

    /** How a step ended. */
    enum Outcome {
        IDLE,
        COMMITTED,
        /** The same records will come again; the caller is to pause before. */
        ABORTED
    }

    private void send(Sorted sorted) {
        for (var chunk : sorted.chunks()) {
            send(new ProducerRecord<>(
                    names.laneInbox(),
                    InboxPartitions.of(chunk.getPool(), topics.inboxPartitions()),
                    chunk.getPool().getBytes(UTF_8),
                    InternalFormat.REF_CHUNK.encode(chunk)));
        }
        for (var answer : sorted.answers()) {
            send(ResultCodec.toRecord(names.results(), answer.result()));
        }
        for (var letter : sorted.deadLetters()) {
            send(DeadLetterCodec.toRecord(names.deadLetters(), letter));
        }
    }

    /** A failure shows in the commit. */
    private void send(ProducerRecord<byte[], byte[]> record) {
        var _ = producer.send(record);
    }

    /** @throws KafkaException {@code cause}, if the producer cannot abort or has done so too often */
    private void abort(KafkaException cause) {
        try {
            producer.abortTransaction();
        } catch (KafkaException | IllegalStateException e) {
            // Fenced, broken, or a commit that timed out: only a new producer can find out how it ended.
            cause.addSuppressed(e);
            throw cause;
        }
        if (++abortsInARow == ABORTS_MAX) {
            throw cause;
        }
        LOG.warn("intake: transaction aborted, trying again: {}", cause.toString());
    }

    private void rewind(ConsumerRecords<byte[], byte[]> records) {
        var assigned = consumer.assignment();
        for (var partition : records.partitions()) {
            if (assigned.contains(partition)) {
                consumer.seek(partition, records.records(partition).getFirst().offset());
            }
        }
    }

    @Override
    public void close() {
        try {
            producer.close(CLOSE_WAIT);
        } finally {
            consumer.close();
        }
    }
}

package dev.halfrate.processor.intake;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.flight.CommitEvent;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a loop's clients: poll, decide, and commit what was decided together with the offsets.
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

    private final Reading reading;
    private final Reading.Sorting sorting;
    private final InstantSource clock;
    private final Consumer<byte[], byte[]> consumer;
    private final Producer<byte[], byte[]> producer;
    /** Of the partitions that were read since the last rebalance, up to what is committed. */
    private final Map<TopicPartition, ReadCounts> counts = new HashMap<>();

    private final StalledPartitions stalled;
    private int abortsInARow;
    private volatile boolean assigned;

    /** Takes over whatever an owner of the past left open. */
    IntakeLoop(Reading reading, Topics topics, InstantSource clock, IntakeClients clients) {
        this.reading = reading;
        this.sorting = reading.with(topics);
        this.stalled = new StalledPartitions(reading);
        this.clock = clock;
        this.producer = clients.producer();
        try {
            producer.initTransactions();
            consumer = clients.consumer();
        } catch (KafkaException e) {
            producer.close(CLOSE_WAIT);
            throw e;
        }
        consumer.subscribe(reading.topics(), new Rebalances());
    }

    /**
     * Settles one poll.
     *
     * @throws KafkaException if these clients are of no use any more
     */
    Outcome step() {
        stalled.resume(consumer, clock.instant());
        var records = consumer.poll(POLL_WAIT);
        // A position may also move over what is no record: where that is not committed, retention overtakes the offset.
        if (records.nextOffsets().isEmpty()) {
            return Outcome.IDLE;
        }
        var decided = sorting.decide(records, clock.instant());
        var offsets = offsets(records, decided);
        if (offsets.isEmpty()) {
            stalled.stall(consumer, decided.stalled(), Set.of(), clock.instant());
            return Outcome.IDLE;
        }
        var newCounts = newCounts(offsets.keySet(), decided);
        CrashPoint.REQUESTS_POLLED.reached();
        var event = new CommitEvent(reading.name(), decided.records().size());
        try {
            producer.beginTransaction();
            decided.records().forEach(this::send);
            if (decided.hasDeadLetters()) {
                CrashPoint.DEAD_LETTER_WRITTEN.reached();
            }
            producer.sendOffsetsToTransaction(withCounts(offsets, newCounts), consumer.groupMetadata());
            producer.commitTransaction();
        } catch (KafkaException e) {
            abort(e);
            rewind(records);
            return Outcome.ABORTED;
        }
        event.commit();
        abortsInARow = 0;
        counts.putAll(newCounts);
        stalled.stall(consumer, decided.stalled(), offsets.keySet(), clock.instant());
        decided.committed();
        reading.showGap(counts.values());
        return Outcome.COMMITTED;
    }

    /** @return whether the group has said which partitions are its own; for any thread */
    boolean isAssigned() {
        return assigned;
    }

    /** How a step ended. */
    enum Outcome {
        IDLE,
        COMMITTED,
        /** The same records will come again; the caller is to pause before. */
        ABORTED
    }

    private Map<TopicPartition, ReadCounts> newCounts(Set<TopicPartition> partitions, Reading.Decided decided) {
        var unknown = partitions.stream()
                .filter(partition -> !counts.containsKey(partition))
                .collect(Collectors.toSet());
        if (!unknown.isEmpty()) {
            var committed = consumer.committed(unknown);
            unknown.forEach(partition -> counts.put(partition, counts(committed.get(partition))));
        }
        return partitions.stream()
                .collect(Collectors.toMap(
                        partition -> partition,
                        partition -> requireNonNull(counts.get(partition))
                                .plus(decided.counts().getOrDefault(partition, ReadCounts.NONE))));
    }

    private static ReadCounts counts(@Nullable OffsetAndMetadata committed) {
        return ReadCounts.parse(committed == null ? "" : committed.metadata());
    }

    /** @return how far each partition was sorted; none that is stalled where it was before */
    private static Map<TopicPartition, OffsetAndMetadata> offsets(
            ConsumerRecords<?, ?> records, Reading.Decided decided) {
        var offsets = new HashMap<>(records.nextOffsets());
        decided.stalled().forEach((partition, offset) -> {
            if (records.records(partition).getFirst().offset() == offset) {
                offsets.remove(partition);
            } else {
                offsets.put(partition, new OffsetAndMetadata(offset));
            }
        });
        return offsets;
    }

    private static Map<TopicPartition, OffsetAndMetadata> withCounts(
            Map<TopicPartition, OffsetAndMetadata> offsets, Map<TopicPartition, ReadCounts> counts) {
        return offsets.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        next -> new OffsetAndMetadata(
                                next.getValue().offset(),
                                next.getValue().leaderEpoch(),
                                requireNonNull(counts.get(next.getKey())).toText())));
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
        LOG.warn("{}: transaction aborted, trying again: {}", reading.name(), cause.toString());
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

    /** Others may go on with a partition before it comes back. */
    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            counts.keySet().removeAll(partitions);
            stalled.forget(partitions);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            counts.keySet().removeAll(partitions);
            stalled.forget(partitions);
            assigned = true;
        }
    }
}

package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.QuarantinedLineCodec;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.ResultTopics;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.flight.CommitEvent;
import dev.halfrate.processor.tracing.Tracing;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.PartitionEpoch;
import dev.halfrate.schemas.internal.WorkKeys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of one work partition: a transactional producer of its own, and the ledger partition of the same number.
 */
final class KafkaPartitionLog implements PartitionLog {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPartitionLog.class);
    private static final String EPOCH_KEY = "";

    /** Of an answer that stands in its result's record; a larger one goes in parts. */
    static final int BODY_BYTES_MAX = 19 * 1024 * 1024;

    private static final Duration REPLAY_SLOW = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration READABLE_WITHIN = Duration.ofSeconds(30);
    private static final Duration READABLE_YET = Duration.ofMillis(10);

    private final HalfrateConfig config;
    private final FeedWriter feeds;
    private final TopicPartition work;
    private final TopicPartition ledger;
    private final String instance;
    private final LedgerClients clients;
    private final ResultTopics resultTopics;
    private final ResponseParts parts;
    private final Producer<byte[], byte[]> producer;
    private final Supplier<ConsumerGroupMetadata> group;
    private final LedgerMeters.Share meters;
    private final Tracing.Batches traces;
    private @Nullable Consumer<byte[], byte[]> committed;
    private boolean fenced;

    KafkaPartitionLog(
            HalfrateConfig config,
            FeedWriter feeds,
            int partition,
            String instance,
            LedgerClients clients,
            Supplier<ConsumerGroupMetadata> group,
            LedgerMeters.Share meters,
            Tracing.Batches traces) {
        this.config = config;
        this.feeds = feeds;
        this.resultTopics = config.resultTopics();
        this.work = new TopicPartition(config.topics().work(), partition);
        this.ledger = new TopicPartition(config.topics().ledger(), partition);
        this.instance = instance;
        this.clients = clients;
        this.parts = new ResponseParts(config.topics().resultParts(), this::delivered);
        this.producer = clients.producer(config.ledgerGroup() + "-" + partition);
        this.group = group;
        this.meters = meters;
        this.traces = traces;
    }

    /**
     * Ends what an earlier owner has open. Until then the committed offset of the work partition cannot be read:
     * Kafka withholds it while a transaction that may change it is open, be its owner dead or not.
     */
    void fence() {
        try {
            producer.initTransactions();
            fenced = true;
        } catch (KafkaException e) {
            throw new PartitionLostException("cannot fence the earlier owner of " + work, e);
        }
    }

    @Override
    public Restored open(long workOffset) throws InterruptedException {
        if (!fenced) {
            fence();
        }
        try {
            var batches = new LinkedHashMap<String, Batch>();
            CrashPoint.FENCED.reached();
            var epoch = replay(batches) + 1;
            inTransaction(workOffset, () -> {
                var owner = new PartitionEpoch(epoch, instance, System.currentTimeMillis());
                send(record(ledger, EPOCH_KEY, InternalFormat.PARTITION_EPOCH.encode(owner)));
            });
            var restored = new Restored(epoch, List.copyOf(batches.values()));
            traces.restored(restored.batches());
            return restored;
        } catch (KafkaException e) {
            throw new PartitionLostException("cannot take over " + work, e);
        }
    }

    /**
     * Reads the ledger up to the high watermark. The last stable offset would not do: behind a hanging
     * transaction of an earlier owner there may be committed records.
     *
     * @return the last epoch, 0 if there was none
     */
    private long replay(Map<String, Batch> batches) throws InterruptedException {
        var epoch = 0L;
        long barrier;
        try (var uncommitted = clients.reader(false)) {
            uncommitted.assign(List.of(ledger));
            barrier = uncommitted.endOffsets(List.of(ledger)).getOrDefault(ledger, 0L);
        }
        try (var consumer = clients.reader(true)) {
            consumer.assign(List.of(ledger));
            consumer.seekToBeginning(List.of(ledger));
            var warnAtNanos = System.nanoTime() + REPLAY_SLOW.toNanos();
            while (consumer.position(ledger) < barrier) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                } else if (System.nanoTime() - warnAtNanos > 0) {
                    LOG.warn(
                            "{} is still being replayed, at {} of {}; if it stands still, look for a hanging transaction",
                            ledger,
                            consumer.position(ledger),
                            barrier);
                    warnAtNanos += REPLAY_SLOW.toNanos();
                }
                for (var entry : consumer.poll(POLL).records(ledger)) {
                    var key = new String(entry.key(), StandardCharsets.UTF_8);
                    if (entry.value() == null) {
                        batches.remove(key);
                        meters.remove(key);
                        continue;
                    }
                    CrashPoint.RESTORING.reached();
                    switch (InternalFormat.decodeAny(entry.value())) {
                        case PartitionEpoch owner -> epoch = Math.max(epoch, owner.getEpoch());
                        case LedgerRecord batch -> {
                            batches.put(key, LedgerRecords.decode(batch));
                            meters.put(batch);
                        }
                        default ->
                            throw new IllegalStateException(
                                    "a foreign record in %s at offset %d: only Halfrate may write there"
                                            .formatted(ledger, entry.offset()));
                    }
                }
            }
        }
        LOG.debug("{} replayed up to {}, epoch {}", ledger, barrier, epoch);
        return epoch;
    }

    @Override
    public void commit(Transaction transaction) {
        var batches = transaction.batches().stream().map(LedgerRecords::encode).toList();
        try {
            try {
                write(transaction, batches, BODY_BYTES_MAX);
            } catch (KafkaException e) {
                if (!isTooLarge(e)) {
                    throw e;
                }
                // A topic may take less than it did at the start. Nothing was written, and smaller records may be.
                LOG.error(
                        "{}: {} takes no record of the size that a result may have, so its answers go to {} from {} bytes on: raise its max.message.bytes",
                        work,
                        String.join(" or ", resultTopics.all()),
                        config.topics().resultParts(),
                        ResponseParts.PART_BYTES_MAX);
                producer.abortTransaction();
                write(transaction, batches, ResponseParts.PART_BYTES_MAX);
            }
            CommitPoints.committed(transaction);
        } catch (KafkaException e) {
            throw new PartitionLostException("cannot commit to " + ledger, e);
        }
        batches.forEach(meters::put);
        transaction.forgotten().forEach(meters::remove);
        traces.committed(transaction.batches(), transaction.results());
    }

    private static boolean isTooLarge(KafkaException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTooLargeException) {
                return true;
            }
        }
        return false;
    }

    private void write(Transaction transaction, List<LedgerRecord> batches, int bodyBytesMax) {
        var topics = config.topics();
        var intents = new ArrayList<Future<RecordMetadata>>();
        var event = new CommitEvent(
                "work-" + work.partition(),
                batches.size() + transaction.results().size());
        inTransaction(transaction.workOffset(), () -> {
            for (var batch : batches) {
                var outgoing = record(ledger, batch.getBatchId(), InternalFormat.LEDGER_RECORD.encode(batch));
                if (batch.getState() == LedgerState.CREATING || calls(batch)) {
                    intents.add(producer.send(outgoing));
                } else {
                    send(outgoing);
                }
            }
            for (var batchId : transaction.forgotten()) {
                send(new ProducerRecord<>(ledger.topic(), ledger.partition(), utf8(batchId), null));
            }
            for (var result : transaction.results()) {
                send(feeds.toRecord(resultTopics.of(result.request().rule()), parts.of(result, bodyBytesMax)));
            }
            for (var line : transaction.quarantined()) {
                send(QuarantinedLineCodec.toRecord(topics.diagnostics(), line));
            }
            for (var progress : transaction.feed()) {
                send(feeds.toRecord(topics.batches(), progress));
            }
            for (var signal : transaction.signals()) {
                send(new ProducerRecord<>(
                        topics.laneInbox(),
                        signal.inboxPartition(),
                        utf8(signal.signal().getPool()),
                        InternalFormat.SIGNAL.encode(signal.signal())));
            }
            for (var batch : transaction.settled()) {
                IntStream.range(0, batch.header().chunks())
                        .mapToObj(chunk -> WorkKeys.chunk(batch.id(), chunk))
                        .forEach(this::deleteWork);
                IntStream.range(0, batch.header().items())
                        .filter(batch.unwanted()::has)
                        .mapToObj(item -> WorkKeys.withdrawal(batch.id(), item))
                        .forEach(this::deleteWork);
            }
            CommitPoints.written(transaction);
        });
        event.commit();
        if (!intents.isEmpty()) {
            awaitReadable(delivered(intents.getLast()));
        }
    }

    private void deleteWork(byte[] key) {
        send(new ProducerRecord<>(work.topic(), work.partition(), key, null));
    }

    /** Whether a call of one of its items may be about to begin. */
    private static boolean calls(LedgerRecord batch) {
        var unanswered = BitSet.valueOf(batch.getCalled());
        unanswered.andNot(BitSet.valueOf(batch.getDone()));
        return !unanswered.isEmpty();
    }

    /**
     * A commit is acknowledged before it is marked in the partitions, and a broker may forget to mark it (KAFKA-20734);
     * then only an abort makes the ledger readable again. An intent that a create or a call is sent for must be beyond that.
     */
    private void awaitReadable(RecordMetadata intent) {
        if (committed == null) {
            committed = clients.reader(true);
            committed.assign(List.of(ledger)); // the client warns of each look at what is not
        }
        var deadline = System.nanoTime() + READABLE_WITHIN.toNanos();
        while (committed.endOffsets(List.of(ledger)).getOrDefault(ledger, 0L) <= intent.offset()) {
            if (System.nanoTime() - deadline > 0) {
                throw new TimeoutException(
                        "what was committed to %s at %d cannot be read: look for a hanging transaction"
                                .formatted(ledger, intent.offset()));
            }
            try {
                Thread.sleep(READABLE_YET);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Offsets go with each transaction, so that a generation that is over fails before it acts. */
    private void inTransaction(long workOffset, Runnable sends) {
        producer.beginTransaction();
        sends.run();
        producer.sendOffsetsToTransaction(Map.of(work, new OffsetAndMetadata(workOffset)), group.get());
        producer.commitTransaction();
    }

    /** A send that fails makes the commit fail. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private void send(ProducerRecord<byte[], byte[]> outgoing) {
        producer.send(outgoing);
    }

    private RecordMetadata delivered(ProducerRecord<byte[], byte[]> outgoing) {
        return delivered(producer.send(outgoing));
    }

    /** Waits for where it stands. */
    private static RecordMetadata delivered(Future<RecordMetadata> sent) {
        try {
            return sent.get();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }

    private static ProducerRecord<byte[], byte[]> record(TopicPartition to, String key, byte[] value) {
        return new ProducerRecord<>(to.topic(), to.partition(), utf8(key), value);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        meters.close();
        // An open transaction is left to its next owner, who aborts it.
        producer.close(Duration.ZERO);
        if (committed != null) {
            committed.close();
        }
    }

    /** The Kafka clients of the ledger worker. */
    interface LedgerClients {
        Producer<byte[], byte[]> producer(String transactionalId);

        /** A consumer outside of any group. */
        Consumer<byte[], byte[]> reader(boolean committedOnly);
    }
}

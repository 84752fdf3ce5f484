package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.UnreadableRecordException;
import dev.halfrate.schemas.internal.WorkKeys;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives one actor its thread: waits for records, letters and timers, and hands them over one by one. */
final class PartitionRunner implements Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionRunner.class);

    /** Bytes of work records that wait for the actor; beyond that the worker pauses the partition. */
    static final long WAITING_BYTES_MAX = 16 * 1024 * 1024;

    /**
     * What an actor needs; made for each time a partition is owned.
     *
     * @param workOffset where the partition is to be read from
     */
    record Equipment(long workOffset, PartitionActor actor, PartitionLog log, Vendor vendor) {}

    private static final long UNKNOWN = -1;

    private final int partition;
    private final Function<Mailbox, Equipment> equip;
    private final Thread thread;

    private final BlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long workOffset = UNKNOWN;
    private volatile boolean ready;
    private volatile boolean stopping;
    private volatile boolean lost;

    PartitionRunner(int partition, Function<Mailbox, Equipment> equip) {
        this.partition = partition;
        this.equip = equip;
        this.thread = Thread.ofPlatform().name("ledger-" + partition).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void onWork(ConsumerRecord<byte[], byte[]> entry) {
        waitingBytes.addAndGet(bytes(entry));
        inbox.add(entry);
    }

    @Override
    public void post(Letter letter) {
        inbox.add(letter);
    }

    /** @return where the partition is to be read from, empty as long as that is not known */
    OptionalLong workOffset() {
        return workOffset == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(workOffset);
    }

    boolean full() {
        return waitingBytes.get() >= WAITING_BYTES_MAX;
    }

    int partition() {
        return partition;
    }

    /** @return whether it has replayed its ledger and acts */
    boolean ready() {
        return ready;
    }

    /** @return whether it ended without being told to: the partition needs a new runner */
    boolean lost() {
        return lost;
    }

    /** Starts nothing new, waits for a create and for calls that are under way, but not longer than {@code wait}. */
    void stop(Duration wait) {
        beginStop();
        awaitStop(wait);
    }

    void beginStop() {
        stopping = true;
        inbox.add(Stop.STOP);
    }

    void awaitStop(Duration wait) {
        try {
            if (!ended.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.interrupt();
                if (!ended.await(10, TimeUnit.SECONDS)) {
                    LOG.warn("work-{}: still stopping", partition);
                }
            }
        } catch (InterruptedException _) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** A listing of all of an account's remote batches. */
    record Listing(String account, List<SweepOutcome.Listed> batches) {
        Listing {
            batches = List.copyOf(batches);
        }
    }

    void onListing(Listing listing) {
        inbox.add(listing);
    }

    private enum Stop {
        STOP
    }

    private void run() {
        @Nullable Equipment equipment = null;
        try {
            equipment = equip.apply(this);
            var actor = equipment.actor();
            workOffset = equipment.workOffset();
            actor.start(workOffset);
            ready = true;
            while (!stopping || actor.buying()) {
                var next = next(actor);
                if (next != null) {
                    handle(actor, next);
                }
                if (!stopping) {
                    actor.fireTimers();
                }
            }
        } catch (InterruptedException _) {
            LOG.info("work-{}: stopped at once", partition);
        } catch (PartitionLostException e) {
            LOG.warn("work-{}: {} ({})", partition, e.getMessage(), String.valueOf(e.getCause()));
        } catch (RuntimeException | Error e) {
            LOG.error("work-{}: unexpected failure", partition, e);
        } finally {
            ready = false;
            try {
                close(equipment);
            } finally {
                lost = !stopping;
                ended.countDown();
            }
        }
    }

    private void close(@Nullable Equipment equipment) {
        if (equipment == null) {
            return;
        }
        try (var _ = equipment.log();
                var _ = equipment.vendor()) {
            LOG.debug("work-{}: closing", partition);
        } catch (RuntimeException e) {
            // A producer that was interrupted says so once more when it is closed.
            LOG.debug("work-{}: while closing", partition, e);
        }
    }

    private @Nullable Object next(PartitionActor actor) throws InterruptedException {
        var wait = actor.nanosToNextTimer();
        return stopping || wait.isEmpty() ? inbox.take() : inbox.poll(wait.getAsLong(), TimeUnit.NANOSECONDS);
    }

    private void handle(PartitionActor actor, Object next) {
        switch (next) {
            case ConsumerRecord<?, ?> entry -> {
                waitingBytes.addAndGet(-bytes(entry));
                if (!stopping) {
                    CrashPoint.SEAL_UNREAD.reached();
                    onWork(actor, entry);
                }
            }
            case Letter letter -> {
                if (!stopping
                        || letter.event() instanceof BatchEvent.CreateEnded
                        || letter.event() instanceof BatchEvent.CallsEnded) {
                    actor.onLetter(letter);
                }
            }
            case Listing listing -> {
                if (!stopping) {
                    actor.onListing(listing.account(), listing.batches());
                }
            }
            case Stop _ -> LOG.debug("work-{}: stopping", partition);
            default -> throw new IllegalArgumentException(next.getClass().getName());
        }
    }

    /** A deleted chunk has no value, and its key is worth counting as little as the object around it. */
    private static long bytes(ConsumerRecord<?, ?> entry) {
        return 100L + Math.max(0, entry.serializedValueSize());
    }

    /** @return null for what was deleted, and for hints of a release to come */
    private static @Nullable SpecificRecordBase decoded(ConsumerRecord<?, ?> entry) {
        try {
            return entry.value() instanceof byte[] value ? InternalFormat.decodeAny(value) : null;
        } catch (UnreadableRecordException e) {
            if (entry.key() instanceof byte[] key && new String(key, UTF_8).startsWith(WorkKeys.HINTS)) {
                LOG.warn("work-{}: a hint is passed over ({})", entry.partition(), e.getMessage());
                return null;
            }
            throw e;
        }
    }

    private static void onWork(PartitionActor actor, ConsumerRecord<?, ?> entry) {
        switch (decoded(entry)) {
            case null -> actor.onWork(entry.offset(), null);
            case ManifestChunk chunk -> actor.onWork(entry.offset(), chunk);
            case Command command -> {
                (command.getKind() == CommandKind.RESOLVE ? CrashPoint.HOLD_COMMANDED : CrashPoint.BATCH_COMMANDED)
                        .reached();
                actor.onCommand(entry.offset(), command);
            }
            case SpecificRecordBase other ->
                throw new UnreadableRecordException("a %s does not belong into the work topic"
                        .formatted(other.getClass().getSimpleName()));
        }
    }
}

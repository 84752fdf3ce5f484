package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionRunnerTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final List<Batch> restored = new ArrayList<>();
    private final LinkedBlockingQueue<String> committed = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Effect> started = new LinkedBlockingQueue<>();
    private final AtomicLong clockReads = new AtomicLong();
    private volatile long nanosAhead;
    private volatile boolean vendorClosed;
    private volatile boolean logClosed;
    private volatile @Nullable Throwable failure;
    private final PartitionRunner runner = new PartitionRunner(0, this::equip);

    @AfterEach
    void stop() {
        runner.stop(Duration.ZERO);
    }

    private PartitionRunner.Equipment equip(Mailbox mailbox) {
        var log = new Log();
        var vendor = new Hands();
        var actor = new PartitionActor(
                0,
                1,
                log,
                vendor,
                new CountedClock(),
                new BatchLifecycle(Examples.SETTINGS, _ -> Examples.EXACT),
                new Publications(account -> "openai", List.of(Duration.ofMinutes(1))),
                0,
                1);
        return new PartitionRunner.Equipment(0, actor, log, vendor);
    }

    /** A batch whose create is under way when it returns. */
    private Batch creating() throws InterruptedException {
        var batch = Examples.in(new BatchState.Uploaded(4));
        restored.add(batch);
        runner.start();
        await(new Effect.AcquirePermit());
        runner.post(batch, new BatchEvent.PermitGranted());
        await(new Effect.Create());
        return batch;
    }

    private void await(Effect effect) throws InterruptedException {
        for (var next = started.poll(10, TimeUnit.SECONDS);
                !effect.equals(next);
                next = started.poll(10, TimeUnit.SECONDS)) {
            assertThat(next).as("waiting for %s", effect).isNotNull();
        }
    }

    private static BatchEvent created() {
        return new BatchEvent.CreateEnded(new CreateOutcome.Created(new RemoteBatch(
                "remote-1",
                RemoteBatch.Status.VALIDATING,
                "validating",
                "file-1",
                null,
                null,
                RemoteBatch.Counts.NONE,
                List.of())));
    }

    private Thread stopping(Duration wait) {
        var thread = Thread.ofPlatform().start(() -> runner.stop(wait));
        Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return thread;
    }

    @Test
    void stoppingWaitsForACreateUnderWayAndCommitsHowItEnded() throws Exception {
        var batch = creating();
        var stop = stopping(LONG);
        assertThat(vendorClosed).isFalse();

        runner.post(batch, created());
        stop.join();

        assertThat(committed).containsExactly("creating", "running");
        assertThat(vendorClosed).isTrue();
        assertThat(logClosed).isTrue();
        assertThat(runner.lost()).isFalse();
    }

    @Test
    void aCreateThatTakesTooLongIsLeftToTheNextOwner() throws Exception {
        creating();

        runner.stop(Duration.ofMillis(50));

        assertThat(committed).containsExactly("creating");
        assertThat(vendorClosed).isTrue();
        assertThat(runner.lost()).isFalse();
    }

    @Test
    void nothingIsStartedWhileItStops() throws Exception {
        var batch = creating();
        var stop = stopping(LONG);

        runner.post(batch, new BatchEvent.PermitGranted());
        runner.post(batch, created());
        stop.join();

        assertThat(started).isEmpty();
    }

    @Test
    void itDoesNotSpinOnATimerThatIsDueWhileItWaits() throws Exception {
        var running = Examples.in(
                "running-too",
                new BatchState.Running(4, Examples.NOW, "in_progress", 0, 1, BatchState.Standing.PROVEN));
        restored.add(running);
        var batch = creating();
        runner.post(running, new BatchEvent.Polled(new PollOutcome.NoAnswer("reset"))); // starts a timer
        var stop = stopping(LONG);
        nanosAhead = Duration.ofDays(1).toNanos();
        runner.post(batch, new BatchEvent.Taken()); // wakes it; not handled any more

        Awaitility.await().during(Duration.ofMillis(300)).atMost(LONG).until(() -> clockReads.getAndSet(0) < 20);

        runner.post(batch, created());
        stop.join();
    }

    @Test
    void withoutACreateItStopsAtOnce() {
        runner.start();

        runner.stop(LONG);

        assertThat(runner.ready()).isFalse();
        assertThat(logClosed).isTrue();
    }

    @Test
    void whoCannotCommitIsLost() throws Exception {
        failure = new PartitionLostException("fenced", null);
        restored.add(Examples.in(new BatchState.Creating(4)));

        runner.start();

        Awaitility.await().until(runner::lost);
        assertThat(vendorClosed).isTrue();
        assertThat(started).isEmpty();
    }

    @Test
    void anErrorIsNoReasonToHangUnseen() {
        failure = new StackOverflowError();
        restored.add(Examples.in(new BatchState.Creating(4)));

        runner.start();

        Awaitility.await().until(runner::lost);
        assertThat(logClosed).isTrue();
    }

    private final class Log implements PartitionLog {
        @Override
        public Restored open(long workOffset) {
            return new Restored(1, restored);
        }

        @Override
        public void commit(Transaction transaction) {
            switch (failure) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default ->
                    transaction
                            .batches()
                            .forEach(batch -> committed.add(batch.state().word()));
            }
        }

        @Override
        public void close() {
            logClosed = true;
        }
    }

    private final class Hands implements Vendor {
        @Override
        public void start(Batch batch, Effect effect) {
            started.add(effect);
        }

        @Override
        public void close() {
            vendorClosed = true;
        }
    }

    private final class CountedClock implements ActorClock {
        @Override
        public Instant now() {
            return Examples.NOW;
        }

        @Override
        public long nanos() {
            clockReads.incrementAndGet();
            return System.nanoTime() + nanosAhead;
        }
    }
}

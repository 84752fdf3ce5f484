package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.SweepOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharedPollsTest {
    private static final Instant CREATED = Instant.parse("2026-11-22T06:00:00Z");

    private static final Duration POLL_DELAY_MIN = Duration.ofSeconds(4);
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final VirtualHttp http = new VirtualHttp();
    private final ManualClock clock = new ManualClock();
    private final SharedPolls polls = new SharedPolls(
            new AccountGate(
                    "main",
                    http,
                    new Semaphore(8),
                    LimitsConfig.VENDORS,
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(1),
                    ActorClock.system(),
                    new SimpleMeterRegistry()),
            POLL_DELAY_MIN,
            clock);

    private static final class ManualClock implements ActorClock {
        private long nanos;

        @Override
        public Instant now() {
            return CREATED.plusNanos(nanos);
        }

        @Override
        public long nanos() {
            return nanos;
        }
    }

    @BeforeEach
    void answer() {
        http.polled = new PollOutcome.Seen(remote("asked", Status.IN_PROGRESS));
    }

    private static RemoteBatch remote(String id, Status status) {
        return new RemoteBatch(id, status, "listed", null, null, null, RemoteBatch.Counts.NONE, List.of());
    }

    private void listed(RemoteBatch... remotes) {
        http.swept = new SweepOutcome.Swept(List.of(remotes).stream()
                .map(remote -> new SweepOutcome.Listed(remote, "", ""))
                .toList());
    }

    private PollOutcome poll(String id) throws InterruptedException {
        return polls.poll(id, CREATED);
    }

    private void pollOften() throws InterruptedException {
        for (var i = 1; i < SharedPolls.POLLS_MIN; i++) {
            poll("other");
        }
    }

    @Test
    void fewAreAskedForOneByOne() throws InterruptedException {
        listed(remote("batch-1", Status.IN_PROGRESS));

        pollOften();

        assertThat(http.sweeps).hasValue(0);
        assertThat(http.polls).hasValue(SharedPolls.POLLS_MIN - 1);
    }

    @Test
    void ofManyOneListingAnswersThoseThatGoOn() throws InterruptedException {
        listed(remote("batch-1", Status.IN_PROGRESS), remote("batch-2", Status.VALIDATING));
        pollOften();
        var asked = http.polls.get();

        for (var i = 0; i < 100; i++) {
            assertThat(poll("batch-1")).isEqualTo(new PollOutcome.Seen(remote("batch-1", Status.IN_PROGRESS)));
            assertThat(poll("batch-2")).isEqualTo(new PollOutcome.Seen(remote("batch-2", Status.VALIDATING)));
        }

        assertThat(http.sweeps).hasValue(1);
        assertThat(http.polls).hasValue(asked);
    }

    @Test
    void whatHasEndedOrIsNotListedIsAskedForItself() throws InterruptedException {
        listed(
                remote("completed", Status.COMPLETED),
                remote("failed", Status.FAILED),
                remote("expired", Status.EXPIRED),
                remote("cancelled", Status.CANCELLED),
                remote("strange", Status.UNKNOWN));
        pollOften();

        for (var id : List.of("completed", "failed", "expired", "cancelled", "strange", "missing")) {
            assertThat(poll(id)).isEqualTo(http.polled);
        }
        assertThat(http.sweeps).hasValue(1);
    }

    @Test
    void aListingIsNotBelievedForLong() throws InterruptedException {
        listed(remote("batch-1", Status.IN_PROGRESS));
        pollOften();
        poll("batch-1");
        clock.nanos += FRESH.toNanos() - 1;
        poll("batch-1");
        assertThat(http.sweeps).hasValue(1);
        clock.nanos++;

        poll("batch-1");

        assertThat(http.sweeps).hasValue(2);
    }

    @Test
    void listingsThatCostMoreThanTheySaveAreNotRepeated() throws InterruptedException {
        var many = new ArrayList<RemoteBatch>();
        for (var i = 0; i < 1_000; i++) {
            many.add(remote("batch-" + i, Status.IN_PROGRESS));
        }
        listed(many.toArray(RemoteBatch[]::new));
        pollOften();
        poll("batch-1");
        clock.nanos += FRESH.toNanos();

        pollOften();

        assertThat(http.sweeps).hasValue(1);
    }

    @Test
    void whereThereIsNoListEachIsAskedForItself() throws InterruptedException {
        pollOften();

        for (var i = 0; i < 1_000; i++) {
            clock.nanos += Duration.ofMillis(100).toNanos();
            assertThat(poll("batch-1")).isEqualTo(http.polled);
        }

        assertThat(http.sweeps).hasValue(1);
    }

    @Test
    void aListerThatIsInterruptedKeepsNobodyFromListing() throws InterruptedException {
        pollOften();
        http.beforeSweep = new CountDownLatch(1);
        var lister = Thread.ofVirtual().start(() -> {
            try {
                poll("batch-1");
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        await().until(() -> lister.getState() == Thread.State.WAITING);
        lister.interrupt();
        lister.join();
        http.beforeSweep = new CountDownLatch(0);
        listed(remote("batch-1", Status.IN_PROGRESS));

        assertThat(poll("batch-1")).isEqualTo(new PollOutcome.Seen(remote("batch-1", Status.IN_PROGRESS)));

        assertThat(http.sweeps).hasValue(2);
    }

    @Test
    void whoPollsWhileOneIsListingWaitsForIt() throws InterruptedException {
        pollOften();
        var asked = http.polls.get();
        var mayList = new CountDownLatch(1);
        http.beforeSweep = mayList;
        var threads = new ArrayList<Thread>();
        for (var i = 0; i < 50; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    poll("batch-1");
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        await().until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
        listed(remote("batch-1", Status.IN_PROGRESS));

        mayList.countDown();
        for (var thread : threads) {
            thread.join();
        }

        assertThat(http.sweeps).hasValue(1);
        assertThat(http.polls).hasValue(asked);
    }
}

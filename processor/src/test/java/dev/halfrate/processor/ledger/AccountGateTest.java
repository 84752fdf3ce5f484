package dev.halfrate.processor.ledger;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccountGateTest {
    private static final Duration PROBE = Duration.ofMillis(100);
    private static final Duration NEVER = Duration.ofMinutes(10);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Semaphore calls = new Semaphore(2, true);
    private final AtomicInteger called = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private volatile PollOutcome answer = no(Kind.KEY);

    @AfterEach
    void endWaits() throws InterruptedException {
        for (var thread : threads) {
            thread.interrupt();
            thread.join(Duration.ofSeconds(10));
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private AccountGate gate(Duration probeInterval) {
        return new AccountGate(
                "main",
                new VirtualHttp(),
                calls,
                LimitsConfig.VENDORS,
                probeInterval,
                Duration.ofMinutes(1),
                ActorClock.system(),
                meters);
    }

    private AccountGate gate(LimitsConfig limits) {
        return new AccountGate(
                "main", new VirtualHttp(), calls, limits, NEVER, Duration.ofMinutes(1), ActorClock.system(), meters);
    }

    private static PollOutcome no(Kind kind) {
        return new PollOutcome.Refused(new Refusal(kind, 401, "code", "HTTP 401 code", null));
    }

    private static RemoteBatch remote(RemoteBatch.Status status, RemoteBatch.BatchError... errors) {
        return new RemoteBatch("batch-1", status, "word", null, null, null, RemoteBatch.Counts.NONE, List.of(errors));
    }

    private PollOutcome poll(AccountGate gate) throws InterruptedException {
        return gate.call(_ -> {
            called.incrementAndGet();
            return answer;
        });
    }

    private double paused(String reason) {
        return requireNonNull(meters.find("halfrate.account.paused")
                        .tags("account", "main", "reason", reason)
                        .gauge())
                .value();
    }

    private Thread start(Wait wait) {
        var thread = Thread.ofVirtual().start(() -> {
            try {
                wait.run();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(thread);
        return thread;
    }

    @FunctionalInterface
    private interface Wait {
        void run() throws InterruptedException;
    }

    private static void awaitWaiting(Thread thread) {
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    }

    @Test
    void aRefusedKeyIsShownAndResumesByItself() throws InterruptedException {
        var gate = gate(PROBE);
        poll(gate);
        assertThat(paused("key")).isOne();
        assertThat(paused("credit")).isZero();
        answer = new PollOutcome.Seen(remote(RemoteBatch.Status.IN_PROGRESS));

        assertThat(poll(gate)).isEqualTo(answer);

        assertThat(paused("key")).isZero();
    }

    @Test
    void manyThatWaitForAPausedAccountCallItOnceAnInterval() throws InterruptedException {
        var gate = gate(PROBE);
        poll(gate);
        var begun = System.nanoTime();
        for (var i = 0; i < 50; i++) {
            start(() -> {
                while (called.get() < 5) {
                    poll(gate);
                }
            });
        }

        await().until(() -> called.get() >= 5);

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(PROBE.multipliedBy(4));
    }

    @Test
    void theFirstAnswerLetsAllGoOn() throws InterruptedException {
        var gate = gate(Duration.ofSeconds(1));
        poll(gate);
        answer = new PollOutcome.Seen(remote(RemoteBatch.Status.IN_PROGRESS));
        var begun = System.nanoTime();
        for (var i = 0; i < 50; i++) {
            start(() -> poll(gate));
        }

        await().until(() -> called.get() == 51);

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(8));
    }

    @Test
    void createsAndUploadsWaitForTheirLimitsAndNothingElseDoes() throws InterruptedException {
        var gate = gate(new LimitsConfig(0, 0, 0, 1, 1));
        answer = new PollOutcome.Seen(remote(RemoteBatch.Status.IN_PROGRESS));
        gate.acquireForCreate("small");
        gate.release();
        gate.upload(_ -> answer);

        awaitWaiting(start(() -> gate.acquireForCreate("large")));
        awaitWaiting(start(() -> gate.upload(_ -> answer)));

        assertThat(poll(gate)).isEqualTo(answer);
        assertThat(calls.availablePermits()).isEqualTo(2);
        assertThat(paused("creates_per_hour")).isOne();
        assertThat(paused("uploads_per_minute")).isOne();
    }

    @Test
    void whoWaitsForAnAccountHoldsNoPermitAndEndsWithAnInterruption() throws InterruptedException {
        var gate = gate(NEVER);
        poll(gate);
        var call = start(() -> poll(gate));
        var create = start(() -> gate.acquireForCreate("small"));
        var spool = start(gate::awaitOpen);
        for (var waiting : List.of(call, create, spool)) {
            awaitWaiting(waiting);
        }
        assertThat(calls.availablePermits()).isEqualTo(2);

        for (var waiting : List.of(call, create, spool)) {
            waiting.interrupt();
            waiting.join(Duration.ofSeconds(10));
            assertThat(waiting.isAlive()).isFalse();
        }

        assertThat(calls.availablePermits()).isEqualTo(2);
        assertThat(called).hasValue(1);
    }

    @Test
    void aCallThatWeCutSaysNothingAboutTheAccount() throws InterruptedException {
        var gate = gate(NEVER);
        answer = new PollOutcome.NoAnswer("interrupted");
        for (var i = 0; i < AccountPace.ANSWERS; i++) {
            start(() -> gate.call(_ -> {
                        Thread.currentThread().interrupt();
                        return answer;
                    }))
                    .join(Duration.ofSeconds(10));
        }

        assertThat(paused("unavailable")).isZero();
    }

    @Test
    void whoOnlyWaitsForAPausedAccountTriesItIfNobodyElseIsThere() throws InterruptedException {
        var gate = gate(PROBE);
        poll(gate);

        gate.awaitOpen();

        assertThat(paused("key")).isOne();
    }

    @Test
    void whoOnlyWaitsLeavesTryingToThoseThatCall() throws InterruptedException {
        var gate = gate(Duration.ofSeconds(1));
        poll(gate);
        var waiting = start(gate::awaitOpen);
        awaitWaiting(start(() -> poll(gate)));
        answer = new PollOutcome.Seen(remote(RemoteBatch.Status.IN_PROGRESS));

        waiting.join(Duration.ofSeconds(10));

        assertThat(called).hasValue(2);
        assertThat(paused("key")).isZero();
    }

    @Test
    void whoCallsIsStillThereWhileItWaitsForItsTurn() throws InterruptedException {
        var gate = gate(Duration.ofSeconds(1));
        poll(gate);
        var caller = start(() -> poll(gate));
        awaitWaiting(caller);
        calls.acquire(2);
        await().until(calls::hasQueuedThreads);
        answer = new PollOutcome.Seen(remote(RemoteBatch.Status.IN_PROGRESS));

        var waiting = start(gate::awaitOpen);
        awaitWaiting(waiting);
        calls.release(2);

        waiting.join(Duration.ofSeconds(10));
        assertThat(waiting.isAlive()).isFalse();
        assertThat(called).hasValue(2);
    }

    @Test
    void aBatchThatFailsAtValidationForItsModelsQueueClosesTheModelUntilOneIsAccepted() throws InterruptedException {
        var gate = gate(NEVER);
        var full = new RemoteBatch.BatchError(Kind.QUEUE_FULL, "token_limit_exceeded", "full", null);
        gate.saw(remote(RemoteBatch.Status.FAILED, full), "small", Instant.now());
        assertThat(paused("queue_full")).isOne();
        gate.acquireForCreate("large");
        var create = start(() -> gate.acquireForCreate("small"));
        awaitWaiting(create);

        gate.saw(remote(RemoteBatch.Status.IN_PROGRESS), "small", Instant.now().plusSeconds(1));

        create.join(Duration.ofSeconds(10));
        assertThat(create.isAlive()).isFalse();
        assertThat(paused("queue_full")).isZero();
    }

    @Test
    void aBadLineIsNoReasonToCloseAnything() throws InterruptedException {
        var gate = gate(NEVER);
        var bad = new RemoteBatch.BatchError(Kind.BAD_REQUEST, "invalid_json_line", "bad", 1);

        gate.saw(remote(RemoteBatch.Status.FAILED, bad), "small", Instant.now());

        gate.acquireForCreate("small");
        assertThat(calls.availablePermits()).isOne();
    }
}

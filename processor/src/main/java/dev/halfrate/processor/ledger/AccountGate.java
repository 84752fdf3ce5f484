package dev.halfrate.processor.ledger;

import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.ledger.AccountPace.Call.Create;
import dev.halfrate.processor.ledger.AccountPace.Call.Other;
import dev.halfrate.processor.ledger.AccountPace.Call.Upload;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.Outcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The way to an account's provider: so many calls at once, and none while the account is paused. Who waits here ends by
 * interruption.
 */
final class AccountGate {
    private static final Logger LOG = LoggerFactory.getLogger(AccountGate.class);
    private static final List<Kind> REASONS =
            List.of(Kind.KEY, Kind.CREDIT, Kind.RATE, Kind.QUEUE_FULL, Kind.UNAVAILABLE);

    private final String account;
    private final Provider provider;
    private final Semaphore calls;
    private final ActorClock clock;
    private final Allowance creates;
    private final Allowance uploads;
    private final SharedPolls polls;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile AccountPace pace;
    /** Who found the account closed and waits until its call has begun; creates and uploads apart: they may have another reason to wait. */
    private int callers;

    /** @param calls one permit per call that may be under way */
    AccountGate(
            String account,
            Provider provider,
            Semaphore calls,
            LimitsConfig limits,
            Duration probeInterval,
            Duration pollDelayMin,
            ActorClock clock,
            MeterRegistry meters) {
        this.account = account;
        this.provider = provider;
        this.calls = calls;
        this.clock = clock;
        this.creates = new Allowance(limits.createsPerHour(), Duration.ofHours(1));
        this.uploads = new Allowance(limits.uploadsPerMinute(), Duration.ofMinutes(1));
        this.polls = new SharedPolls(this, pollDelayMin, clock);
        this.pace = AccountPace.fresh(probeInterval);
        for (var reason : REASONS) {
            show(name(reason), () -> pace.closed(reason), meters);
        }
        show("creates_per_hour", () -> usedUp(creates), meters);
        show("uploads_per_minute", () -> usedUp(uploads), meters);
    }

    private void show(String reason, Supplier<Number> waiting, MeterRegistry meters) {
        Gauge.builder("halfrate.account.paused", waiting)
                .description("Whether calls of the account wait; for queue_full how many models' creates do")
                .tag("account", account)
                .tag("reason", reason)
                .register(meters);
    }

    private int usedUp(Allowance allowance) {
        lock.lock();
        try {
            return allowance.waitNanos(clock.nanos()) > 0 ? 1 : 0;
        } finally {
            lock.unlock();
        }
    }

    Provider provider() {
        return provider;
    }

    /** Waits for the account, and for its turn. */
    <T extends Outcome> T call(Call<T> call) throws InterruptedException {
        enter(new Other());
        return callAndLeave(call);
    }

    /** Waits as well until so many uploads are allowed. */
    <T extends Outcome> T upload(Call<T> call) throws InterruptedException {
        enter(new Upload());
        return callAndLeave(call);
    }

    /**
     * The same, together with other polls where that takes fewer calls.
     *
     * @param createdAfter when the remote batch cannot have been there yet
     */
    PollOutcome poll(String remoteBatchId, Instant createdAfter) throws InterruptedException {
        return polls.poll(remoteBatchId, createdAfter);
    }

    /** The same for what is of no consequence: how it ends says nothing about the account. */
    <T extends Outcome> T callAside(Call<T> call) throws InterruptedException {
        enter(new Other());
        try {
            return call.to(provider);
        } finally {
            calls.release();
        }
    }

    /** Waits for its turn only: for who holds what others need, and has waited for the account before that. */
    <T extends Outcome> T callNow(Call<T> call) throws InterruptedException {
        calls.acquire();
        return callAndLeave(call);
    }

    private <T extends Outcome> T callAndLeave(Call<T> call) throws InterruptedException {
        try {
            return callPermitted(call);
        } finally {
            calls.release();
        }
    }

    /** Calls within a permit that is the caller's. */
    <T extends Outcome> T callPermitted(Call<T> call) throws InterruptedException {
        var begun = clock.nanos();
        var outcome = call.to(provider);
        heard(new Other(), outcome, begun);
        return outcome;
    }

    /** @return whether the account is not paused */
    boolean open() {
        return pace.open(new Other());
    }

    /**
     * Waits until the account is not paused, without calling it; who is let through in spite of a pause, because nobody
     * else is there to try, has to call.
     */
    void awaitOpen() throws InterruptedException {
        awaitOpen(new Other());
    }

    /** The same for who needs the disk until its upload is answered: such a call has to be allowed, too. */
    void awaitOpenForUpload() throws InterruptedException {
        awaitOpen(new Upload());
    }

    /** The same for who needs the disk until its create is answered. */
    void awaitOpenForCreate(String model) throws InterruptedException {
        awaitOpen(new Create(model));
    }

    private void awaitOpen(AccountPace.Call call) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (var allowed = allowedIn(call); allowed > 0; allowed = allowedIn(call)) {
                changed.awaitNanos(allowed);
            }
            while (!pace.open(call)) {
                var wait = pace.waitNanos(call, clock.nanos());
                if (wait <= 0 && callers == 0) {
                    pace = pace.begun(call, clock.nanos());
                    return;
                }
                changed.awaitNanos(Math.max(wait, pace.probeInterval().toNanos()));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the account and for a permit, which is the caller's to {@link #release}. */
    void acquireForCreate(String model) throws InterruptedException {
        enter(new Create(model));
    }

    void release() {
        calls.release();
    }

    /** Sends a create; the permit is the caller's. */
    CreateOutcome create(String model, Provider.Create create) {
        var begun = clock.nanos();
        var outcome = provider.create(create);
        heard(new Create(model), outcome, begun);
        if (outcome instanceof CreateOutcome.Created(var remote)) {
            saw(remote, model, begun);
        }
        return outcome;
    }

    /** What became of a remote batch says whether others would be taken. */
    void saw(RemoteBatch remote, String model, Instant createdAt) {
        saw(
                remote,
                model,
                clock.nanos() - Duration.between(createdAt, clock.now()).toNanos());
    }

    private void saw(RemoteBatch remote, String model, long createdNanos) {
        switch (remote.status()) {
            case IN_PROGRESS, FINALIZING, COMPLETED, EXPIRED ->
                change("", before -> before.accepted(model, createdNanos));
            case FAILED ->
                remote.errors().stream()
                        .filter(error -> REASONS.contains(error.kind()))
                        .map(error ->
                                new Refusal(error.kind(), 0, error.code(), "at validation: " + error.code(), null))
                        .forEach(refusal -> change(
                                refusal.message(),
                                before -> before.refused(
                                        new Create(model), refusal, createdNanos, clock.nanos(), random())));
            case VALIDATING, CANCELLING, CANCELLED, UNKNOWN -> {}
        }
    }

    private void enter(AccountPace.Call call) throws InterruptedException {
        if (takesTurn(call)) {
            return;
        }
        var counts = call instanceof Other ? 1 : 0;
        count(counts);
        try {
            do {
                await(call);
            } while (!takesTurn(call));
        } finally {
            count(-counts);
        }
    }

    /** @return whether the call has begun, so that the permit is the caller's */
    private boolean takesTurn(AccountPace.Call call) throws InterruptedException {
        calls.acquire();
        if (begin(call)) {
            return true;
        }
        calls.release();
        return false;
    }

    private void count(int more) {
        lock.lock();
        try {
            callers += more;
        } finally {
            lock.unlock();
        }
    }

    private boolean begin(AccountPace.Call call) {
        lock.lock();
        try {
            var now = clock.nanos();
            if (waitNanos(call, now) > 0) {
                return false;
            }
            pace = pace.begun(call, now);
            allowance(call).ifPresent(allowance -> allowance.begin(now));
            return true;
        } finally {
            lock.unlock();
        }
    }

    private long waitNanos(AccountPace.Call call, long now) {
        return Math.max(pace.waitNanos(call, now), allowedIn(call));
    }

    private long allowedIn(AccountPace.Call call) {
        return allowance(call)
                .map(allowance -> allowance.waitNanos(clock.nanos()))
                .orElse(0L);
    }

    private Optional<Allowance> allowance(AccountPace.Call call) {
        return switch (call) {
            case Create _ -> Optional.of(creates);
            case Upload _ -> Optional.of(uploads);
            case Other _ -> Optional.empty();
        };
    }

    private void await(AccountPace.Call call) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            var wait = waitNanos(call, clock.nanos());
            while (wait > 0) {
                changed.awaitNanos(wait);
                wait = waitNanos(call, clock.nanos());
            }
        } finally {
            lock.unlock();
        }
    }

    private void heard(AccountPace.Call call, Outcome outcome, long begunNanos) {
        if (Thread.currentThread().isInterrupted()) {
            return; // we cut it; that says nothing about the account
        }
        var answer = AccountAnswer.of(outcome);
        var why = answer instanceof AccountAnswer.Refused(var refusal) ? refusal.message() : "no answers";
        change(why, before -> before.answered(call, answer, begunNanos, clock.nanos(), random()));
    }

    private void change(String why, UnaryOperator<AccountPace> change) {
        lock.lock();
        try {
            var before = pace;
            pace = change.apply(before);
            for (var reason : REASONS) {
                tell(reason, why, before.closed(reason), pace.closed(reason));
            }
            if (!pace.closed().keySet().containsAll(before.closed().keySet())) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void tell(Kind reason, String why, int before, int after) {
        if (after < before) {
            line(Level.INFO, reason).log("account {}: goes on ({})", account, name(reason));
        } else if (after > before) {
            switch (reason) {
                case KEY -> line(Level.ERROR, reason).log("account {}: paused, its key is refused ({})", account, why);
                case CREDIT ->
                    line(Level.ERROR, reason).log("account {}: creates nothing, it has no credit ({})", account, why);
                case RATE, UNAVAILABLE -> line(Level.WARN, reason).log("account {}: backs off ({})", account, why);
                case QUEUE_FULL ->
                    line(Level.WARN, reason).log("account {}: the creates of a model wait, its queue is full", account);
                case TOO_LARGE, BAD_REQUEST, NOT_FOUND -> throw new IllegalArgumentException(name(reason));
            }
        }
    }

    private LoggingEventBuilder line(Level level, Kind reason) {
        return LOG.atLevel(level).addKeyValue("account", account).addKeyValue("reason", name(reason));
    }

    private static String name(Kind reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }

    @FunctionalInterface
    interface Call<T> {
        T to(Provider provider) throws InterruptedException;
    }
}

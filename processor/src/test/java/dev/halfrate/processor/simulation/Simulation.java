package dev.halfrate.processor.simulation;

import dev.halfrate.processor.batch.AccountRules;
import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.DoubtPolicy;
import dev.halfrate.processor.batch.LifecycleSettings;
import dev.halfrate.processor.ledger.Mailbox;
import dev.halfrate.processor.ledger.PartitionActor;
import dev.halfrate.processor.ledger.PartitionLog;
import dev.halfrate.processor.ledger.PartitionLostException;
import dev.halfrate.processor.ledger.Publications;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.ManifestChunk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One partition from its first batch to the last, under everything that can go wrong with it. A run is a function of
 * its seed; what it does is checked after every event, and a broken promise is an {@link AssertionError}.
 */
final class Simulation {
    private static final Duration FAULTS_FOR_MAX = Duration.ofHours(8);
    private static final Duration REST_WITHIN = Duration.ofDays(4);
    private static final Duration STABLE_FOR = Duration.ofMinutes(40);
    private static final Duration ZOMBIE_MAX = Duration.ofHours(2);
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(15);
    private static final Duration PAUSE_MAX = Duration.ofHours(4);
    private static final int EVENTS_MAX = 500_000;
    private static final int REQUESTS_MAX = 12;

    final VirtualTime time = new VirtualTime();
    final Dice dice;
    final Faults faults;
    final Invariants invariants = new Invariants();
    final BillingBook book = new BillingBook();
    final VirtualLane lane;
    final VirtualVendor vendor;
    final Mutant mutant;
    private final VirtualLog log;
    private final BatchLifecycle lifecycle;
    private final List<Owner> owners = new ArrayList<>();
    /** Who took over last; not always the youngest. */
    private @Nullable Owner present;

    private int crashes;
    private int zombies;

    /** What a run went through; sums over runs show that the weather is as bad as it is said to be. */
    record Summary(
            long runs,
            long events,
            long requests,
            long batches,
            long linesBilled,
            long billedTwiceUnavoidably,
            long takeOvers,
            long crashes,
            long zombies,
            long commitsFenced,
            long commitsInDoubt,
            long attemptsRevoked,
            long attemptsRefused,
            long holds,
            long splits,
            long twins,
            long adopted,
            long disproved,
            long released,
            long calls,
            long callsUnanswered,
            long hedges,
            long lateLines,
            long withdrawn) {
        static final Summary NONE = new Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        Summary plus(Summary other) {
            return new Summary(
                    runs + other.runs,
                    events + other.events,
                    requests + other.requests,
                    batches + other.batches,
                    linesBilled + other.linesBilled,
                    billedTwiceUnavoidably + other.billedTwiceUnavoidably,
                    takeOvers + other.takeOvers,
                    crashes + other.crashes,
                    zombies + other.zombies,
                    commitsFenced + other.commitsFenced,
                    commitsInDoubt + other.commitsInDoubt,
                    attemptsRevoked + other.attemptsRevoked,
                    attemptsRefused + other.attemptsRefused,
                    holds + other.holds,
                    splits + other.splits,
                    twins + other.twins,
                    adopted + other.adopted,
                    disproved + other.disproved,
                    released + other.released,
                    calls + other.calls,
                    callsUnanswered + other.callsUnanswered,
                    hedges + other.hedges,
                    lateLines + other.lateLines,
                    withdrawn + other.withdrawn);
        }
    }

    private Simulation(long seed, Mutant mutant) {
        this.mutant = mutant;
        this.dice = new Dice(seed);
        this.faults = new Faults(dice);
        this.vendor = new VirtualVendor(time, faults, invariants, book);
        this.lane = new VirtualLane(time, dice, invariants, vendor::poison, this::workCame);
        invariants.onGivenUp(vendor::givenUp);
        invariants.onSuperseded(vendor::superseded);
        invariants.poisonedBy(vendor::poisoned);
        this.log = new VirtualLog(time, faults, invariants, lane, mutant);
        var settings = new LifecycleSettings(
                List.of(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofMinutes(5)),
                Effects.CREATE_TIMEOUT,
                mutant == Mutant.NO_QUIET_TIME ? Duration.ofSeconds(-60) : Duration.ofSeconds(120),
                mutant == Mutant.LISTINGS_NOT_APART || mutant == Mutant.NO_QUIET_TIME
                        ? Duration.ofSeconds(1)
                        : Duration.ofSeconds(60),
                Duration.ofHours(26),
                3,
                3,
                2,
                true,
                Duration.ofMinutes(5),
                Duration.ofMinutes(5));
        var policy = dice.chance(0.1)
                ? DoubtPolicy.HOLD
                : vendor.inline ? DoubtPolicy.RESUBMIT_AFTER_QUIESCE : DoubtPolicy.RESUBMIT_IF_REVOKED;
        var rules = new AccountRules(
                vendor.inline,
                vendor.exact,
                policy,
                dice.between(5, 30),
                !vendor.inline && dice.chance(0.3),
                true,
                dice.chance(0.3) ? 2 : 0);
        this.lifecycle = new BatchLifecycle(settings, _ -> rules);
    }

    /** @throws AssertionError naming the seed, the time and the invariant */
    static Summary run(long seed, Mutant mutant) {
        var simulation = new Simulation(seed, mutant);
        try {
            return simulation.run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "seed %d, after %s: %s".formatted(seed, simulation.time.passed(), e.getMessage()), e);
        }
    }

    private Summary run() {
        for (var wave = 0; wave < dice.between(1, 4); wave++) {
            time.after(
                    dice.between(Duration.ZERO, Duration.ofHours(2)), () -> lane.accept(dice.between(1, REQUESTS_MAX)));
        }
        var faultsFor = dice.between(Duration.ofMinutes(10), FAULTS_FOR_MAX);
        time.after(faultsFor, faults::stop);
        newOwner();
        trouble();
        strangers();
        sweep();
        cancels();
        var deadline = faultsFor.plus(Faults.LATENESS_MAX).plus(REST_WITHIN);
        var events = 0;
        var restingSince = Duration.ZERO;
        while (restingSince.isZero() || time.passed().minus(restingSince).compareTo(STABLE_FOR) < 0) {
            if (!time.next()) {
                break;
            } else if (++events > EVENTS_MAX || time.passed().compareTo(deadline) > 0) {
                invariants.allRest();
                throw Invariants.broken("I12", "the vendor does not rest after %d events".formatted(events));
            }
            var rests = faults.over()
                    && vendor.rests()
                    && invariants.restless().isEmpty()
                    && invariants.twinsAreOver()
                    && invariants.everyRequestRests();
            restingSince = !rests ? Duration.ZERO : restingSince.isZero() ? time.passed() : restingSince;
        }
        invariants.allRest();
        vendor.surplus().forEach(remote -> {
            if (!invariants.accountedFor(remote)) {
                throw Invariants.broken("I2", "the surplus " + remote + " was never cancelled and metered");
            }
        });
        if (present != null && present.alive && present.effects.permitsHeld()) {
            throw Invariants.broken("permits", "held though no create is under way");
        }
        return new Summary(
                1,
                events,
                lane.requests(),
                lane.batches(),
                book.linesBilled(),
                book.unavoidablyTwice(),
                owners.size(),
                crashes,
                zombies,
                log.commitsFenced(),
                log.commitsInDoubt(),
                invariants.attempts(Attempt.Outcome.REVOKED),
                invariants.attempts(Attempt.Outcome.REFUSED),
                invariants.held(),
                invariants.sum(batch -> batch.header().part() ? 1 : 0) / 2,
                invariants.sum(batch -> batch.twins().size()),
                invariants.adopted(),
                invariants.sum(batch -> batch.attempts().stream()
                        .mapToInt(attempt -> attempt.disproved().size())
                        .sum()),
                invariants.attempts(Attempt.Outcome.RELEASED),
                invariants.calls(),
                invariants.sum(batch -> batch.exposure().called()),
                invariants.sum(batch -> batch.exposure().hedged()),
                invariants.sum(batch -> batch.calls().lateLines()),
                invariants.withdrawn());
    }

    private void strangers() {
        if (!vendor.exact && dice.chance(0.3)) {
            time.after(dice.between(Duration.ofMinutes(1), FAULTS_FOR_MAX), vendor::strangerCreates);
        }
    }

    private void cancels() {
        if (dice.chance(0.3)) {
            for (var i = 0; i < dice.between(1, 6); i++) {
                time.after(dice.between(Duration.ofMinutes(1), FAULTS_FOR_MAX), lane::cancel);
            }
        }
    }

    /** A listing is as old as its answer is slow. */
    private void sweep() {
        time.after(SWEEP_EVERY, () -> {
            var listed = vendor.all();
            var owner = owners.getLast();
            owner.after(dice.between(Duration.ofSeconds(1), Duration.ofMinutes(3)), () -> owner.listed(listed));
            sweep();
        });
    }

    /** Kills, stops and duplicates the owner, now and then. */
    private void trouble() {
        time.after(dice.between(Duration.ofMinutes(1), Duration.ofHours(1)), () -> {
            if (faults.over()) {
                return;
            }
            var owner = owners.getLast();
            switch (dice.between(0, 3)) {
                case 0 -> owner.die();
                case 1 -> owner.pause(dice.between(Duration.ofSeconds(10), PAUSE_MAX));
                case 2 -> overtake(owner);
                default -> {
                    owner.pause(dice.between(Duration.ofSeconds(10), PAUSE_MAX));
                    overtake(owner);
                }
            }
            trouble();
        });
    }

    /** The group takes an owner for dead that is not: both go on for a while. */
    private void overtake(Owner owner) {
        zombies++;
        time.after(ZOMBIE_MAX, owner::vanish);
        newOwner();
    }

    private void newOwner() {
        var owner = new Owner();
        owners.add(owner);
        owner.after(dice.between(Duration.ofMillis(200), Duration.ofSeconds(30)), owner::start);
    }

    private void workCame() {
        owners.forEach(owner -> owner.after(dice.between(Duration.ofMillis(1), Duration.ofSeconds(1)), owner::read));
    }

    /** A process that owns the partition, or believes so. */
    final class Owner {
        private final PartitionLog handle = log.owner();
        private final Effects effects;
        private final PartitionActor actor;
        private boolean alive = true;
        private boolean started;
        private Duration pausedUntil = Duration.ZERO;
        private Duration wakesAt = Duration.ofDays(1_000);
        private long position;

        private Owner() {
            var clock = time.clock(dice.between(Duration.ZERO, Duration.ofMinutes(2)));
            this.effects = new Effects(Simulation.this, this, clock);
            this.actor = new PartitionActor(
                    0,
                    1,
                    handle,
                    effects,
                    clock,
                    lifecycle,
                    new Publications(account -> "openai", List.of(Duration.ofMinutes(1))),
                    0.2,
                    dice.seed());
        }

        /** Runs it as a step of this process: not after its death, and not while it is stopped. */
        void after(Duration delay, Runnable what) {
            time.after(delay, () -> {
                if (!alive) {
                    return;
                }
                if (time.passed().compareTo(pausedUntil) < 0) {
                    after(pausedUntil.minus(time.passed()), what);
                    return;
                }
                try {
                    what.run();
                    wakeInTime();
                } catch (PartitionLostException | Effects.Killed _) {
                    die();
                }
            });
        }

        private void start() {
            position = log.workOffset();
            try {
                actor.start(position);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts a simulation", e);
            }
            started = true;
            present = this;
            read();
        }

        boolean last() {
            return owners.getLast() == this;
        }

        private void listed(List<SweepOutcome.Listed> listed) {
            if (started) {
                actor.onListing("main", listed);
            }
        }

        void letter(Mailbox.Letter letter) {
            actor.onLetter(letter);
        }

        private void read() {
            while (started && position < lane.workEnd()) {
                switch (lane.work(position)) {
                    case Command command -> actor.onCommand(position, command);
                    case ManifestChunk chunk -> actor.onWork(position, chunk);
                    case null, default -> actor.onWork(position, null);
                }
                position++;
            }
        }

        private void wakeInTime() {
            var next = actor.nanosToNextTimer();
            if (started && next.isPresent()) {
                var at = time.passed().plusNanos(next.getAsLong());
                if (at.compareTo(wakesAt) < 0 || wakesAt.compareTo(time.passed()) < 0) {
                    wakesAt = at;
                    after(at.minus(time.passed()), () -> {
                        wakesAt = Duration.ofDays(1_000);
                        actor.fireTimers();
                    });
                }
            }
        }

        private void pause(Duration pause) {
            pausedUntil = time.passed().plus(pause);
        }

        private void vanish() {
            alive = false;
            effects.close();
        }

        /** Whoever was the last owner gets a successor. */
        private void die() {
            if (alive) {
                crashes++;
                vanish();
                if (owners.getLast() == this) {
                    newOwner();
                }
            }
        }
    }
}

package dev.halfrate.trial;

import static java.util.Objects.requireNonNull;

import dev.halfrate.trial.Case.Blow;
import dev.halfrate.trial.Moment.Trait;
import dev.halfrate.trial.Moment.Trigger;
import dev.halfrate.trial.Service.Ways;
import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** One case: the first of two processes is struck at its moment, and what is seen afterwards is judged. */
final class CaseRun {
    private static final Duration REACHED_WITHIN = Duration.ofSeconds(120);

    /** After this, what the moment needs is taken to have come to the other process: a lane has only one owner. */
    private static final Duration STEPS_ASIDE_AFTER = Duration.ofSeconds(40);

    private static final Duration TAKEN_OVER_WITHIN = Duration.ofSeconds(60);
    private static final Duration ENDED_WITHIN = Duration.ofSeconds(60);

    /** Longer than a transaction of the dead may stay open. */
    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(150);

    private static final int WAVE = 45;
    private static final int MORE = 15;
    private static final Duration MORE_EVERY = Duration.ofSeconds(4);

    /** Waves of requests after which a create is lost once more. */
    private static final int LOSE_EVERY = 5;

    private static final int MORE_THAN_A_PAGE = 120;
    private static final int SLOW_BYTES_PER_SECOND = 15_000;
    private static final double FAILING = 0.2;

    /** A twin is to be found before it has ended. */
    private static final int SLOWDOWN = 5;

    private static final int TWINS_MAX = 5;

    /** Most batches then take longer than it takes until their requests are hedged. */
    private static final int MUCH_SLOWER = 10;

    /** A lane that knows of no batch reckons with a day, and a request is hedged a day before its deadline. */
    private static final Duration HEDGED_BEFORE = Duration.ofDays(1).plusSeconds(3);

    /** How long a call waits at the vendor: until a new owner looks, while it waits, until it has given up. */
    private static final int[] WAITS_MS = {1_500, 4_500, 9_000};

    /**
     * @param reached after the start, recovered after the moment
     * @param notes what chance chose, and what else was noticed
     */
    record Outcome(
            Case chosen, Duration reached, Duration recovered, Audit.Verdict verdict, int faults, String notes) {}

    private final Case chosen;
    private final SimulatorProcess simulator;
    private final SplittableRandom random;
    private final Subject subject;
    private final Steering steering;
    private int faults = 1;
    private int twins;

    private CaseRun(
            Case chosen, SimulatorProcess simulator, SplittableRandom random, Subject subject, Steering steering) {
        this.chosen = chosen;
        this.simulator = simulator;
        this.random = random;
        this.subject = subject;
        this.steering = steering;
    }

    static Outcome run(Case chosen, Path directory, BrokerCluster cluster, SimulatorProcess simulator, long seed)
            throws IOException, InterruptedException {
        var random = new SplittableRandom(seed ^ chosen.name().hashCode());
        var mark = Long.toString(random.nextLong() >>> 1, Character.MAX_RADIX);
        Files.createDirectories(directory);
        simulator.behave();
        var ways = chosen.moment().has(Trait.HELD) ? new Ways(false, 0, "hold") : Ways.USUAL;
        try (var subject = new Subject(
                chosen.name(),
                mark,
                directory,
                cluster,
                chosen.vendor(),
                simulator,
                Scale.SMALL,
                headers(chosen.moment()),
                List.of(ways, ways))) {
            var steering = new Steering(subject.config(), subject.feeds());
            return new CaseRun(chosen, simulator, random, subject, steering).run();
        }
    }

    private static Map<String, String> headers(Moment moment) {
        if (moment.has(Trait.ALONE)) {
            return Map.of("halfrate-mode", "sync");
        }
        return moment.has(Trait.HEDGED)
                ? Map.of("halfrate-mode", "auto", "halfrate-deadline", HEDGED_BEFORE.toSeconds() + "s")
                : Map.of();
    }

    private Outcome run() throws IOException, InterruptedException {
        var from = System.nanoTime();
        prepare();
        reach();
        var reachedAt = System.nanoTime();
        strike();
        subject.requests().send(MORE);
        if (isSteered()) {
            lookAfterWishes();
        } else {
            subject.awaitQuiet(RECOVERED_WITHIN);
        }
        var recovered = Duration.ofNanos(System.nanoTime() - reachedAt);
        var verdict = subject.judge();
        if (verdict.violations().isEmpty()) {
            judge(verdict);
            subject.groups().deleteTopics();
        }
        return new Outcome(chosen, Duration.ofNanos(reachedAt - from), recovered, verdict, faults, subject.notes());
    }

    private boolean isSteered() {
        var moment = chosen.moment();
        return moment.has(Trait.PAUSED) || moment.has(Trait.CANCELLED) || moment.has(Trait.HELD);
    }

    private void steer() {
        if (chosen.moment().has(Trait.PAUSED)) {
            steering.pause();
        } else if (chosen.moment().has(Trait.CANCELLED)) {
            steering.cancelABatch();
        } else if (chosen.moment().has(Trait.HELD)) {
            steering.resolve();
        }
    }

    /** Each comes true, and to say it again changes nothing. */
    private void lookAfterWishes() throws InterruptedException {
        if (chosen.moment().has(Trait.PAUSED)) {
            Waiting.until("the lanes are paused", RECOVERED_WITHIN, steering::isPaused);
            steering.pause();
            steering.resume();
            subject.awaitQuiet(RECOVERED_WITHIN);
            if (steering.isPaused()) {
                throw new TrialException("the lanes are paused though they were resumed");
            }
        } else {
            steering.repeat();
            subject.awaitQuiet(RECOVERED_WITHIN, chosen.moment().has(Trait.HELD) ? steering::resolve : () -> {});
        }
    }

    /** That the moment was what it is to be. */
    private void judge(Audit.Verdict verdict) {
        var unkept = isSteered() ? steering.violations() : List.<String>of();
        if (!unkept.isEmpty()) {
            throw new TrialException(String.join("; ", unkept));
        }
        if (chosen.moment().has(Trait.PAID) && verdict.exposed() == 0) {
            throw new TrialException("nothing was paid for twice, though what was lost there had been paid for");
        }
        if (chosen.moment().has(Trait.UNSENT)
                && chosen.blow() == Blow.KILL
                && verdict.exposed() == verdict.exposure()) {
            throw new TrialException("all of %d exposed were paid for twice, though some had not been sent"
                    .formatted(verdict.exposure()));
        }
    }

    private void prepare() throws IOException, InterruptedException {
        var moment = chosen.moment();
        if (moment.has(Trait.TAKING_OVER)) {
            subject.first().start();
            subject.requests().send(WAVE);
            Waiting.until(
                    "a batch runs",
                    REACHED_WITHIN,
                    subject.feeds()::hasRemoteBatch,
                    subject.first().jvm());
            subject.first().kill();
            faults++;
        }
        if (moment.has(Trait.MANY_BATCHES)) {
            simulator.makeBatches(MORE_THAN_A_PAGE, chosen.vendor(), subject.key());
        }
        simulator.habits(
                random.nextInt(3) == 0 ? SimulatorProcess.SPEED / 10 : 0,
                random.nextBoolean() ? "REFUSED" : "FAILED",
                moment.has(Trait.FAILING_LINES) ? FAILING : 0,
                moment.has(Trait.HEDGED) || moment.has(Trait.CANCELLED)
                        ? MUCH_SLOWER
                        : moment.has(Trait.TWIN) ? SLOWDOWN : 1);
        if (moment.trigger() instanceof Trigger.Waiting(var call, var answer)) {
            var wait = WAITS_MS[answer ? 0 : random.nextInt(WAITS_MS.length)];
            subject.note("the %s waited %.1f s".formatted(answer ? "answer" : "call", wait / 1_000.0));
            script(requireNonNull(call.apply(chosen.vendor())), answer ? "delay_answer_ms" : "delay_before_ms", wait);
        }
        if (moment.has(Trait.AFTER_LOST_CREATE)) {
            script(chosen.vendor().create, "reset", "BEFORE");
        }
        if (moment.has(Trait.AFTER_LOST_ANSWER)) {
            script(chosen.vendor().create, "reset", "AFTER");
        }
        if (moment.has(Trait.TWIN)) {
            script(chosen.vendor().create, "delay_answer_ms", WAITS_MS[0], TWINS_MAX);
        }
        if (moment.has(Trait.TOO_LARGE)) {
            script(chosen.vendor().create, "status", 413);
        }
        if (moment.has(Trait.SLOW_DOWNLOADS)) {
            script(chosen.vendor().results, "bytes_per_second", SLOW_BYTES_PER_SECOND);
        }
    }

    /** For the first such call of the process that is to be struck. */
    private void script(Vendor.Call call, String behaviour, Object value) throws IOException, InterruptedException {
        script(call, behaviour, value, 1);
    }

    private void script(Vendor.Call call, String behaviour, Object value, int times)
            throws IOException, InterruptedException {
        var fault = new HashMap<String, Object>(Map.of(behaviour, value, "times", times));
        fault.put("method", call.method());
        fault.put("path", call.path());
        fault.put("host", Subject.FIRST_HOST);
        simulator.script(fault);
    }

    /** Starts both, the second one once the first has everything, and sends until the first is where it is wanted. */
    private void reach() throws IOException, InterruptedException {
        var armed = subject.first().start(arming());
        if (chosen.moment().has(Trait.HEDGED)) {
            Waiting.until("the process runs", Waiting.START, () -> armed.said(Service.RUNNING), armed);
        }
        subject.requests().send(WAVE);
        var end = System.nanoTime() + REACHED_WITHIN.toNanos();
        var aside = System.nanoTime() + STEPS_ASIDE_AFTER.toNanos();
        var more = System.nanoTime() + REACHED_WITHIN.toNanos();
        var waves = 0;
        while (!reached(armed)) {
            subject.feeds().poll();
            if (chosen.moment().has(Trait.TWIN)
                    && simulator.hits(1) > twins
                    && simulator.repeatNewestCreate(chosen.vendor(), subject.key())) {
                twins++;
            }
            if (subject.second().lives() == 0 && armed.said(Service.RUNNING)) {
                subject.second().start();
                steer();
                more = System.nanoTime() + MORE_EVERY.toNanos();
            }
            if (System.nanoTime() - more > 0) {
                subject.requests().send(MORE);
                steer();
                more = System.nanoTime() + MORE_EVERY.toNanos();
                waves++;
                if (chosen.moment().has(Trait.AFTER_LOST_CREATE) && waves % LOSE_EVERY == 0) {
                    script(chosen.vendor().create, "reset", "BEFORE"); // the other process got hold of the last one
                }
            }
            if (System.nanoTime() - aside > 0 && subject.second().isAlive()) {
                subject.second().kill();
                subject.note("the other process stepped aside");
                faults++;
            }
            if (!armed.isAlive() && !reached(armed)) {
                throw new TrialException("the process ended with %d before it came to %s: see %s"
                        .formatted(armed.exitCode(), chosen.moment(), armed.output()));
            }
            if (System.nanoTime() - end > 0) {
                throw new TrialException(
                        "no process came to %s within %d s".formatted(chosen.moment(), REACHED_WITHIN.toSeconds()));
            }
        }
        if (!subject.second().isAlive()) {
            subject.second().start();
        }
    }

    private String[] arming() {
        return chosen.moment().trigger() instanceof Trigger.CrashPoint(var times)
                ? new String[] {"-Dhalfrate.crash-point=%s:%d:%s".formatted(chosen.moment(), times, chosen.blow())}
                : new String[0];
    }

    private boolean isInCode() {
        return chosen.moment().trigger() instanceof Trigger.CrashPoint;
    }

    private boolean reached(Jvm armed) throws IOException, InterruptedException {
        return isInCode() ? armed.said("crash point " + chosen.moment() + " reached") : simulator.hits(0) > 0;
    }

    private void strike() throws IOException, InterruptedException {
        var struck = subject.first().jvm();
        faults += simulator.hits();
        if (chosen.blow() == Blow.STOP) {
            if (!isInCode()) {
                struck.stop();
            }
            Waiting.until("the process has stopped", Waiting.START, struck::isStopped);
            simulator.behave();
            awaitTakeOver();
            struck.goOn();
        } else if (chosen.moment().has(Trait.GRACEFUL)) {
            struck.terminate();
            if (!struck.endsWithin(ENDED_WITHIN)) {
                throw new TrialException("SIGTERM did not end the process within %d s: see %s"
                        .formatted(ENDED_WITHIN.toSeconds(), struck.output()));
            }
            simulator.behave();
            subject.first().start();
        } else {
            if (isInCode()) {
                Waiting.until("the process is dead", Waiting.START, () -> !struck.isAlive());
            } else {
                struck.kill();
            }
            simulator.behave();
            var atOnce = random.nextBoolean();
            if (!atOnce) {
                awaitTakeOver();
            }
            subject.first().start();
            subject.note(atOnce ? "restarted at once" : "restarted after the take-over");
        }
    }

    private void awaitTakeOver() throws InterruptedException {
        Waiting.until(
                "the other process has taken over",
                TAKEN_OVER_WITHIN,
                () -> subject.groups().workPartitionsOf(subject.second().instance()) == Service.PARTITIONS,
                subject.second().jvm());
    }
}

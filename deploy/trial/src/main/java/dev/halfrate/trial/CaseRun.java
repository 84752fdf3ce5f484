package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.trial.Case.Blow;
import dev.halfrate.trial.Moment.Trait;
import dev.halfrate.trial.Moment.Trigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One case: two processes share the work, one of them is stopped short at its moment, and what is seen afterwards is
 * held against the promises. Topics, groups and the vendor's account are the case's own.
 */
final class CaseRun {
    /** Once the point is reached, and however the blow falls: until all is answered and settled. */
    static final Duration RECOVERY_MAX = Duration.ofSeconds(150);

    private static final Duration REACHED_WITHIN = Duration.ofSeconds(90);
    private static final Duration TAKEN_OVER_WITHIN = Duration.ofSeconds(60);
    private static final int WAVE = 45;
    private static final int MORE = 15;
    private static final Duration MORE_EVERY = Duration.ofSeconds(4);
    private static final int PAGE = 120;

    /** How long a call waits at the vendor: before a new owner looks, while it waits, and after it has given up. */
    private static final int[] WAITS_MS = {1_500, 4_500, 9_000};

    private static final String VICTIM_HOST = "localhost";
    private static final String TWIN_HOST = "127.0.0.1";

    /**
     * @param reached after the start, recovered after the moment
     * @param how what chance chose, and what else was noticed
     */
    record Outcome(Case chosen, Duration reached, Duration recovered, Audit.Verdict verdict, int faults, String how) {}

    private final Case chosen;
    private final Path directory;
    private final String bootstrapServers;
    private final SimulatorProcess simulator;
    private final SplittableRandom random;
    private final String key;
    private final String prompt;
    private final String idPrefix;
    private final String application;
    private final List<String> how = new ArrayList<>();
    private int faults;

    CaseRun(Case chosen, Path directory, String bootstrapServers, SimulatorProcess simulator, long seed) {
        this.chosen = chosen;
        this.directory = directory;
        this.bootstrapServers = bootstrapServers;
        this.simulator = simulator;
        this.random = new SplittableRandom(seed ^ chosen.name().hashCode());
        var mark = Long.toString(random.nextLong() >>> 1, 36);
        this.key = "sk-canary-" + mark;
        this.prompt = "canary prompt " + mark;
        this.idPrefix = "canary-" + mark;
        this.application = chosen.name().replace('/', '-').toLowerCase(Locale.ROOT) + "-" + mark;
    }

    Outcome run() throws IOException, InterruptedException {
        Files.createDirectories(directory);
        simulator.behave();
        var from = System.nanoTime();
        try (var victim = service("victim", VICTIM_HOST);
                var twin = service("twin", TWIN_HOST)) {
            var config = victim.config();
            TopicSetup.ensure(config);
            try (var feeds = new Feeds(bootstrapServers, config.topics(), secrets());
                    var groups = new Groups(bootstrapServers, config);
                    var requests = new Requests(
                            bootstrapServers, chosen.vendor(), config.topics().requests(), idPrefix, prompt)) {
                prepare(victim, feeds, requests);
                reach(victim, twin, feeds, requests);
                var reachedAt = System.nanoTime();
                strike(victim, twin, groups);
                requests.send(MORE);
                recover(victim, twin, feeds, requests);
                var recovered = Duration.ofNanos(System.nanoTime() - reachedAt);
                victim.kill();
                twin.kill();
                feeds.drain();
                var verdict = Audit.of(evidence(requests, feeds, victim, twin));
                if (verdict.violations().isEmpty()) {
                    groups.deleteTopics();
                }
                return new Outcome(
                        chosen, Duration.ofNanos(reachedAt - from), recovered, verdict, faults, String.join(", ", how));
            }
        }
    }

    private Service service(String name, String host) throws IOException {
        return Service.of(
                directory,
                name,
                application,
                bootstrapServers,
                chosen.vendor(),
                simulator.url(host, chosen.vendor()),
                key);
    }

    private void prepare(Service victim, Feeds feeds, Requests requests) throws IOException, InterruptedException {
        var moment = chosen.moment();
        if (moment.has(Trait.TAKING_OVER)) {
            victim.start();
            requests.send(WAVE);
            Waiting.until("a batch runs", REACHED_WITHIN, feeds::hasRemoteBatch, victim.jvm());
            victim.jvm().kill();
            faults++;
            how.add("killed once before");
        }
        if (moment.has(Trait.MANY_BATCHES)) {
            simulator.makeBatches(PAGE, chosen.vendor(), key);
        }
        simulator.habits(
                random.nextInt(3) == 0 ? SimulatorProcess.SPEED / 10 : 0,
                random.nextBoolean() ? "REFUSED" : "FAILED",
                moment.has(Trait.FAILING_LINES) ? 0.2 : 0);
        if (moment.trigger() instanceof Trigger.Waiting(var call, var answer)) {
            var wait = chosen.blow() == Blow.KILL && answer ? WAITS_MS[0] : WAITS_MS[random.nextInt(WAITS_MS.length)];
            how.add("the %s waited %.1f s".formatted(answer ? "answer" : "call", wait / 1_000.0));
            script(
                    requireNonNull(call.apply(chosen.vendor())),
                    Map.of(answer ? "delay_answer_ms" : "delay_before_ms", wait));
        }
        if (moment.has(Trait.AFTER_LOST_CREATE)) {
            script(chosen.vendor().create, Map.of("reset", "BEFORE"));
        }
        if (moment.has(Trait.AFTER_LOST_ANSWER)) {
            script(chosen.vendor().create, Map.of("reset", "AFTER"));
        }
        if (moment.has(Trait.SLOW_DOWNLOADS)) {
            script(chosen.vendor().results, Map.of("bytes_per_second", 15_000, "times", 1_000));
        }
    }

    /** For calls of the victim. */
    private void script(Vendor.Call call, Map<String, ?> behaviour) throws IOException, InterruptedException {
        var fault = new HashMap<String, Object>(behaviour);
        fault.put("method", call.method());
        fault.put("path", call.path());
        fault.put("host", VICTIM_HOST);
        simulator.script(fault);
    }

    /** Starts both, sends, and sends some more from time to time, until the victim is where it is wanted. */
    private void reach(Service victim, Service twin, Feeds feeds, Requests requests)
            throws IOException, InterruptedException {
        var armed = victim.start(arming());
        requests.send(WAVE);
        var end = System.nanoTime() + REACHED_WITHIN.toNanos();
        var more = System.nanoTime() + MORE_EVERY.toNanos();
        while (!reached(armed)) {
            feeds.poll();
            if (twin.lives() == 0 && armed.said("running")) {
                twin.start();
                more = System.nanoTime() + MORE_EVERY.toNanos();
            }
            if (twin.lives() > 0 && System.nanoTime() - more > 0) {
                requests.send(MORE);
                more = System.nanoTime() + MORE_EVERY.toNanos();
            }
            if (!armed.isAlive() && !reached(armed)) {
                throw new TrialException("the victim ended with %d before it came to %s: see %s"
                        .formatted(armed.exitCode(), chosen.moment(), armed.output()));
            }
            if (System.nanoTime() - end > 0) {
                throw new TrialException("the victim did not come to %s within %d s"
                        .formatted(chosen.moment(), REACHED_WITHIN.toSeconds()));
            }
        }
        if (twin.lives() == 0) {
            twin.start();
        }
    }

    private String[] arming() {
        return chosen.moment().trigger() instanceof Trigger.CrashPoint(var times)
                ? new String[] {"-Dhalfrate.crash-point=%s:%d:%s".formatted(chosen.moment(), times, chosen.blow())}
                : new String[0];
    }

    private boolean reached(Jvm armed) throws IOException, InterruptedException {
        return switch (chosen.moment().trigger()) {
            case Trigger.CrashPoint _ -> armed.said("crash point " + chosen.moment() + " reached");
            case Trigger.Waiting _ -> simulator.hits(0) > 0;
        };
    }

    private void strike(Service victim, Service twin, Groups groups) throws IOException, InterruptedException {
        var inCode = chosen.moment().trigger() instanceof Trigger.CrashPoint;
        var struck = victim.jvm();
        faults += 1 + simulator.hits();
        if (chosen.blow() == Blow.STOP) {
            if (!inCode) {
                struck.stop();
            }
            Waiting.until("the victim has stopped", Waiting.START, struck::isStopped);
            simulator.behave();
            awaitTakeOver(twin, groups);
            struck.goOn();
            how.add("went on when the twin had taken over");
        } else if (chosen.moment().has(Trait.GRACEFUL)) {
            struck.terminate();
            if (!struck.endsWithin(Duration.ofSeconds(60))) {
                throw new TrialException("SIGTERM did not end the victim within 60 s: see " + struck.output());
            }
            simulator.behave();
            victim.start();
        } else {
            if (inCode) {
                struck.endsWithin(Waiting.START);
            } else {
                struck.kill();
            }
            simulator.behave();
            if (random.nextBoolean()) {
                victim.start();
                how.add("started again at once");
            } else {
                awaitTakeOver(twin, groups);
                victim.start();
                how.add("started again when the twin had taken over");
            }
        }
    }

    private static void awaitTakeOver(Service twin, Groups groups) throws InterruptedException {
        Waiting.until(
                "the twin has taken over",
                TAKEN_OVER_WITHIN,
                () -> groups.workPartitionsOf(twin.instance()) == Service.PARTITIONS,
                twin.jvm());
    }

    private void recover(Service victim, Service twin, Feeds feeds, Requests requests) throws InterruptedException {
        var sent = requests.sent();
        try {
            Waiting.until("all is answered and settled", RECOVERY_MAX, () -> {
                restart(victim);
                restart(twin);
                return feeds.cover(sent) && simulator.isIdle(chosen.vendor(), key);
            });
        } catch (TrialException e) {
            throw new TrialException(e.getMessage() + ": " + feeds.missing(sent), e);
        }
    }

    /** As a supervisor would. */
    private void restart(Service service) throws IOException {
        if (!service.isAlive()) {
            how.add("a process gave up (%d)".formatted(service.jvm().exitCode()));
            service.start();
        }
    }

    private Evidence evidence(Requests requests, Feeds feeds, Service... services)
            throws IOException, InterruptedException {
        var ours = new ArrayList<Evidence.Billed>();
        var contents = new HashSet<String>();
        requests.sent().forEach(sent -> contents.add(sent.content()));
        simulator.eachBilledLine(line -> {
            var content = line.path("content").asText();
            if (contents.contains(content)) {
                var id = UpstreamId.parse(line.path("custom_id").asText());
                ours.add(new Evidence.Billed(
                        line.path("batch_id").asText(), id.map(UpstreamId::tag).orElse("none"), content));
            }
        });
        var leaks = new ArrayList<>(feeds.leaks());
        for (var service : services) {
            for (var log : service.logs()) {
                var text = Files.readString(log, UTF_8);
                if (secrets().stream().anyMatch(text::contains)) {
                    leaks.add(log.toString());
                }
            }
        }
        return new Evidence(requests.sent(), feeds.answers(), feeds.deadLetters(), feeds.batches(), ours, leaks);
    }

    private List<String> secrets() {
        return List.of(key, prompt, idPrefix);
    }
}

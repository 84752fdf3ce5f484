package dev.halfrate.trial;

import static java.util.Objects.requireNonNull;

import dev.halfrate.trial.Service.Ways;
import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Processors that come and go while requests come in all the time, with sessions as long as in production, and batches that take
 * longer than any of it. One thread.
 */
final class Fleet implements AutoCloseable {
    /** Of SIGTERM: the wait for a create, and the end of all else. */
    static final Duration ENDS_WITHIN = Service.STOP_WAIT.plusSeconds(10);

    /** What the system's default handler of SIGTERM makes of it. */
    private static final int TERMINATED = 128 + 15;

    private static final Duration READY_WITHIN = Duration.ofMinutes(3);
    private static final Duration QUIET_WITHIN = Duration.ofMinutes(6);
    private static final Duration SEND_EVERY = Duration.ofMillis(500);
    private static final int SENT_AT_ONCE_MAX = 8;

    /** Batches take from 5 s to half a minute, which is an hour to five of the vendor's. */
    private static final int SLOWDOWN = 16;

    private final SimulatorProcess simulator;
    private final PrintWriter out;
    private final SplittableRandom random;
    private final Subject subject;
    private final long from = System.nanoTime();
    private final Map<String, String> adopted = new HashMap<>();
    private final Map<Service, Map<Path, String>> stores = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private Duration longestEnd = Duration.ZERO;
    private Duration longestStill = Duration.ZERO;
    private long nextSend;
    private int resultsSeen;
    private long resultAt;
    private Duration silence = Duration.ZERO;
    private @Nullable Long strikeAt;

    Fleet(
            String name,
            int size,
            Vendor vendor,
            Path directory,
            BrokerCluster cluster,
            SimulatorProcess simulator,
            Scale scale,
            long seed,
            PrintWriter out)
            throws IOException, InterruptedException {
        this.simulator = simulator;
        this.out = out;
        this.random = new SplittableRandom(seed);
        var mark = Long.toString(random.nextLong() >>> 1, Character.MAX_RADIX);
        this.subject = new Subject(name, mark, directory, cluster, vendor, simulator, scale, Map.of(), ways(size));
        simulator.behave();
        simulator.habits(0, "FAILED", 0, SLOWDOWN);
    }

    private static List<Ways> ways(int size) throws IOException {
        var held = new ArrayList<ServerSocket>();
        try {
            for (var i = 0; i < size; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")));
            }
            return held.stream()
                    .map(socket -> new Ways(true, socket.getLocalPort(), "by-vendor"))
                    .toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    Subject subject() {
        return subject;
    }

    List<Service> services() {
        return subject.services();
    }

    /** Sends, reads, and kills whoever is due, until it holds. */
    void until(String what, Duration bound, Callable<Boolean> condition) throws InterruptedException {
        Waiting.until(what, bound, () -> {
            tick();
            return condition.call();
        });
    }

    private void tick() throws IOException, InterruptedException {
        var now = System.nanoTime();
        if (now - nextSend >= 0) {
            subject.requests().send(1 + random.nextInt(SENT_AT_ONCE_MAX));
            nextSend = now + SEND_EVERY.toNanos();
        }
        subject.feeds().poll();
        if (subject.feeds().results() > resultsSeen) {
            var gap = Duration.ofNanos(System.nanoTime() - resultAt);
            silence = gap.compareTo(silence) > 0 ? gap : silence;
            resultsSeen = subject.feeds().results();
            resultAt = System.nanoTime();
        }
        subject.services().stream().filter(Service::gaveUp).findFirst().ifPresent(service -> {
            throw new TrialException("%s ended with %d: see %s"
                    .formatted(service, service.jvm().exitCode(), service.jvm().output()));
        });
        strike();
    }

    /** One of them, by chance, dies at a moment within {@code soon}, whatever goes on then, and is started again at once. */
    void killOne(Duration soon) {
        strikeAt = System.nanoTime() + random.nextLong(soon.toNanos());
    }

    /** @return whether nobody is about to be killed */
    boolean nobodyIsDue() {
        return strikeAt == null;
    }

    private void strike() throws IOException, InterruptedException {
        if (strikeAt == null || System.nanoTime() - strikeAt < 0) {
            return;
        }
        var candidates = subject.services().stream()
                .filter(service -> service.isAlive() && !service.isLeaving())
                .toList();
        if (candidates.isEmpty()) {
            return;
        }
        strikeAt = null;
        var struck = candidates.get(random.nextInt(candidates.size()));
        var others = subject.services().stream()
                .filter(service -> service.isAlive() && service != struck)
                .map(service -> service.build().name())
                .distinct()
                .collect(Collectors.joining(" and "));
        struck.kill();
        stores.remove(struck); // may be read anew
        say("%s (%s) is killed beside %s, and started again"
                .formatted(struck, struck.build().name(), others));
        struck.start();
    }

    /**
     * Ends some, starts some, and waits until all that live do their share and every partition has moved.
     *
     * @param ending told to end; they are started again if they are among {@code starting}
     */
    void change(Collection<Service> ending, Collection<Service> starting) throws IOException, InterruptedException {
        subject.feeds().running().forEach(adopted::putIfAbsent);
        var leaving = instances(ending);
        var moving = subject.feeds().owners().entrySet().stream()
                .filter(owner -> leaving.contains(owner.getValue().instance()))
                .map(Map.Entry::getKey)
                .toList();
        resultAt = System.nanoTime();
        silence = Duration.ZERO;
        var began = System.nanoTime();
        var beganAt = System.currentTimeMillis();
        var text = new StringBuilder();
        if (!ending.isEmpty()) {
            text.append(end(ending));
        }
        for (var service : starting) {
            service.start();
            text.append("%s (%s) started; ".formatted(service, service.build().name()));
        }
        until("all are ready", READY_WITHIN, () -> areReady() && haveMoved(moving, beganAt));
        var ready = Duration.ofNanos(System.nanoTime() - began);
        for (var service : starting) {
            var kept = service.stores();
            stores.getOrDefault(service, Map.of()).forEach((store, identity) -> {
                if (!identity.equals(kept.get(store))) {
                    violations.add(
                            "%s read %s anew though it had ended as it should".formatted(service, store.getParent()));
                }
            });
            stores.remove(service);
        }
        var seen = resultsSeen;
        until("results come", READY_WITHIN, () -> resultsSeen > seen);
        var still = moving.stream()
                .map(partition -> Duration.ofMillis(
                        requireNonNull(subject.feeds().owners().get(partition)).since() - beganAt))
                .max(Duration::compareTo);
        longestStill = Stream.concat(still.stream(), Stream.of(longestStill))
                .max(Duration::compareTo)
                .get();
        var stood = still.map(time ->
                        ", %d partitions stood still for %.1f s at most".formatted(moving.size(), seconds(time)))
                .orElse("");
        say("%sall %d ready after %.1f s%s; no result for %.1f s at most"
                .formatted(text, alive().size(), seconds(ready), stood, seconds(silence)));
    }

    /** SIGTERM to all of them; each has to end in time, as it should, and with its stores written. */
    String end(Collection<Service> ending) throws IOException, InterruptedException {
        var ends = new HashMap<Service, CompletableFuture<Duration>>();
        for (var service : ending) {
            ends.put(service, service.terminate());
            if (service.jvm().isStopped()) {
                service.jvm().goOn(); // the signal waits for that
            }
        }
        until(
                "they have ended",
                ENDS_WITHIN.plusSeconds(60),
                () -> ending.stream().noneMatch(Service::isAlive));
        var text = new StringBuilder();
        for (var service : ending) {
            var took = requireNonNull(ends.get(service)).join();
            var code = service.jvm().exitCode();
            longestEnd = took.compareTo(longestEnd) > 0 ? took : longestEnd;
            text.append("%s ended in %.1f s; ".formatted(service, seconds(took)));
            if (took.compareTo(ENDS_WITHIN) > 0) {
                violations.add("%s took %.1f s to end".formatted(service, seconds(took)));
            }
            if (code != TERMINATED) {
                violations.add("%s ended with %d".formatted(service, code));
            }
            if (!service.jvm().said("stopped")) {
                violations.add("%s did not end by itself".formatted(service));
            }
            stores.put(service, service.stores());
        }
        return text.toString();
    }

    private boolean areReady() throws IOException, InterruptedException {
        for (var service : alive()) {
            if (!service.isReady()) {
                return false;
            }
        }
        return true;
    }

    /** @param moving partitions that need an owner who came after {@code at} */
    private boolean haveMoved(List<Integer> moving, long at) throws IOException {
        var owners = subject.feeds().owners();
        var living = instances(alive());
        return owners.size() == Service.PARTITIONS
                && owners.values().stream().allMatch(owner -> living.contains(owner.instance()))
                && moving.stream()
                        .allMatch(partition ->
                                requireNonNull(owners.get(partition)).since() >= at);
    }

    List<Service> alive() {
        return subject.services().stream().filter(Service::isAlive).toList();
    }

    private static List<String> instances(Collection<Service> services) throws IOException {
        var instances = new ArrayList<String>();
        for (var service : services) {
            instances.add(service.instance());
        }
        return instances;
    }

    void violation(String sentence) {
        violations.add(sentence);
    }

    void say(String text) {
        out.printf("%5.1f s  %s%n", seconds(Duration.ofNanos(System.nanoTime() - from)), text);
        out.flush();
    }

    /**
     * Lets everything end, and judges.
     *
     * @return whether the promises were kept
     */
    boolean judge() throws IOException, InterruptedException {
        simulator.behave();
        subject.awaitQuiet(QUIET_WITHIN);
        var verdict = subject.judge();
        violations.addAll(verdict.violations());
        adopted.forEach((batch, remote) -> {
            var last = subject.feeds().remoteBatch(batch);
            if (!last.equals(remote)) {
                violations.add("%s ran as %s, and then as %s".formatted(batch, remote, last));
            }
        });
        out.printf(
                "%,d requests in %,d batches, %d of them in flight during a change and adopted; %d further attempts; lost %d,"
                        + " answered twice %d, billed twice %d (beside %d that the ledger accounts for); a SIGTERM took"
                        + " %.1f s at most; partitions stood still for %.1f s at most%n",
                verdict.requests(),
                verdict.batches(),
                adopted.size(),
                verdict.doubts(),
                verdict.lost(),
                verdict.answeredTwice(),
                verdict.billedTwice(),
                verdict.exposed(),
                seconds(longestEnd),
                seconds(longestStill));
        if (adopted.isEmpty()) {
            violations.add("no batch was in flight during any change");
        }
        violations.forEach(violation -> out.println("    " + violation));
        out.flush();
        return violations.isEmpty();
    }

    static double seconds(Duration duration) {
        return duration.toMillis() / 1_000.0;
    }

    @Override
    public void close() {
        subject.close();
    }
}

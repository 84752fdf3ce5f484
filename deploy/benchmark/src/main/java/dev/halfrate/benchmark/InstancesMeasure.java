package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What requests cost when several instances share them, beside one instance that has them all. */
final class InstancesMeasure implements Measure {
    private static final int PARTITIONS = 4;
    /** Not a multiple of the partitions' number, or each lane's requests would all be in one of them. */
    private static final List<String> MODELS = List.of("model-0", "model-1", "model-2", "model-3", "model-4");

    private static final int BATCHES = 40;
    private static final int REQUESTS = 200_000;
    private static final int REQUEST_BYTES = 2_000;
    private static final int ANSWER_BYTES = 1_000;
    private static final Duration WITHIN = Duration.ofMinutes(3);

    @Override
    public String name() {
        return "instances";
    }

    @Override
    public String question() {
        return "What do requests cost more when two or four instances share them?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, REQUESTS / 10);
        try (var one = new Fleet(bench, 1, count);
                var two = new Fleet(bench, 2, count);
                var four = new Fleet(bench, 4, count)) {
            var fleets = List.of(one, two, four);
            for (var fleet : fleets) {
                fleet.warmUp();
            }
            for (var round = 0; round < bench.rounds(); round++) {
                for (var fleet : fleets) {
                    fleet.run();
                }
            }
            return List.of(row(two, one), row(four, one));
        }
    }

    private Row row(Fleet fleet, Fleet one) {
        return new Row(
                name(),
                "%d instances: processor time of a million requests".formatted(fleet.size),
                "s",
                fleet.secondsPerMillion(),
                one.secondsPerMillion(),
                "one instance",
                Goal.atMost(1.2, 1.05),
                List.of(fleet.rounds.cost("all"), one.rounds.cost("one")));
    }

    /** Instances of one application, with topics of its own. */
    private static final class Fleet implements AutoCloseable {
        /** The latest first. */
        private final Deque<AutoCloseable> running = new ArrayDeque<>();

        private final Rounds rounds;
        private final List<Jvm> jvms = new ArrayList<>();
        private final Bench bench;
        private final int size;
        private final int count;
        private final Dam dam;
        private final Settled settled;
        private int begun;

        Fleet(Bench bench, int size, int count) throws IOException, InterruptedException {
            this.bench = bench;
            this.size = size;
            this.count = count;
            this.rounds = new Rounds(size * Rounds.WARM_UP);
            try {
                var upstream = running(NullUpstream.start());
                upstream.answerAtLength(ANSWER_BYTES);
                var name = bench.newName("instances");
                var first = running(instance(name, name + "-1", upstream));
                jvms.add(first.jvm());
                for (var number = 2; number <= size; number++) {
                    jvms.add(running(instance(name, name + "-" + number, upstream))
                            .jvm());
                }
                dam = running(new Dam(bench.bootstrapServers(), first.requestsTopic(), PARTITIONS));
                settled = running(new Settled(bench.bootstrapServers(), first));
            } catch (IOException | InterruptedException | RuntimeException e) {
                close();
                throw e;
            }
        }

        private HalfrateProcess instance(String name, String instance, NullUpstream upstream)
                throws IOException, InterruptedException {
            return HalfrateProcess.start(
                    bench, name, instance, PARTITIONS, upstream.url(), """
                    lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                    ledger: {poll-delays: [100ms], poll-jitter: 0}
                    """.formatted(count / BATCHES));
        }

        private <T extends AutoCloseable> T running(T part) {
            running.push(part);
            return part;
        }

        /** Each instance compiles for itself what it runs, and has its share of the requests to do it in. */
        void warmUp() throws IOException, InterruptedException {
            for (var round = 0; round < size * Rounds.WARM_UP; round++) {
                run();
            }
        }

        void run() throws IOException, InterruptedException {
            dam.fill(count, new Prompts().requests("r" + ++begun, REQUEST_BYTES, MODELS));
            var end = (long) begun * count;
            rounds.add(bench, "%d at work".formatted(size), count, jvms, () -> {
                var from = dam.open();
                Waiting.until(
                        "all requests are answered", WITHIN, () -> settled.requests() >= end, jvms.toArray(Jvm[]::new));
                return Duration.ofNanos(System.nanoTime() - from);
            });
        }

        Series secondsPerMillion() {
            return rounds.processorSeconds().times(1e6 / count);
        }

        @Override
        public void close() throws IOException {
            while (!running.isEmpty()) {
                try {
                    running.pop().close();
                } catch (Exception e) {
                    throw new IOException("an instance could not be stopped", e);
                }
            }
        }
    }
}

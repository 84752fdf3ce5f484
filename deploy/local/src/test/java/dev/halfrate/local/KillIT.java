package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever moment the processor dies at: each request has one answer, and nothing was bought twice. A seed
 * ({@code -Dhalfrate.kill.seed}) repeats the moments, though not what the machine makes of them.
 */
class KillIT {
    private static final int KILLS = Integer.getInteger("halfrate.kill.times", 10);
    private static final int REQUESTS = Integer.getInteger("halfrate.kill.requests", 1_319);
    private static final int SLICE = REQUESTS / (KILLS + 1);
    private static final long SEED = Long.getLong("halfrate.kill.seed", 1);
    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final Duration LIFE_MAX = Duration.ofSeconds(12);
    private static final Duration STALL_MAX = Duration.ofSeconds(180);

    @TempDir
    Path directory;

    @Test
    void killedAtAnyMomentEachRequestIsAnsweredOnceAndBilledOnce() throws Exception {
        try (var local = JavaProcess.start(
                directory.resolve("local.out"),
                LocalMain.class.getName(),
                "local",
                "--no-processor",
                "--port=0",
                "--simulator-port=0",
                "--registry-port=0",
                "--speed=60",
                "--data-dir=" + directory)) {
            // Given
            local.awaitOutput("Ctrl-C stops it.", START_WITHIN);
            var file = directory.resolve("halfrate.yaml");
            var config = ConfigFile.load(file);

            // When
            Demo.Outcome outcome;
            try (var killer = Killer.start(directory, file)) {
                var demo = new Demo(
                        config,
                        killer.failure,
                        killer.pacing(RequestLines.generated(REQUESTS, SEED)),
                        null,
                        STALL_MAX,
                        Screen.plain(new PrintWriter(System.out, true, UTF_8)));
                outcome = demo.run(() -> false);
                assertThat(killer.failure).isNotDone();
                assertThat(killer.kills.get())
                        .as("killed before everything was answered")
                        .isPositive();
            }

            // Then
            assertThat(outcome.isClean()).as("seed %d: %s", SEED, outcome).isTrue();
            var billed = new SimulatorApi(config.account("simulator").baseUrl()).timesBilled();
            assertThat(billed).as("seed %d", SEED).hasSize(REQUESTS);
            assertThat(billed.values()).as("seed %d", SEED).containsOnly(1);
        }
    }

    /** Runs the processor in a process of its own, and kills it at random moments. */
    private static final class Killer implements AutoCloseable {
        private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private final SplittableRandom random = new SplittableRandom(SEED);
        private final AtomicBoolean over = new AtomicBoolean();
        private final Semaphore due = new Semaphore(REQUESTS - KILLS * SLICE);
        private final Path directory;
        private final Path config;
        private final Thread thread = new Thread(this::run, "killer");
        private final AtomicInteger kills = new AtomicInteger();

        private Killer(Path directory, Path config) {
            this.directory = directory;
            this.config = config;
        }

        static Killer start(Path directory, Path config) {
            var killer = new Killer(directory, config);
            killer.thread.start();
            return killer;
        }

        /** Each kill lets some more lines go, so that every stage has work when the next one comes, and none is spared. */
        RequestLines pacing(RequestLines lines) {
            return new RequestLines() {
                @Override
                public long count() {
                    return lines.count();
                }

                @Override
                public Reader open() {
                    return new PacedReader(lines.open(), due);
                }
            };
        }

        @Override
        public void close() {
            over.set(true);
            try {
                thread.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        private void run() {
            try {
                while (!over.get()) {
                    live();
                }
            } catch (Exception | AssertionError e) {
                failure.complete(e);
            }
        }

        private void live() throws Exception {
            try (var processor = JavaProcess.start(
                    directory.resolve("run.out"), LocalMain.class.getName(), "run", "--config=" + config)) {
                if (kills.get() < KILLS) {
                    requireAlive(processor, Duration.ofMillis(random.nextLong(LIFE_MAX.toMillis())));
                    processor.kill();
                    kills.incrementAndGet();
                    due.release(SLICE);
                } else {
                    while (!over.get()) {
                        requireAlive(processor, Duration.ofMillis(200));
                    }
                    processor.stop();
                }
            }
        }

        private static void requireAlive(JavaProcess processor, Duration time) throws Exception {
            if (processor.endsWithin(time)) {
                throw new AssertionError("run ended by itself with %d at %s:%n%s"
                        .formatted(processor.exitCode(), Instant.now(), processor.output()));
            }
        }
    }

    private record PacedReader(RequestLines.Reader lines, Semaphore due) implements RequestLines.Reader {
        @Override
        public byte @Nullable [] next() {
            var line = lines.next();
            try {
                if (line != null) {
                    due.acquire();
                }
                return line;
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return null;
            }
        }

        @Override
        public void close() {
            lines.close();
        }
    }
}

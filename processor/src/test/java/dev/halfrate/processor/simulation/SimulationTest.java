package dev.halfrate.processor.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The promises over thousands of runs. {@code -Dsimulation.first=S -Dsimulation.seeds=N} chooses the seeds; a failure
 * names the one that broke a promise, which then breaks it each time.
 */
class SimulationTest {
    private static final long FIRST = Long.getLong("simulation.first", 1);
    private static final long SEEDS = Long.getLong("simulation.seeds", 20_000);

    @Test
    void nothingIsLostAnsweredTwiceOrPaidTwice() {
        var begun = System.nanoTime();

        var sum = runs();

        System.out.printf("%s, %d ms%n", sum, (System.nanoTime() - begun) / 1_000_000);
        if (SEEDS >= 1_000) {
            assertThat(List.of(
                            sum.crashes(),
                            sum.zombies(),
                            sum.commitsFenced(),
                            sum.commitsInDoubt(),
                            sum.attemptsRevoked(),
                            sum.attemptsRefused(),
                            sum.billedTwiceUnavoidably(),
                            sum.holds(),
                            sum.splits(),
                            sum.twins(),
                            sum.adopted(),
                            sum.disproved(),
                            sum.released(),
                            sum.calls(),
                            sum.callsUnanswered(),
                            sum.hedges(),
                            sum.lateLines(),
                            sum.withdrawn()))
                    .as("the weather was as bad as it is said to be: %s", sum)
                    .doesNotContain(0L);
        }
    }

    private static Simulation.Summary runs() {
        try {
            return LongStream.range(FIRST, FIRST + SEEDS)
                    .parallel()
                    .mapToObj(SimulationTest::run)
                    .reduce(Simulation.Summary.NONE, Simulation.Summary::plus);
        } catch (AssertionError e) {
            // Another thread's failure may come wrapped in a copy of itself that has no message.
            throw e.getCause() instanceof AssertionError cause && e.getMessage() == null ? cause : e;
        }
    }

    private static Simulation.Summary run(long seed) {
        try {
            return Simulation.run(seed, Mutant.NONE);
        } catch (AssertionError e) {
            throw new AssertionError(
                    "%s%nRepeat it at commit %s with -Dsimulation.first=%d -Dsimulation.seeds=1"
                            .formatted(e.getMessage(), commit(), seed),
                    e);
        }
    }

    private static String commit() {
        try {
            var git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
            var printed = new String(git.getInputStream().readAllBytes(), UTF_8).strip();
            return printed.isEmpty() ? "unknown" : printed;
        } catch (IOException _) {
            return "unknown";
        }
    }

    @Test
    void aSeedRepeatsItsRun() {
        assertThat(Simulation.run(42, Mutant.NONE)).isEqualTo(Simulation.run(42, Mutant.NONE));
    }
}

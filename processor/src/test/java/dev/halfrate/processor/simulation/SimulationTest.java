package dev.halfrate.processor.simulation;

import static org.assertj.core.api.Assertions.assertThat;

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

        var sum = LongStream.range(FIRST, FIRST + SEEDS)
                .mapToObj(seed -> Simulation.run(seed, Mutant.NONE))
                .reduce(Simulation.Summary.NONE, Simulation.Summary::plus);

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
                            sum.holds()))
                    .as("the weather was as bad as it is said to be: %s", sum)
                    .doesNotContain(0L);
        }
    }

    @Test
    void aSeedRepeatsItsRun() {
        assertThat(Simulation.run(42, Mutant.NONE)).isEqualTo(Simulation.run(42, Mutant.NONE));
    }
}

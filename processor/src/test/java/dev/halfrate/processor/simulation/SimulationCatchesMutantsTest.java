package dev.halfrate.processor.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The proof of the proof: whatever breaks a promise is noticed. */
class SimulationCatchesMutantsTest {
    private static final long SEEDS_MAX = 2_000;

    @ParameterizedTest
    @EnumSource(value = Mutant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aBrokenPromiseIsNoticed(Mutant mutant) {
        var noticed = "";
        for (var seed = 1L; seed <= SEEDS_MAX && noticed.isEmpty(); seed++) {
            try {
                Simulation.run(seed, mutant);
            } catch (AssertionError e) {
                noticed = String.valueOf(e.getMessage());
            }
        }
        assertThat(noticed).as("%s in %d seeds", mutant, SEEDS_MAX).isNotEmpty();
    }
}

package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SimulatorConfigTest {

    private static final SimulatorConfig DEFAULTS = SimulatorConfig.defaults();
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaultsListenOnLoopbackOnly() {
        assertThat(DEFAULTS.host()).isEqualTo("127.0.0.1");
        assertThat(DEFAULTS.port()).isZero();
        assertThat(DEFAULTS.lineErrorRates()).isEqualTo(LineErrorRates.NONE);
        assertThat(DEFAULTS.validationReport()).isEqualTo(ValidationReport.EVERY_LINE);
    }

    @Test
    void everySettingCanBeMade() {
        BatchTimes times = new BatchTimes(SECOND, SECOND, SECOND, SECOND, SECOND);
        LineErrorRates rates = new LineErrorRates(0.1, 0.2, 0.3);

        SimulatorConfig config = DEFAULTS.withPort(1)
                .withSeed(2)
                .withSpeed(3)
                .withApiKeys(ApiKeys.of("k"))
                .withDataDirectory(Path.of("d"))
                .withBatchTimes(times)
                .withLineErrorRates(rates)
                .withValidationReport(ValidationReport.FIRST_LINE);

        assertThat(config)
                .isEqualTo(new SimulatorConfig(
                        "127.0.0.1",
                        1,
                        2,
                        3,
                        ApiKeys.of("k"),
                        Path.of("d"),
                        times,
                        rates,
                        ValidationReport.FIRST_LINE));
    }

    @Test
    void keysAreNeverPrinted() {
        assertThat(DEFAULTS.withApiKeys(ApiKeys.of("sk-secret")).toString()).doesNotContain("secret");
    }

    static Stream<Arguments> rejected() {
        return Stream.of(
                rejected("simulator.port must be 0..65535, got 65536", () -> DEFAULTS.withPort(65_536)),
                rejected("simulator.port must be 0..65535, got -1", () -> DEFAULTS.withPort(-1)),
                rejected("simulator.speed must be > 0, got 0.0", () -> DEFAULTS.withSpeed(0)),
                rejected("simulator.speed must be > 0, got NaN", () -> DEFAULTS.withSpeed(Double.NaN)),
                rejected("simulator.speed must be <= 1000000.0, got 2000000.0", () -> DEFAULTS.withSpeed(2_000_000)),
                rejected("simulator.api-keys must not be blank", () -> ApiKeys.of(" ")),
                rejected(
                        "simulator.batch-times.validation must be 0s..24h, got PT24H",
                        () -> new BatchTimes(Duration.ofHours(24), SECOND, SECOND, SECOND, SECOND)),
                rejected(
                        "simulator.batch-times.execution-max must be >= execution-min, got PT1S",
                        () -> new BatchTimes(SECOND, Duration.ofSeconds(2), SECOND, SECOND, SECOND)),
                rejected(
                        "simulator.batch-times.cancelling must be 0s..10m, got PT11M",
                        () -> new BatchTimes(SECOND, SECOND, SECOND, SECOND, Duration.ofMinutes(11))),
                rejected(
                        "simulator.line-error-rates.failed must be 0..1, got 1.5",
                        () -> new LineErrorRates(0, 1.5, 0)));
    }

    private static Arguments rejected(String message, ThrowingCallable config) {
        return Arguments.of(message, config);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rejected")
    void whatCannotBeIsNamed(String message, ThrowingCallable config) {
        assertThatThrownBy(config).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}

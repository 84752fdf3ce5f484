package dev.halfrate.simulator;

import java.nio.file.Path;
import java.util.Objects;

/**
 * How one simulator behaves.
 *
 * @param port 0 for any free one
 * @param seed equal seeds and equal clocks give equal ids, orders, durations and answers
 * @param speed virtual seconds per real second
 * @param dataDirectory where the simulator makes a directory of its own for files; that one is deleted on close
 */
public record SimulatorConfig(
        String host,
        int port,
        long seed,
        double speed,
        ApiKeys apiKeys,
        Path dataDirectory,
        BatchTimes batchTimes,
        LineErrorRates lineErrorRates,
        ValidationReport validationReport) {

    private static final int PORT_MAX = 65_535;
    private static final double SPEED_MAX = 1_000_000;

    public SimulatorConfig {
        Objects.requireNonNull(host);
        Objects.requireNonNull(apiKeys);
        Objects.requireNonNull(dataDirectory);
        Objects.requireNonNull(batchTimes);
        Objects.requireNonNull(lineErrorRates);
        Objects.requireNonNull(validationReport);
        if (host.isBlank()) {
            throw new IllegalArgumentException("simulator.host must be a host name or an address, got '" + host + "'");
        }
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("simulator.port must be 0.." + PORT_MAX + ", got " + port);
        }
        if (!(speed > 0)) {
            throw new IllegalArgumentException("simulator.speed must be > 0, got " + speed);
        }
        if (speed > SPEED_MAX) {
            throw new IllegalArgumentException("simulator.speed must be <= " + SPEED_MAX + ", got " + speed);
        }
    }

    /** Loopback, any free port, one virtual minute per real second, any key, no errors. */
    public static SimulatorConfig defaults() {
        return new SimulatorConfig(
                "127.0.0.1",
                0,
                1,
                60,
                ApiKeys.any(),
                Path.of(System.getProperty("java.io.tmpdir")),
                BatchTimes.defaults(),
                LineErrorRates.NONE,
                ValidationReport.EVERY_LINE);
    }

    public SimulatorConfig withHost(String host) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withPort(int port) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withSeed(long seed) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withSpeed(double speed) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withApiKeys(ApiKeys apiKeys) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withDataDirectory(Path dataDirectory) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withBatchTimes(BatchTimes batchTimes) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withLineErrorRates(LineErrorRates lineErrorRates) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }

    public SimulatorConfig withValidationReport(ValidationReport validationReport) {
        return new SimulatorConfig(
                host, port, seed, speed, apiKeys, dataDirectory, batchTimes, lineErrorRates, validationReport);
    }
}

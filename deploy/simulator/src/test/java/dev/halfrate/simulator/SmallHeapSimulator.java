package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A process of its own: prints the base URL, runs batches at once, and ends when its input does. */
final class SmallHeapSimulator {

    private SmallHeapSimulator() {}

    public static void main(String[] args) throws IOException {
        Duration none = Duration.ZERO;
        SimulatorConfig config = SimulatorConfig.defaults()
                .withDataDirectory(Path.of(args[0]))
                .withBatchTimes(new BatchTimes(none, none, none, none, none));
        try (Simulator simulator = Simulator.start(config)) {
            System.out.println(simulator.baseUrl());
            System.in.readAllBytes();
        }
    }
}

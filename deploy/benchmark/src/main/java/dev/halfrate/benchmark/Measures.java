package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Goal;
import java.util.List;

/** All of them, in the order of the table. */
final class Measures {
    static final List<Measure> ALL = List.of(
            new SealMeasure("seal", 1, Goal.atLeast(0.35, 0.45)),
            new SealMeasure("seal-ten-lanes", 10, Goal.atLeast(0.25, 0.50)),
            new ResultsMeasure(2_000),
            new ResultsMeasure(4_000),
            new RoadMeasure(),
            new MemoryMeasure(),
            new StateMeasure(),
            new BacklogMeasure(),
            new RestartMeasure(),
            new LatencyMeasure(),
            new PollingMeasure(),
            new InstancesMeasure(),
            new DemoMeasure(),
            new AggregateMeasure());

    private Measures() {}
}

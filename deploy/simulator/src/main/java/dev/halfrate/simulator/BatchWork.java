package dev.halfrate.simulator;

import java.time.Duration;
import java.util.SplittableRandom;

/** What batches work with. */
record BatchWork(
        SimulatorConfig config,
        Seed seed,
        ModelEndpoints models,
        MessageModel messages,
        FileStore files,
        BillingBook book,
        EnqueuedTokens enqueued,
        Webhooks webhooks,
        LineFaults lineFaults,
        Present<Habits> habits) {

    /** How long a batch is in progress. */
    Duration executionTime(long draw) {
        BatchTimes times = config.batchTimes();
        SplittableRandom random = seed.random("execution time", draw);
        long spread = times.executionMax().minus(times.executionMin()).toMillis();
        return times.executionMin()
                .plusMillis(random.nextLong(spread + 1))
                .multipliedBy(habits.get().slowdown());
    }
}

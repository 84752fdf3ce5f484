package dev.halfrate.simulator;

/** What batches work with. */
record BatchWork(
        SimulatorConfig config,
        Seed seed,
        ModelEndpoints models,
        FileStore files,
        BillingBook book,
        Habits.Present habits) {}

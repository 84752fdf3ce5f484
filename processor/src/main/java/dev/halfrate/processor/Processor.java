package dev.halfrate.processor;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicSetup;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.CompletableFuture;

/** Intake, lanes and ledger worker in this process. */
public final class Processor implements AutoCloseable {
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();

    private Processor() {}

    public static Processor start(HalfrateConfig config, MeterRegistry meters) throws InterruptedException {
        TopicSetup.ensure(config);
        return new Processor();
    }

    /** Completes with the reason if the processor has to give up. */
    public CompletableFuture<Throwable> failure() {
        return failure;
    }

    @Override
    public void close() {}
}

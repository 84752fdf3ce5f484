package dev.halfrate.processor.call;

import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Provider.Call;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a vendor, each on a virtual thread; how many at once is the run's to decide. */
public final class HttpCaller implements Caller, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpCaller.class);

    private final Provider provider;
    private final Duration timeout;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BlockingQueue<Completed> completed = new LinkedBlockingQueue<>();

    /**
     * @param provider the caller's to close
     * @param timeout of one call
     */
    public HttpCaller(Provider provider, Duration timeout) {
        this.provider = provider;
        this.timeout = timeout;
    }

    @Override
    public void begin(Pending pending) {
        var begun = nanos();
        threads.execute(() -> completed.add(new Completed(pending, call(pending.request()), begun)));
    }

    private CallOutcome call(CallRequest request) {
        try {
            return provider.call(new Call(request.endpoint(), "", List.of(), request.body(), timeout));
        } catch (RuntimeException | Error e) { // whoever waits for it must hear of it
            LOG.error("a call ended unexpectedly with {}", e.getClass().getName());
            return new CallOutcome.NoAnswer("unexpected " + e.getClass().getSimpleName());
        }
    }

    @Override
    public @Nullable Completed next(Duration atMost) throws InterruptedException {
        return completed.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public double random() {
        return ThreadLocalRandom.current().nextDouble();
    }

    /** Cuts what is under way. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}

package dev.halfrate.processor.cli;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes a resource when the JVM is told to stop (Ctrl-C, SIGTERM), which then waits for it. */
public final class StopSignal implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StopSignal.class);

    private final AutoCloseable resource;
    private final Thread hook;
    private volatile boolean received;

    private StopSignal(AutoCloseable resource) {
        this.resource = resource;
        this.hook = Thread.ofPlatform().name("stop").unstarted(this::stop);
    }

    public static StopSignal closing(AutoCloseable resource) {
        var signal = new StopSignal(resource);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** @return whether the JVM is on its way down, so that what stops working now is no failure */
    public boolean received() {
        return received;
    }

    /** Forgets the resource; its owner closes it then. */
    @Override
    public void close() {
        if (received) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            log.debug("the signal came first");
        }
    }

    private void stop() {
        received = true;
        log.info("stopping");
        try {
            resource.close();
            log.info("stopped");
        } catch (Exception e) {
            log.error("did not stop cleanly", e);
        }
    }
}

package dev.halfrate.trial;

import dev.halfrate.local.EmbeddedBroker;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A broker in a process of its own: port and directory. Started there again, it carries on. */
final class TrialBroker {
    static final String READY = "the broker is ready";

    private TrialBroker() {}

    public static void main(String[] args) throws InterruptedException {
        try (var _ = EmbeddedBroker.start(Integer.parseInt(args[0]), Path.of(args[1]))) {
            System.out.println(READY);
            new CountDownLatch(1).await();
        }
    }
}

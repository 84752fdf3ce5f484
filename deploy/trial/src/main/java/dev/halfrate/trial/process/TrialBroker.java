package dev.halfrate.trial.process;

import dev.halfrate.local.ClusterNode;
import dev.halfrate.local.EmbeddedBroker;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/** A broker in a process of its own: id, port, all controllers' ports, directory. Started there again, it carries on. */
public final class TrialBroker {
    public static final String READY = "the broker is ready";

    private TrialBroker() {}

    public static void main(String[] args) throws InterruptedException {
        var controllerPorts =
                Arrays.stream(args[2].split(",", -1)).map(Integer::valueOf).toList();
        var node = new ClusterNode(Integer.parseInt(args[0]), Integer.parseInt(args[1]), controllerPorts);
        try (var _ = EmbeddedBroker.start(node, Path.of(args[3]))) {
            System.out.println(READY);
            new CountDownLatch(1).await();
        }
    }
}

package dev.halfrate.trial.process;

import dev.halfrate.local.ClusterNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A broker in a process of its own, which can be killed and started again. */
public final class BrokerProcess implements AutoCloseable {
    private static final String HEAP = "-Xmx320m";
    private static final String HEAP_IN_PRODUCTION = "-Xmx1g";

    private final ClusterNode node;
    private final Path directory;
    private final boolean inProduction;
    private Jvm jvm;
    private int lives;

    private BrokerProcess(ClusterNode node, Path directory, boolean inProduction) throws IOException {
        this.node = node;
        this.inProduction = inProduction;
        this.directory = Files.createDirectories(directory);
        this.jvm = run();
    }

    /**
     * Returns at once: it is not ready before most of its cluster is.
     *
     * @param inProduction with the JVM of one that is there to be fast in the long run
     */
    public static BrokerProcess start(ClusterNode node, Path directory, boolean inProduction) throws IOException {
        return new BrokerProcess(node, directory, inProduction);
    }

    public String address() {
        return "127.0.0.1:" + node.port();
    }

    public void kill() throws InterruptedException {
        jvm.kill();
    }

    /** Returns at once. */
    public void startAgain() throws IOException {
        jvm = run();
    }

    /** @return whether its present life takes part in the cluster */
    public boolean isReady() throws IOException {
        return jvm.said(TrialBroker.READY);
    }

    public Jvm jvm() {
        return jvm;
    }

    private Jvm run() throws IOException {
        var log = directory.resolve("broker-" + ++lives + ".log");
        var program = TrialBroker.class.getName();
        var arguments = new String[] {
            Integer.toString(node.id()),
            Integer.toString(node.port()),
            node.controllerPorts().stream().map(String::valueOf).collect(Collectors.joining(",")),
            directory.resolve("data").toString()
        };
        return inProduction
                ? Jvm.startAsInProduction(Jvm.classPath(), log, List.of(HEAP_IN_PRODUCTION), program, arguments)
                : Jvm.start(log, List.of(HEAP), program, arguments);
    }

    @Override
    public void close() {
        jvm.close();
    }
}

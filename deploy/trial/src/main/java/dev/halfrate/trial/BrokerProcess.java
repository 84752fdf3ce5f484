package dev.halfrate.trial;

import dev.halfrate.local.ClusterNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A broker in a process of its own, which can be killed and started again. */
final class BrokerProcess implements AutoCloseable {
    private static final String HEAP = "-Xmx320m";

    private final ClusterNode node;
    private final Path directory;
    private Jvm jvm;
    private int lives;

    private BrokerProcess(ClusterNode node, Path directory) throws IOException {
        this.node = node;
        this.directory = Files.createDirectories(directory);
        this.jvm = run();
    }

    /** Returns at once: it is not ready before most of its cluster is. */
    static BrokerProcess start(ClusterNode node, Path directory) throws IOException {
        return new BrokerProcess(node, directory);
    }

    String address() {
        return "127.0.0.1:" + node.port();
    }

    void kill() throws InterruptedException {
        jvm.kill();
    }

    /** Returns at once. */
    void startAgain() throws IOException {
        jvm = run();
    }

    /** @return whether its present life takes part in the cluster */
    boolean isReady() throws IOException {
        return jvm.said(TrialBroker.READY);
    }

    Jvm jvm() {
        return jvm;
    }

    private Jvm run() throws IOException {
        return Jvm.start(
                directory.resolve("broker-" + ++lives + ".log"),
                List.of(HEAP),
                TrialBroker.class.getName(),
                Integer.toString(node.id()),
                Integer.toString(node.port()),
                node.controllerPorts().stream().map(String::valueOf).collect(Collectors.joining(",")),
                directory.resolve("data").toString());
    }

    @Override
    public void close() {
        jvm.close();
    }
}

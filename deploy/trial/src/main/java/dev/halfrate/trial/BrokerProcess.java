package dev.halfrate.trial;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A broker in a process of its own, which can be killed and started again. */
final class BrokerProcess implements AutoCloseable {
    private final Path directory;
    private final int port;
    private Jvm jvm;
    private int lives;

    private BrokerProcess(Path directory, int port) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.port = port;
        this.jvm = run();
    }

    static BrokerProcess start(Path directory) throws IOException, InterruptedException {
        var broker = new BrokerProcess(directory, freePort());
        broker.awaitReady();
        return broker;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    void kill() throws InterruptedException {
        jvm.kill();
    }

    void startAgain() throws IOException, InterruptedException {
        jvm = run();
        awaitReady();
    }

    private Jvm run() throws IOException {
        return Jvm.start(
                directory.resolve("broker-" + ++lives + ".log"),
                List.of(),
                TrialBroker.class.getName(),
                Integer.toString(port),
                directory.resolve("data").toString());
    }

    private void awaitReady() throws InterruptedException {
        Waiting.until("the broker is ready", Waiting.START, () -> jvm.said(TrialBroker.READY), jvm);
    }

    @Override
    public void close() {
        jvm.close();
    }
}

package dev.halfrate.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.common.Uuid;

/** A broker in a process of its own, which can be killed and started again on the same port and directory. */
final class BrokerProcess implements AutoCloseable {
    private static final Duration START_WITHIN = Duration.ofSeconds(60);

    private final Path directory;
    private final Path settings;
    private final String bootstrapServers;
    private JavaProcess process;

    private BrokerProcess(Path directory, Path settings, String bootstrapServers) throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.bootstrapServers = bootstrapServers;
        this.process = run(1);
    }

    static BrokerProcess start(Path directory) throws Exception {
        var port = EmbeddedBroker.freePort();
        var settings = directory.resolve("server.properties");
        try (var writer = Files.newBufferedWriter(settings)) {
            EmbeddedBroker.properties(ClusterNode.alone(port, EmbeddedBroker.freePort()), directory.resolve("data"))
                    .store(writer, null);
        }
        var clusterId = Uuid.randomUuid().toString();
        try (var format = JavaProcess.start(
                directory.resolve("format.log"),
                "kafka.tools.StorageTool",
                "format",
                "-t",
                clusterId,
                "-c",
                settings.toString())) {
            if (!format.endsWithin(START_WITHIN) || format.exitCode() != 0) {
                throw new AssertionError("could not format: " + format.output());
            }
        }
        return new BrokerProcess(directory, settings, "127.0.0.1:" + port);
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    void killAndStartAgain() throws Exception {
        process.kill();
        process = run(2);
    }

    @Override
    public void close() throws IOException {
        process.close();
    }

    private JavaProcess run(int times) throws IOException {
        return JavaProcess.start(directory.resolve("broker-" + times + ".log"), "kafka.Kafka", settings.toString());
    }
}

package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.Main;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of the processors that share the work, over all of its lives. What it needs waits only for moments. */
final class Service implements AutoCloseable {
    static final int PARTITIONS = 4;

    private final Path directory;
    private final Path file;
    private @Nullable Jvm jvm;
    private int lives;

    private Service(Path directory, Path file) {
        this.directory = directory;
        this.file = file;
    }

    /**
     * Writes its configuration.
     *
     * @param name tells it from the others that share the work
     */
    static Service of(
            Path directory,
            String name,
            String application,
            BrokerCluster cluster,
            Vendor vendor,
            URI url,
            String key,
            Scale scale)
            throws IOException {
        var own = Files.createDirectories(directory.resolve(name));
        var keyFile = Files.writeString(own.resolve("key"), key);
        var file = own.resolve("halfrate.yaml");
        Files.writeString(file, """
                application: %1$s
                state-dir: %2$s/state
                kafka:
                  bootstrap.servers: %3$s
                  session.timeout.ms: "3000"
                  heartbeat.interval.ms: "500"
                topics:
                  requests: %1$s.requests
                  results: %1$s.results
                  batches: %1$s.batches
                  dead-letters: %1$s.dlq
                  result-parts: %1$s.parts
                  diagnostics: %1$s.diagnostics
                  partitions: %4$d
                  replication-factor: %9$d
                accounts:
                  - name: vendor
                    provider: %5$s
                    base-url: %6$s
                    key: {file: %7$s}
                    %13$s
                lanes:
                  requests-max: %10$d
                  bytes-max: %11$d
                  age-max: %12$dms
                ledger:
                  poll-delays: [100ms, 200ms]
                  create-timeout: %8$dms
                  quiesce-margin: 500ms
                  listings-apart: 200ms
                  sweep-every: 1s
                  retry-delay-max: 1s
                  item-retry-delays: [500ms]
                  probe-interval: 500ms
                  stop-wait: 5s
                  hedge-margin: 1d
                admin: {port: 0}
                """.formatted(
                        application,
                        own,
                        cluster.bootstrapServers(),
                        PARTITIONS,
                        vendor.provider(),
                        url,
                        keyFile,
                        scale.createTimeout().toMillis(),
                        cluster.replicas(),
                        scale.requestsMax(),
                        scale.bytesMax(),
                        scale.ageMax().toMillis(),
                        vendor.deleteInput == null ? "" : "files: {delete: true}"));
        return new Service(own, file);
    }

    HalfrateConfig config() {
        return ConfigFile.load(file);
    }

    /** @param options for its JVM, such as the crash point that it is to die at */
    Jvm start(String... options) throws IOException {
        jvm = Jvm.start(
                directory.resolve("life-" + ++lives + ".log"),
                List.of(options),
                Main.class.getName(),
                "run",
                "--config=" + file);
        return jvm;
    }

    /** The present life. */
    Jvm jvm() {
        if (jvm == null) {
            throw new IllegalStateException("not started");
        }
        return jvm;
    }

    /** Does nothing if it never lived. */
    void kill() throws InterruptedException {
        if (jvm != null) {
            jvm.kill();
        }
    }

    boolean isAlive() {
        return jvm != null && jvm.isAlive();
    }

    int lives() {
        return lives;
    }

    /** @return its name in the consumer groups, empty before its first life has begun */
    String instance() throws IOException {
        var id = directory.resolve("state/instance-id");
        return Files.exists(id) ? Files.readString(id, UTF_8).strip() : "";
    }

    List<Path> logs() {
        var logs = new ArrayList<Path>();
        for (var life = 1; life <= lives; life++) {
            logs.add(directory.resolve("life-" + life + ".log"));
        }
        return logs;
    }

    @Override
    public void close() {
        if (jvm != null) {
            jvm.close();
        }
    }
}

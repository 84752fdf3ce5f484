package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.Main;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.Jvm;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One of the processors that share the work, over all of its lives. What it needs waits only for moments. */
final class Service implements AutoCloseable {
    static final int PARTITIONS = 4;

    /** What it logs when all of it was started; its configuration has the word as well. */
    static final String RUNNING = "RunCommand running";

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** A create under way, and then the lanes' and the clients' good-bye. */
    static final Duration STOP_WAIT = Duration.ofSeconds(5);

    /**
     * What some trials need otherwise than others.
     *
     * @param sessions those of production, so that a process may be away for as long as there; otherwise short ones
     * @param adminPort where it says whether it is ready; 0 for nowhere
     * @param doubts policy for creates without a trace
     */
    record Ways(boolean sessions, int adminPort, String doubts) {
        static final Ways USUAL = new Ways(false, 0, "by-vendor");
    }

    private final String name;
    private final Path directory;
    private final Path file;
    private final int adminPort;
    private Build build = Build.present();
    private @Nullable Jvm jvm;
    private boolean wanted;
    private int lives;

    private Service(String name, Path directory, Path file, int adminPort) {
        this.name = name;
        this.directory = directory;
        this.file = file;
        this.adminPort = adminPort;
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
            Scale scale,
            Ways ways)
            throws IOException {
        var own = Files.createDirectories(directory.resolve(name));
        var keyFile = Files.writeString(own.resolve("key"), key);
        var file = own.resolve("halfrate.yaml");
        Files.writeString(file, """
                application: %1$s
                state-dir: %2$s/state
                kafka:
                  bootstrap.servers: %3$s
                  %14$s
                topics:
                  requests: %1$s.requests
                  results: %1$s.results
                  batches: %1$s.batches
                  dead-letters: %1$s.dlq
                  result-parts: %1$s.parts
                  diagnostics: %1$s.diagnostics
                  audit: %1$s.audit
                  partitions: %4$d
                  replication-factor: %9$d
                accounts:
                  - name: vendor
                    provider: %5$s
                    base-url: %6$s
                    key: {file: %7$s}
                    doubts: {policy: %15$s}
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
                  stop-wait: %16$dms
                  hedge-margin: 1d
                admin: {port: %17$d}
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
                        vendor.deleteInput == null ? "" : "files: {delete: true}",
                        ways.sessions() ? "" : "session.timeout.ms: \"3000\"\n  heartbeat.interval.ms: \"500\"",
                        ways.doubts(),
                        STOP_WAIT.toMillis(),
                        ways.adminPort()));
        return new Service(name, own, file, ways.adminPort());
    }

    HalfrateConfig config() {
        return ConfigFile.load(file);
    }

    /** @param options for its JVM, such as the crash point that it is to die at */
    Jvm start(String... options) throws IOException {
        wanted = true;
        jvm = Jvm.start(
                build.classPath(),
                directory.resolve("life-" + ++lives + ".log"),
                List.of(options),
                Main.class.getName(),
                "run",
                "--config=" + file);
        return jvm;
    }

    /** From its next start on. */
    Service as(Build another) {
        build = another;
        return this;
    }

    Build build() {
        return build;
    }

    /** SIGTERM, and it is not missed. */
    CompletableFuture<Duration> terminate() {
        wanted = false;
        jvm().terminate();
        return jvm().untilEnd();
    }

    /** @return whether it was told to end */
    boolean isLeaving() {
        return !wanted;
    }

    /** @return whether it ended though nobody told it to */
    boolean gaveUp() {
        return wanted && !isAlive();
    }

    /** @return whether it says that it does its share */
    boolean isReady() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/readyz".formatted(adminPort)))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (ConnectException | HttpTimeoutException _) {
            return false;
        }
    }

    /** @return what tells each of its stores from one that was read anew from Kafka */
    Map<Path, String> stores() throws IOException {
        var lanes = directory.resolve("state/lanes");
        if (!Files.exists(lanes)) {
            return Map.of();
        }
        var stores = new HashMap<Path, String>();
        try (var files = Files.walk(lanes)) {
            for (var file : files.filter(each -> each.endsWith("IDENTITY")).toList()) {
                stores.put(file, Files.readString(file, UTF_8));
            }
        }
        return stores;
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
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        if (jvm != null) {
            jvm.close();
        }
    }
}

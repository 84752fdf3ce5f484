package dev.halfrate.local;

import dev.halfrate.processor.ops.StartupException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka in this JVM: broker and KRaft controller in one node, reachable from this machine only. It is a cluster
 * of its own, or one {@link ClusterNode} of several in as many JVMs.
 * Everything is kept in its directory, so a broker started there again carries on.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    /** Always the same, so that a formatted directory is recognised as ours. */
    private static final String CLUSTER_ID = "aGFsZnJhdGUtbG9jYWwtMQ";

    /** Kafka's own, in every directory that was formatted. */
    private static final String META_PROPERTIES = "meta.properties";

    private final KafkaRaftServer server;
    private final int port;
    private final Path directory;
    private final boolean temporary;

    private EmbeddedBroker(KafkaRaftServer server, int port, Path directory, boolean temporary) {
        this.server = server;
        this.port = port;
        this.directory = directory;
        this.temporary = temporary;
    }

    /** Starts on any free port, in a directory that {@link #close} deletes. */
    public static EmbeddedBroker startTemporary() {
        try {
            var directory = Files.createTempDirectory("halfrate-broker-");
            try {
                return start(0, directory, true);
            } catch (RuntimeException e) {
                delete(directory);
                throw e;
            }
        } catch (IOException e) {
            throw new StartupException("the broker needs a temporary directory: " + e.getMessage(), e);
        }
    }

    /**
     * What a killed one has left behind there is put right before anybody is told where it is.
     *
     * @param port 0 for any free one
     * @throws StartupException if the port or the directory is in use
     */
    public static EmbeddedBroker start(int port, Path directory) {
        return start(port, directory, false);
    }

    /**
     * Returns when this node is up, which needs more than half of the nodes.
     *
     * @throws StartupException if one of its ports or the directory is in use
     */
    public static EmbeddedBroker start(ClusterNode node, Path directory) {
        freePort(node.port(), "--port");
        return start(node, directory, false);
    }

    /** Kafka ends the whole process, in silence but for a log that may be on the same disk. */
    private static void giveUp(Path directory, int status) {
        System.err.printf(
                "halfrate: the Kafka broker gave up; it can no longer write to %s, where %,d bytes are free%n",
                directory, directory.toFile().getUsableSpace());
        Runtime.getRuntime().halt(status);
    }

    private static EmbeddedBroker start(int port, Path directory, boolean temporary) {
        var carriesOn = Files.exists(directory.resolve(META_PROPERTIES));
        var broker = start(ClusterNode.alone(freePort(port, "--port"), freePort()), directory, temporary);
        if (carriesOn) {
            try {
                HangingTransactions.end(broker.bootstrapServers());
            } catch (RuntimeException e) {
                broker.close();
                throw e;
            }
        }
        return broker;
    }

    private static EmbeddedBroker start(ClusterNode node, Path directory, boolean temporary) {
        var properties = properties(node, directory);
        Exit.setExitProcedure((status, _) -> giveUp(directory, status));
        Exit.setHaltProcedure((status, _) -> giveUp(directory, status));
        try {
            requireUnused(Files.createDirectories(directory));
            format(node, directory);
            var server = new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
            try {
                server.startup();
            } catch (Exception e) {
                server.shutdown();
                throw e;
            }
            return new EmbeddedBroker(server, node.port(), directory, temporary);
        } catch (StartupException e) {
            throw e;
        } catch (Exception e) {
            throw new StartupException("the broker did not start in " + directory + ": " + rootMessage(e), e);
        }
    }

    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    /** Stops it; what its clients were told is committed is on disk then. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        if (temporary) {
            delete(directory);
        }
    }

    int port() {
        return port;
    }

    Path directory() {
        return directory;
    }

    static Properties properties(ClusterNode node, Path directory) {
        var properties = new Properties();
        properties.setProperty("process.roles", "broker,controller");
        properties.setProperty("node.id", Integer.toString(node.id()));
        properties.setProperty("controller.quorum.voters", node.voters(HOST));
        properties.setProperty("controller.listener.names", "CONTROLLER");
        properties.setProperty("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        properties.setProperty(
                "listeners",
                "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, node.port(), HOST, node.controllerPort()));
        properties.setProperty("advertised.listeners", "PLAINTEXT://" + HOST + ":" + node.port());
        properties.setProperty("log.dirs", directory.toString());
        // A mistyped topic should be an error, not a new topic with default settings.
        properties.setProperty("auto.create.topics.enable", "false");
        properties.setProperty("message.max.bytes", "20971520");
        var replicas = Integer.toString(node.replicas());
        for (var internal : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            properties.setProperty(internal + ".replication.factor", replicas);
            properties.setProperty(internal + ".num.partitions", "4");
        }
        properties.setProperty("default.replication.factor", replicas);
        var inSync = Integer.toString(node.inSyncReplicasMin());
        properties.setProperty("min.insync.replicas", inSync);
        properties.setProperty("transaction.state.log.min.isr", inSync);
        properties.setProperty("share.coordinator.state.topic.min.isr", inSync);
        properties.setProperty("group.initial.rebalance.delay.ms", "0");
        // Who tries what happens when a process dies does not want to wait long for it.
        properties.setProperty("group.min.session.timeout.ms", "1000");
        if (node.isOneOfSeveral()) {
            properties.setProperty("broker.session.timeout.ms", "5000");
            properties.setProperty("broker.heartbeat.interval.ms", "1000");
        }
        // The default is 128 MB of heap, for a log that is larger by far than what runs in one JVM.
        properties.setProperty("log.cleaner.dedupe.buffer.size", "4194304");
        properties.setProperty("log.cleaner.threads", "1");
        return properties;
    }

    static int freePort() {
        return freePort(0, "");
    }

    /**
     * @param option chooses another one
     * @return {@code wanted} itself if it is free, or any free one for 0
     */
    static int freePort(int wanted, String option) {
        try (var socket = new ServerSocket(wanted, 1, InetAddress.ofLiteral(HOST))) {
            return socket.getLocalPort();
        } catch (BindException e) {
            throw new StartupException("port %d is in use; choose another one with %s".formatted(wanted, option), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks for Kafka's own lock: Kafka itself asks so late that backing out may end the whole JVM. */
    private static void requireUnused(Path directory) throws IOException {
        try (var file = FileChannel.open(
                        directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = file.tryLock()) {
            if (lock == null) {
                throw inUse(directory, null);
            }
        } catch (OverlappingFileLockException e) {
            throw inUse(directory, e);
        }
    }

    private static StartupException inUse(Path directory, @Nullable Exception cause) {
        return new StartupException(directory + " is in use by another broker; choose another --data-dir", cause);
    }

    private static void format(ClusterNode node, Path directory) throws Exception {
        try (var quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setClusterId(CLUSTER_ID)
                    .setNodeId(node.id())
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setIgnoreFormatted(true)
                    .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setPrintStream(quiet)
                    .run();
        }
    }

    private static void delete(Path directory) {
        try (var paths = Files.walk(directory)) {
            for (var path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String rootMessage(Throwable thrown) {
        var cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}

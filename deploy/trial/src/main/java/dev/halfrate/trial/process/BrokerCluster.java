package dev.halfrate.trial.process;

import dev.halfrate.local.ClusterNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;

/** Brokers that replicate each other, each in a process of its own. */
public final class BrokerCluster implements AutoCloseable {
    private static final Duration WHOLE_WITHIN = Duration.ofMinutes(2);

    private final List<BrokerProcess> brokers = new ArrayList<>();
    private final int replicas;
    private final Admin admin;

    private BrokerCluster(Path directory, int size, boolean inProduction) throws IOException, InterruptedException {
        var ports = freePorts(2 * size);
        var controllerPorts = ports.subList(size, 2 * size);
        var nodes = new ArrayList<ClusterNode>();
        for (var id = 1; id <= size; id++) {
            nodes.add(new ClusterNode(id, ports.get(id - 1), controllerPorts));
        }
        replicas = nodes.getFirst().replicas();
        try {
            for (var node : nodes) {
                brokers.add(BrokerProcess.start(node, directory.resolve("broker-" + node.id()), inProduction));
            }
            Waiting.until("the brokers are ready", Waiting.START, this::areReady, jvms());
        } catch (IOException | InterruptedException | RuntimeException e) {
            brokers.forEach(BrokerProcess::close);
            throw e;
        }
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
    }

    public static BrokerCluster start(Path directory, int size) throws IOException, InterruptedException {
        return new BrokerCluster(directory, size, false);
    }

    /** One broker that is there to be fast in the long run. */
    public static BrokerCluster startAsInProduction(Path directory) throws IOException, InterruptedException {
        return new BrokerCluster(directory, 1, true);
    }

    /** All different. */
    private static List<Integer> freePorts(int count) throws IOException {
        var held = new ArrayList<ServerSocket>();
        try {
            for (var i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    public List<BrokerProcess> brokers() {
        return brokers;
    }

    public String bootstrapServers() {
        return brokers.stream().map(BrokerProcess::address).collect(Collectors.joining(","));
    }

    /** Of every partition. */
    public int replicas() {
        return replicas;
    }

    /** Waits until every broker runs and has all that was written: only then may one of them die. */
    public void awaitWhole() throws InterruptedException {
        Waiting.until("the cluster is whole", WHOLE_WITHIN, () -> areReady() && areInSync(), jvms());
    }

    private boolean areReady() throws IOException {
        for (var broker : brokers) {
            if (!broker.isReady()) {
                return false;
            }
        }
        return true;
    }

    private boolean areInSync() throws InterruptedException {
        try {
            var topics = admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get();
            return admin.describeTopics(topics).allTopicNames().get().values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(partition -> partition.leader() != null
                            && partition.isr().size() == partition.replicas().size());
        } catch (ExecutionException _) {
            // A broker that comes back may not have heard of all topics yet.
            return false;
        }
    }

    private Jvm[] jvms() {
        return brokers.stream().map(BrokerProcess::jvm).toArray(Jvm[]::new);
    }

    @Override
    public void close() {
        try (admin) {
            brokers.forEach(BrokerProcess::close);
        }
    }
}

package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.ClusterRules;
import dev.halfrate.processor.ops.KafkaAnswers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;

/** Whether the cluster, whatever is in it, is one that exactly-once can rest on. */
final class ClusterCheck {
    /** What a setting of a broker has to be at least. */
    private record Least(String setting, long value, Grade otherwise, String because) {}

    private static final List<Least> LEAST = List.of(
            new Least(
                    "transaction.max.timeout.ms",
                    60_000,
                    Grade.FAIL,
                    "transactions of a minute are refused otherwise, and nothing can be written"),
            new Least("socket.request.max.bytes", 22 << 20, Grade.FAIL, "records of 20 MiB cannot be sent otherwise"),
            new Least(
                    "message.max.bytes",
                    20 << 20,
                    Grade.WARN,
                    "our topics have a limit of their own, but a topic that somebody makes by hand has this one"));

    private ClusterCheck() {}

    static Verdict transactions(Cluster cluster) throws InterruptedException {
        return transactions(cluster.config(), ClusterRules.transactionVersion(cluster.admin()));
    }

    static Verdict transactions(HalfrateConfig config, int version) {
        return ClusterRules.transactionVersionFault(config, version)
                .map(fault -> Verdict.fail(fault.what(), fault.action()))
                .orElseGet(() -> Verdict.ok(String.valueOf(version)));
    }

    static Verdict settings(Cluster cluster) throws InterruptedException {
        var brokers = KafkaAnswers.get(cluster.admin().describeCluster().nodes()).stream()
                .map(Node::idString)
                .map(id -> new ConfigResource(ConfigResource.Type.BROKER, id))
                .toList();
        try {
            var settings = new TreeMap<String, Map<String, String>>();
            KafkaAnswers.get(cluster.admin().describeConfigs(brokers).all())
                    .forEach((broker, config) -> settings.put(
                            broker.name(),
                            config.entries().stream()
                                    .filter(entry -> entry.value() != null)
                                    .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value))));
            return settings(cluster.config(), settings);
        } catch (ClusterAuthorizationException _) {
            return Verdict.skipped(
                    "this login may not see the brokers' settings, and need not",
                    "ask whoever runs Kafka: "
                            + LEAST.stream()
                                    .map(least -> "%s at least %d".formatted(least.setting(), least.value()))
                                    .collect(Collectors.joining(", ")));
        }
    }

    /** @param settings by broker */
    static Verdict settings(HalfrateConfig config, Map<String, Map<String, String>> settings) {
        var worst = Grade.OK;
        var low = new LinkedHashMap<String, Least>();
        for (var least : LEAST) {
            for (var broker : settings.entrySet()) {
                var value = broker.getValue().get(least.setting());
                if (value != null && Long.parseLong(value) < least.value()) {
                    low.put("broker %s has %s=%s".formatted(broker.getKey(), least.setting(), value), least);
                    worst = worst.compareTo(least.otherwise()) < 0 ? least.otherwise() : worst;
                }
            }
        }
        if (low.isEmpty()) {
            return Verdict.ok("large enough: "
                    + LEAST.stream().map(Least::setting).sorted().collect(Collectors.joining(", ")));
        }
        var todo = new ArrayList<String>();
        low.values().stream()
                .distinct()
                .forEach(least -> todo.add(
                        "raise it to %d or more (%s): kafka-configs.sh --bootstrap-server %s --alter --entity-type brokers --entity-default --add-config %s=%d, or in the brokers' server.properties"
                                .formatted(
                                        least.value(),
                                        least.because(),
                                        config.bootstrapServers(),
                                        least.setting(),
                                        least.value())));
        return new Verdict(worst, String.join(", ", low.keySet()), todo);
    }
}

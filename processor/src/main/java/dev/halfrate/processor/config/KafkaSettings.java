package dev.halfrate.processor.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/** What users may set on Kafka's clients, and what of it may be shown. */
final class KafkaSettings {
    /** Kafka Streams takes a setting for one of its clients under these. */
    private static final List<String> PREFIXES =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.");

    /** Exactly-once rests on these, so they are not to be had otherwise. */
    private static final Set<String> OURS = Set.of(
            "acks",
            "application.id",
            "auto.offset.reset",
            "enable.auto.commit",
            "enable.idempotence",
            "group.id",
            "group.instance.id",
            "isolation.level",
            "key.deserializer",
            "key.serializer",
            "processing.guarantee",
            "state.dir",
            "transaction.timeout.ms",
            "transactional.id",
            "value.deserializer",
            "value.serializer");

    private static final List<ConfigDef> DEFINITIONS =
            List.of(AdminClientConfig.configDef(), ConsumerConfig.configDef(), ProducerConfig.configDef());

    private KafkaSettings() {}

    /** @throws ConfigException if {@code settings} lack the brokers or hold what is not the user's to set */
    static void check(Map<String, String> settings) {
        if (settings.getOrDefault("bootstrap.servers", "").isBlank()) {
            throw new ConfigException("kafka.bootstrap.servers is missing: host:port of one or more brokers");
        }
        for (var key : settings.keySet()) {
            if (OURS.contains(plain(key))) {
                throw new ConfigException(
                        "kafka.%s must not be set: Halfrate's promises rest on its own value".formatted(key));
            }
        }
    }

    /** Hides passwords, and settings that Kafka itself does not know: a plug-in's may be secret. */
    static boolean mayBeShown(String key) {
        return DEFINITIONS.stream().anyMatch(definition -> {
            var known = definition.configKeys().get(plain(key));
            return known != null && known.type() != ConfigDef.Type.PASSWORD;
        });
    }

    private static String plain(String key) {
        return PREFIXES.stream()
                .filter(key::startsWith)
                .findFirst()
                .map(prefix -> key.substring(prefix.length()))
                .orElse(key);
    }
}

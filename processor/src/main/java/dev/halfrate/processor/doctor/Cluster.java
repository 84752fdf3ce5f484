package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicSurvey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.jspecify.annotations.Nullable;

/** The Kafka cluster, once it is known that there is one. Thread-safe. */
final class Cluster implements AutoCloseable {
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(6);

    private final HalfrateConfig config;
    private @Nullable Admin admin;

    Cluster(HalfrateConfig config) {
        this.config = config;
    }

    HalfrateConfig config() {
        return config;
    }

    String security() {
        return config.kafka().getOrDefault(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "PLAINTEXT");
    }

    /** @throws org.apache.kafka.common.KafkaException if the settings are of no use */
    synchronized Admin admin() {
        if (admin == null) {
            var settings = new HashMap<String, Object>(config.kafka());
            settings.putIfAbsent(AdminClientConfig.CLIENT_ID_CONFIG, config.application() + "-doctor");
            settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
            settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
            admin = Admin.create(settings);
        }
        return admin;
    }

    /**
     * Whether to ask for a coordinator: the first question ever makes the brokers make a topic of their own.
     *
     * @param coordinated the topic that coordinators keep theirs in
     */
    boolean hasCoordinators(String coordinated) throws InterruptedException {
        var found = TopicSurvey.described(admin(), List.of(coordinated));
        return found.has(coordinated) || found.hidden().contains(coordinated);
    }

    @Override
    public synchronized void close() {
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }
}

package dev.halfrate.processor.callback;

import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A teller's clients of a real Kafka. */
final class KafkaTellerClients implements TellerClients {
    private static final int RECORDS_MAX = 100;
    private static final int FETCH_BYTES_MAX = 1 << 20;

    private final HalfrateConfig config;
    private final String group;

    KafkaTellerClients(HalfrateConfig config, CallbackConfig callback) {
        this.config = config;
        this.group = config.callbackGroup(callback);
    }

    @Override
    public void begin(List<String> topics) {
        Beginning.settle(config, group, topics);
    }

    @Override
    public Consumer<byte[], byte[]> consumer() {
        var settings = new HashMap<String, Object>(Map.of(
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                RECORDS_MAX,
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                FETCH_BYTES_MAX,
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                FETCH_BYTES_MAX,
                // What stays with its owner in a rebalance is not told again.
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                List.of(CooperativeStickyAssignor.class.getName())));
        settings.putAll(config.kafka());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}

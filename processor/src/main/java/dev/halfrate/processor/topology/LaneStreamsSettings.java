package dev.halfrate.processor.topology;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Kafka Streams as the lanes need it.
 *
 * @param application of the whole processor; the lanes' consumer group and internal topics begin with it
 * @param kafka settings for every client; what is decided here wins over them
 * @param replicationFactor of the changelogs
 * @param inSyncReplicasMin of the changelogs, which have the only copy of what waits
 * @param standbys copies of the state on other instances; in production one, so that a crash costs no restore
 */
public record LaneStreamsSettings(
        String application,
        Path stateDir,
        Map<String, String> kafka,
        int replicationFactor,
        int inSyncReplicasMin,
        int standbys) {

    /** Of any record that the lanes read or write; chunks are under 600 KB by construction. */
    static final int MESSAGE_BYTES_MAX = 4 << 20;

    private static final int TRANSACTION_TIMEOUT_MS = 60_000;
    private static final int COMMIT_INTERVAL_MS = 100;
    /** Records are chunks of refs, so few of them are many bytes. */
    private static final int RECORDS_BUFFERED_MAX = 50;

    public LaneStreamsSettings {
        kafka = Map.copyOf(kafka);
    }

    /** @return the consumer group, and the prefix of the changelogs' names */
    public String applicationId() {
        return application + "-lanes";
    }

    public Properties properties() {
        var properties = new Properties();
        properties.putAll(kafka);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL_MS);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, replicationFactor);
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, standbys);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, RECORDS_BUFFERED_MAX);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 4L << 20);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksMemory.class);
        // The default would end the thread at the first record whose producer had no clock.
        properties.put(StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, NeverNegativeTimestamp.class);
        properties.put(StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), MESSAGE_BYTES_MAX);
        properties.put(StreamsConfig.topicPrefix(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG), inSyncReplicasMin);
        properties.put(StreamsConfig.topicPrefix(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG), false);

        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), RECORDS_BUFFERED_MAX);
        properties.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), MESSAGE_BYTES_MAX);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG), 2 * MESSAGE_BYTES_MAX);

        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), MESSAGE_BYTES_MAX);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 10);
        // A step that seals a large window writes for longer than the default of 10 s on a slow cluster.
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), TRANSACTION_TIMEOUT_MS);
        return properties;
    }
}

package dev.halfrate.processor.intake;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.SourceConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A loop's clients of a real Kafka. */
final class KafkaIntakeClients implements IntakeClients {
    /** Kafka's own default, for clusters that do not let us look. */
    private static final int MESSAGE_BYTES_DEFAULT = 1_048_588;

    private static final int MIB = 1 << 20;
    private static final int REQUEST_BYTES_MAX = 20 * MIB;
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);

    private final HalfrateConfig config;
    private final String group;
    private final List<String> read;
    private final List<String> requestsWritten;
    private final int pollRecordsMax;
    private final String instance;
    private final MeterRegistry meters;
    /** Of the present clients. */
    private final Map<String, KafkaClientMetrics> metrics = new HashMap<>();

    /** @param requestsWritten topics that requests are written to; if none, they are read */
    private KafkaIntakeClients(
            HalfrateConfig config,
            String group,
            List<String> read,
            List<String> requestsWritten,
            int pollRecordsMax,
            String instance,
            MeterRegistry meters) {
        this.config = config;
        this.group = group;
        this.read = read;
        this.requestsWritten = requestsWritten;
        this.pollRecordsMax = pollRecordsMax;
        this.instance = instance;
        this.meters = meters;
    }

    static KafkaIntakeClients ofRequests(HalfrateConfig config, String instance, MeterRegistry meters) {
        return new KafkaIntakeClients(
                config, config.intakeGroup(), config.topics().requests(), List.of(), 5_000, instance, meters);
    }

    static KafkaIntakeClients ofEvents(HalfrateConfig config, String instance, MeterRegistry meters) {
        var written = config.sources().stream().map(SourceConfig::to).distinct().toList();
        // A request may be much longer than its event, and all of a poll are written in one transaction.
        return new KafkaIntakeClients(
                config, config.sourcesGroup(), config.sourceTopics(), written, 500, instance, meters);
    }

    @Override
    public Consumer<byte[], byte[]> consumer() {
        var settings = settings(Map.of(
                // A poll's records are in memory together with this fetch and the next, of each broker.
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                pollRecordsMax,
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                2 * MIB,
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                4 * MIB,
                // Partitions of a process that was killed and stays away move on after this.
                ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                10_000,
                // Kafka's own choice gives the first partitions of every topic to the same few processes. It comes
                // second,
                // for members of a release that knows no other.
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                List.of(StickyAssignor.class.getName(), RangeAssignor.class.getName())));
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, member());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        show("consumer", new KafkaClientMetrics(consumer));
        return consumer;
    }

    @Override
    public void close() {
        metrics.values().forEach(KafkaClientMetrics::close);
    }

    private void show(String client, KafkaClientMetrics now) {
        var before = metrics.put(client, now);
        if (before != null) {
            before.close();
        }
        now.bindTo(meters);
    }

    /**
     * A static member: restarted at once after a crash, it has its partitions again at once. One that comes back with
     * other topics would get those of before, too, and of a new topic none: so it is another one.
     */
    private String member() {
        var topics = Set.copyOf(read);
        return "%s-%x".formatted(instance, topics.hashCode());
    }

    @Override
    public Producer<byte[], byte[]> producer() {
        var settings = settings(Map.of(
                ProducerConfig.BATCH_SIZE_CONFIG,
                MIB / 4,
                ProducerConfig.LINGER_MS_CONFIG,
                10,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                TRANSACTION_TIMEOUT.toMillis()));
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, group + "-" + instance);
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(TRANSACTION_TIMEOUT.toMillis()));
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, REQUEST_BYTES_MAX);
        var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        show("producer", new KafkaClientMetrics(producer));
        return producer;
    }

    @Override
    public Topics topics() {
        // Both are ours, because Kafka refuses a pair in which the request's time-out is the longer one.
        var settings = settings(Map.of());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 15_000);
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        try (var admin = Admin.create(settings)) {
            var names = config.topics();
            var written = requestsWritten.isEmpty() ? List.of(names.laneInbox(), names.results()) : requestsWritten;
            var asked = new ArrayList<>(read);
            asked.addAll(written);
            asked.add(names.deadLetters());
            var descriptions = admin.describeTopics(asked).topicNameValues();
            // Asked for one by one, so that the message can name the one that is missing.
            var ids = new HashMap<String, Uuid>();
            for (var topic : read) {
                ids.put(topic, describe(topic, descriptions).topicId());
            }
            for (var topic : written) {
                describe(topic, descriptions);
            }
            describe(names.deadLetters(), descriptions);
            var bytesMax = new HashMap<String, Integer>();
            for (var topic : requestsWritten) {
                bytesMax.put(topic, bytesMax(admin, topic));
            }
            var inboxPartitions = requestsWritten.isEmpty()
                    ? describe(names.laneInbox(), descriptions).partitions().size()
                    : 0;
            return new Topics(ids, inboxPartitions, bytesMax(admin, names.deadLetters()), bytesMax);
        }
    }

    private static TopicDescription describe(String name, Map<String, KafkaFuture<TopicDescription>> descriptions) {
        var description = descriptions.get(name);
        if (description == null) {
            throw new IllegalStateException("asked for " + name);
        }
        try {
            return await(description);
        } catch (UnknownTopicOrPartitionException e) {
            throw new IntakeException("topic %s does not exist: create it, or set topics.create".formatted(name));
        }
    }

    private static int bytesMax(Admin admin, String name) {
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        int bytesMax;
        try {
            var entry = await(admin.describeConfigs(List.of(topic)).all())
                    .getOrDefault(topic, new Config(List.of()))
                    .get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
            bytesMax = entry == null ? MESSAGE_BYTES_DEFAULT : Integer.parseInt(entry.value());
        } catch (AuthorizationException e) {
            bytesMax = MESSAGE_BYTES_DEFAULT;
        }
        return Math.min(bytesMax, REQUEST_BYTES_MAX);
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** @param tuned what the user's own settings may override */
    private Map<String, Object> settings(Map<String, Object> tuned) {
        var settings = new HashMap<>(tuned);
        settings.putAll(config.kafka());
        return settings;
    }
}

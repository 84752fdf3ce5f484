package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures twice a minute for how long transactions have been open on the topics that we read. No reader can tell: what came
 * after an open one is not there for him. Each process looks at all of them, with one question to each broker.
 *
 * <p>A topic that may not be looked into has no meter, and is told of once.
 */
public final class TransactionWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionWatch.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(30);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);
    private static final String OFFSETS = "__consumer_offsets";
    private static final String OPEN = "halfrate.transactions.open";

    private final HalfrateConfig config;
    private final MeterRegistry meters;
    private final InstantSource clock;
    private final TransactionAges ages = new TransactionAges();
    private final Map<String, AtomicReference<Duration>> oldest = new HashMap<>();
    private final Set<String> told = new HashSet<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().name("transactions").daemon().unstarted(this::run);

    public TransactionWatch(HalfrateConfig config, MeterRegistry meters, InstantSource clock) {
        this.config = config;
        this.meters = meters;
        this.clock = clock;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AdminClientConfig.CLIENT_ID_CONFIG, config.application() + "-transactions");
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(ANSWER_WITHIN.toMillis()));
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(ANSWER_WITHIN.toMillis()));
        try {
            do {
                lookUntilItFails(settings);
            } while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            // Closed.
        }
    }

    /** Whatever goes wrong, the next try may be better: nobody else would tell of a transaction that hangs. */
    private void lookUntilItFails(Map<String, Object> settings) throws InterruptedException {
        try (var admin = Admin.create(settings)) {
            do {
                look(admin);
            } while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (RuntimeException e) {
            LOG.warn("for how long transactions are open is not measured now: {}", e.toString());
        }
    }

    private void look(Admin admin) throws InterruptedException {
        var partitions = new HashSet<TopicPartition>();
        var topics = admin.describeTopics(topics(admin)).topicNameValues();
        for (var topic : topics.entrySet()) {
            answer(topic.getKey(), topic.getValue())
                    .ifPresent(description -> description
                            .partitions()
                            .forEach(partition ->
                                    partitions.add(new TopicPartition(topic.getKey(), partition.partition()))));
        }
        var found = admin.describeProducers(partitions);
        var now = clock.instant();
        var seen = new TreeSet<String>();
        for (var partition : partitions) {
            answer(partition.topic(), found.partitionResult(partition)).ifPresent(writers -> {
                seen.add(partition.topic());
                ages.seen(partition, open(writers), now);
            });
        }
        seen.forEach(this::show);
    }

    private Set<String> topics(Admin admin) throws InterruptedException {
        var topics = new TreeSet<>(config.topics().requests());
        topics.addAll(config.sourceTopics());
        topics.add(OFFSETS);
        topics.addAll(ours());
        var changelogs = config.application() + "-lanes-";
        answer(changelogs, admin.listTopics().names()).stream()
                .flatMap(Set::stream)
                .filter(topic -> topic.startsWith(changelogs))
                .forEach(topics::add);
        return topics;
    }

    private List<String> ours() {
        var topics = config.topics();
        return List.of(topics.laneInbox(), topics.work(), topics.ledger(), config.birthsTopic());
    }

    private static List<TransactionAges.Transaction> open(PartitionProducerState writers) {
        return writers.activeProducers().stream()
                .filter(writer -> writer.currentTransactionStartOffset().isPresent())
                .map(writer -> new TransactionAges.Transaction(
                        writer.producerId(),
                        writer.currentTransactionStartOffset().getAsLong()))
                .toList();
    }

    private void show(String topic) {
        oldest.computeIfAbsent(topic, _ -> {
                    var age = new AtomicReference<>(Duration.ZERO);
                    Gauge.builder(OPEN, age, held -> held.get().toMillis() / 1000.0)
                            .description("How long the oldest open transaction of the topic has been seen open")
                            .baseUnit("seconds")
                            .tag("topic", topic)
                            .tag("writers", writers(topic))
                            .register(meters);
                    return age;
                })
                .set(ages.oldest(topic));
    }

    /** Ours are short. */
    private String writers(String topic) {
        return ours().contains(topic) || topic.startsWith(config.application() + "-lanes-") ? "ours" : "others";
    }

    /** @return empty if there is none, which may be so for now, or because we have no right to it */
    private <T> Optional<T> answer(String topic, KafkaFuture<T> future) throws InterruptedException {
        try {
            return Optional.of(future.get());
        } catch (ExecutionException e) {
            LOG.debug("the writers of {} cannot be asked for", topic, e.getCause());
            if (e.getCause() instanceof AuthorizationException && told.add(topic)) {
                LOG.info("{}: READ is not allowed, so for how long transactions are open there is not measured", topic);
            }
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        thread.interrupt();
        try {
            thread.join(STOP_WAIT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

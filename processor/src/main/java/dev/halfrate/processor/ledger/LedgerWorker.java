package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.LifecycleSettings;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.provider.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer group behind every HTTP call: reads the work topic and gives each partition it owns to an actor.
 */
public final class LedgerWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerWorker.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration RESTART_DELAY_MAX = Duration.ofSeconds(30);
    private static final int MANIFESTS_IN_MEMORY_MAX = 4;
    private static final int DOWNLOADS_MAX = 4;

    private final HalfrateConfig config;
    private final String instance;
    private final Map<String, ? extends Provider> providers;
    private final Consumer<Throwable> onFailure;
    private final KafkaLedgerClients clients;
    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final Admin admin;
    private final BodyReader bodies;
    private final ManifestReader manifests;
    private final Workshop workshop;
    private final Thread thread;

    private final Map<TopicPartition, Owned> owned = new HashMap<>();
    private volatile @Nullable ConsumerGroupMetadata group;
    private volatile boolean stopping;

    /**
     * @param instance names this process in the ledger
     * @param providers by account
     * @param onFailure told once if the worker cannot go on
     */
    public LedgerWorker(
            HalfrateConfig config,
            String instance,
            Map<String, ? extends Provider> providers,
            Consumer<Throwable> onFailure) {
        this.config = config;
        this.instance = instance;
        this.providers = Map.copyOf(providers);
        this.onFailure = onFailure;
        this.clients = new KafkaLedgerClients(config.kafka());
        this.consumer = clients.worker(config.application() + "-ledger", instance);
        this.admin = Admin.create(Map.copyOf(config.kafka()));
        this.bodies = new BodyReader(clients.reader(true), this::topicId);
        this.manifests = new ManifestReader(config.topics().work(), clients.reader(true));
        this.workshop = workshop();
        this.thread = Thread.ofPlatform().name("ledger-worker").unstarted(this::run);
    }

    public void start() {
        bodies.start();
        thread.start();
    }

    private Workshop workshop() {
        var spoolKilobytes = (int) Math.min(Integer.MAX_VALUE, config.ledger().spoolBytesMax() / 1024);
        return new Workshop(
                config.accounts().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                account -> account.name(),
                                account -> new AccountGate(provider(account.name()), account.requestsInFlightMax()))),
                manifests,
                bodies,
                emptySpoolDir(config.stateDir()),
                new Semaphore(MANIFESTS_IN_MEMORY_MAX, true),
                new Semaphore(DOWNLOADS_MAX, true),
                new Semaphore(spoolKilobytes, true),
                spoolKilobytes);
    }

    private Provider provider(String account) {
        var provider = providers.get(account);
        if (provider == null) {
            throw new IllegalArgumentException("no provider for account " + account);
        }
        return provider;
    }

    /** Spool files are disposable: those of an earlier process are of no use. */
    private static Path emptySpoolDir(Path stateDir) {
        var dir = stateDir.resolve("spool");
        try {
            Files.createDirectories(dir);
            try (var old = Files.list(dir)) {
                for (var file : old.toList()) {
                    Files.delete(file);
                }
            }
            return dir;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private @Nullable Uuid topicId(String topic) {
        try {
            var topics = admin.describeTopics(List.of(topic)).allTopicNames().get();
            return Objects.requireNonNull(topics.get(topic)).topicId();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw new IllegalStateException("cannot look up topic " + topic, e.getCause());
        }
    }

    private void run() {
        try {
            consumer.subscribe(List.of(config.topics().work()), new Rebalances());
            while (!stopping) {
                var records = consumer.poll(POLL);
                group = consumer.groupMetadata();
                for (var entry : records) {
                    var partition = owned.get(new TopicPartition(entry.topic(), entry.partition()));
                    if (partition != null) {
                        partition.runner.onWork(entry);
                    }
                }
                for (var partition : owned.entrySet()) {
                    care(partition.getKey(), partition.getValue());
                }
            }
            revoke(List.copyOf(owned.keySet()));
        } catch (WakeupException _) {
            revoke(List.copyOf(owned.keySet()));
        } catch (RuntimeException e) {
            LOG.error("the ledger worker stops", e);
            owned.values().forEach(partition -> partition.runner.stop(Duration.ZERO));
            onFailure.accept(e);
        } finally {
            consumer.close();
        }
    }

    /** Back-pressure, and a new runner for a partition that is still ours but whose runner was lost. */
    private void care(TopicPartition partition, Owned state) {
        if (state.runner.lost()) {
            if (state.restartAtNanos == 0) {
                consumer.pause(List.of(partition));
                state.restartAtNanos = System.nanoTime() + state.nextDelay().toNanos();
            } else if (System.nanoTime() - state.restartAtNanos >= 0) {
                var committed = consumer.committed(Set.of(partition)).get(partition);
                consumer.seek(partition, committed == null ? 0 : committed.offset());
                consumer.resume(List.of(partition));
                state.restart(runner(partition));
            }
        } else if (state.runner.full()) {
            consumer.pause(List.of(partition));
        } else {
            consumer.resume(List.of(partition));
        }
    }

    private PartitionRunner runner(TopicPartition partition) {
        var number = partition.partition();
        var runner = new PartitionRunner(number, consumer.position(partition), mailbox -> equip(number, mailbox));
        runner.start();
        return runner;
    }

    private PartitionRunner.Equipment equip(int partition, Mailbox mailbox) {
        var ledger = config.ledger();
        var clock = ActorClock.system();
        var log = new KafkaPartitionLog(config, partition, instance, clients, this::group);
        var vendor = new HttpVendor(partition, workshop, mailbox, clock, ledger.createTimeout());
        var lifecycle = new BatchLifecycle(new LifecycleSettings(
                ledger.pollDelays(),
                ledger.createTimeout().plus(ledger.quiesceMargin()),
                ledger.listingsApart(),
                ledger.doubtsMax(),
                ledger.itemAttemptsMax(),
                ledger.retryDelayMax()));
        var publications = new Publications(this::providerOf);
        var actor = new PartitionActor(
                partition, log, vendor, clock, lifecycle, publications, ledger.pollJitter(), System.nanoTime());
        return new PartitionRunner.Equipment(actor, log, vendor);
    }

    /** Batches of an account that is not configured any more wait; their partition goes on with the others. */
    private String providerOf(String account) {
        return config.accounts().stream()
                .filter(configured -> configured.name().equals(account))
                .map(AccountConfig::provider)
                .findFirst()
                .orElse("");
    }

    private ConsumerGroupMetadata group() {
        var present = group;
        if (present == null) {
            throw new PartitionLostException("not yet a member of the group", null);
        }
        return present;
    }

    private void revoke(Collection<TopicPartition> partitions) {
        var ours =
                partitions.stream().map(owned::remove).filter(Objects::nonNull).toList();
        // All at once: the wait for one partition's create is the wait for every one's.
        ours.parallelStream()
                .forEach(partition -> partition.runner.stop(config.ledger().stopWait()));
    }

    /** Waits for creates under way as long as configured, then leaves them to the next owner. */
    @Override
    public void close() {
        stopping = true;
        consumer.wakeup();
        try {
            thread.join(config.ledger().stopWait().plusSeconds(30));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        bodies.close();
        manifests.close();
        admin.close(Duration.ofSeconds(5));
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            group = consumer.groupMetadata();
            partitions.forEach(partition -> owned.put(partition, new Owned(runner(partition))));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revoke(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            // Others own them already: nothing is waited for.
            partitions.stream()
                    .map(owned::remove)
                    .filter(Objects::nonNull)
                    .forEach(partition -> partition.runner.stop(Duration.ZERO));
        }
    }

    private static final class Owned {
        private PartitionRunner runner;
        private long restartAtNanos;
        private int restarts;

        private Owned(PartitionRunner runner) {
            this.runner = runner;
        }

        private Duration nextDelay() {
            var delay = Duration.ofMillis(200L << Math.min(restarts++, 10));
            return delay.compareTo(RESTART_DELAY_MAX) < 0 ? delay : RESTART_DELAY_MAX;
        }

        private void restart(PartitionRunner newRunner) {
            runner = newRunner;
            restartAtNanos = 0;
        }
    }
}

package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.AccountRules;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.DoubtPolicy;
import dev.halfrate.processor.batch.LifecycleSettings;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.SyncConfig;
import dev.halfrate.processor.money.Pricing;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.tracing.Tracing;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
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
    private static final Duration WELL_AFTER = Duration.ofMinutes(1);
    private static final AccountRules UNKNOWN_ACCOUNT =
            new AccountRules(false, true, DoubtPolicy.HOLD, 0, false, false, 0);

    private final HalfrateConfig config;
    private final FeedWriter feeds;
    private final String instance;
    private final String groupId;
    private final Map<String, ? extends Provider> providers;
    private final int workPartitions;
    private final MeterRegistry meters;
    private final Tracing tracing;
    private final LedgerMeters ledgerMeters;
    private final Consumer<Throwable> onFailure;
    private final KafkaLedgerClients clients;
    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final KafkaClientMetrics consumerMetrics;
    private final Admin admin;
    private final BodyReader bodies;
    private final ManifestReader manifests;
    private final Workshop workshop;
    private final Map<String, AccountRules> rules;
    private final Sweeper sweeper;
    private final PollWishes pollWishes;
    private final Thread thread;

    private final Map<TopicPartition, Owned> owned = new HashMap<>();
    /** Those of {@link #owned}, for other threads. */
    private volatile List<PartitionRunner> runners = List.of();

    private volatile @Nullable ConsumerGroupMetadata group;
    private volatile boolean assigned;
    private volatile boolean stopping;

    /**
     * @param instance names this process in the ledger
     * @param providers by account
     * @param workPartitions how many partitions the work topic has
     * @param onFailure told once if the worker cannot go on
     */
    public LedgerWorker(
            HalfrateConfig config,
            FeedWriter feeds,
            String instance,
            Map<String, ? extends Provider> providers,
            int workPartitions,
            Pricing pricing,
            OutputRules outputs,
            MeterRegistry meters,
            Tracing tracing,
            Consumer<Throwable> onFailure) {
        this.config = config;
        this.feeds = feeds;
        this.instance = instance;
        this.providers = Map.copyOf(providers);
        this.workPartitions = workPartitions;
        this.meters = meters;
        this.tracing = tracing;
        this.ledgerMeters = new LedgerMeters(meters);
        this.onFailure = onFailure;
        this.clients = new KafkaLedgerClients(config.kafka());
        this.groupId = config.ledgerGroup();
        this.consumer = clients.worker(groupId, instance);
        this.consumerMetrics = new KafkaClientMetrics(consumer);
        consumerMetrics.bindTo(meters);
        this.admin = Admin.create(Map.copyOf(config.kafka()));
        this.bodies = new BodyReader(clients.reader(true), this::topicId);
        this.manifests = new ManifestReader(config.topics().work(), clients.reader(true));
        this.workshop = workshop(pricing, outputs);
        this.rules = config.accounts().stream()
                .collect(Collectors.toUnmodifiableMap(
                        AccountConfig::name,
                        account -> rules(account, provider(account.name()).capabilities())));
        this.sweeper =
                new Sweeper(workshop.gates(), config.ledger().sweepEvery(), InstantSource.system(), this::listed);
        this.pollWishes = new PollWishes(
                workshop.gates(), config.topics().work(), workPartitions, clients.hints(), InstantSource.system());
        this.thread = Thread.ofPlatform().name("ledger-worker").unstarted(this::run);
        partitionsGauge("ready", PartitionRunner::ready);
        partitionsGauge("restoring", Predicate.not(PartitionRunner::ready));
    }

    private void partitionsGauge(String state, Predicate<PartitionRunner> is) {
        Gauge.builder("halfrate.partitions", () -> runners.stream().filter(is).count())
                .description("Work partitions of this process; restoring ones do not act yet")
                .tag("state", state)
                .register(meters);
    }

    public void start() {
        bodies.start();
        thread.start();
        sweeper.start();
        pollWishes.start();
    }

    /** @return why it does not act, for an operator; empty if it does */
    public Optional<String> notReady() {
        if (!assigned) {
            return Optional.of("ledger: waits for its partitions");
        }
        var own = runners;
        var restoring = own.stream()
                .filter(Predicate.not(PartitionRunner::ready))
                .map(runner -> String.valueOf(runner.partition()))
                .toList();
        return restoring.isEmpty()
                ? Optional.empty()
                : Optional.of("ledger: work partitions %s of %d here read their ledgers"
                        .formatted(String.join(", ", restoring), own.size()));
    }

    /** A remote batch of an account is said to have ended: whoever owns its batch, in any process, polls it at once. */
    public void announce(String account, String remoteBatchId) {
        pollWishes.add(account, remoteBatchId);
    }

    /** @throws ConfigException if what is wanted of doubts is not possible with the account's vendor */
    private static AccountRules rules(AccountConfig account, Capabilities capabilities) {
        var inline = capabilities.ingest() == Capabilities.Ingest.INLINE;
        var exact = capabilities.search() == Capabilities.SearchQuality.EXACT;
        var policy = switch (account.doubts().policy()) {
            case BY_VENDOR -> exact && !inline ? DoubtPolicy.RESUBMIT_IF_REVOKED : DoubtPolicy.RESUBMIT_AFTER_QUIESCE;
            case RESUBMIT_IF_REVOKED -> DoubtPolicy.RESUBMIT_IF_REVOKED;
            case RESUBMIT_AFTER_QUIESCE -> DoubtPolicy.RESUBMIT_AFTER_QUIESCE;
            case HOLD -> DoubtPolicy.HOLD;
        };
        if (policy == DoubtPolicy.RESUBMIT_IF_REVOKED && inline) {
            throw new ConfigException(
                    "accounts.doubts.policy of %s must be resubmit-after-quiesce or hold: its batches have no input file that could be deleted"
                            .formatted(account.name()));
        }
        return new AccountRules(
                inline,
                exact,
                policy,
                account.doubts().linesMax(),
                !inline && account.files().delete(),
                account.sync().inDoubt() == SyncConfig.InDoubt.CALL_AGAIN,
                account.promptCache().primersFrom());
    }

    /** On the sweeper's thread. */
    private void listed(String account, List<SweepOutcome.Listed> batches) {
        var listing = new PartitionRunner.Listing(account, batches);
        runners.forEach(runner -> runner.onListing(listing));
    }

    private Workshop workshop(Pricing pricing, OutputRules outputs) {
        var spoolKilobytes = (int) Math.min(Integer.MAX_VALUE, config.ledger().spoolBytesMax() / 1024);
        var shares = HeapShares.ofThisProcess();
        return new Workshop(
                config.accounts().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                account -> account.name(),
                                account -> new AccountGate(
                                        account.name(),
                                        provider(account.name()),
                                        new Semaphore(account.requestsInFlightMax(), true),
                                        account.limits(),
                                        config.ledger().probeInterval(),
                                        Collections.min(config.ledger().pollDelays()),
                                        ActorClock.system(),
                                        meters))),
                manifests,
                bodies,
                SpoolDirectory.emptied(config.stateDir()),
                new ManifestRoom(shares.spooledItems()),
                new ManifestRoom(shares.collectedItems()),
                shares.letterBytes(),
                pricing,
                outputs,
                new Semaphore(spoolKilobytes, true),
                spoolKilobytes,
                config.accounts().stream().collect(Collectors.toUnmodifiableMap(AccountConfig::name, this::turns)),
                new Semaphore(shares.callKilobytes(), true),
                shares.callKilobytes());
    }

    private CallTurns turns(AccountConfig account) {
        var sync = account.sync();
        return new CallTurns(
                account.name(),
                sync.callsMax(),
                sync.timeout(),
                config.ledger().probeInterval(),
                ActorClock.system(),
                meters);
    }

    private Provider provider(String account) {
        var provider = providers.get(account);
        if (provider == null) {
            throw new IllegalArgumentException("no provider for account " + account);
        }
        return provider;
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
                runners = owned.values().stream().map(state -> state.runner).toList();
            }
            revoke(List.copyOf(owned.keySet()));
        } catch (WakeupException _) {
            revoke(List.copyOf(owned.keySet()));
        } catch (RuntimeException e) {
            LOG.error("the ledger worker stops", e);
            stop(List.copyOf(owned.values()), Duration.ZERO);
            onFailure.accept(e);
        } finally {
            consumer.close();
        }
    }

    /** Positions a partition once its runner knows where, holds back when that is full, and replaces it when it was lost. */
    private void care(TopicPartition partition, Owned state) {
        var offset = state.runner.workOffset();
        if (state.runner.lost()) {
            consumer.pause(List.of(partition));
            if (state.dueForRestart(System.nanoTime())) {
                state.restart(runner(partition));
            }
        } else if (offset.isEmpty() || state.runner.full()) {
            consumer.pause(List.of(partition));
        } else {
            if (!state.positioned) {
                consumer.seek(partition, offset.getAsLong());
                state.positioned = true;
            }
            state.forgetRestarts(System.nanoTime());
            consumer.resume(List.of(partition));
        }
    }

    private PartitionRunner runner(TopicPartition partition) {
        var runner = new PartitionRunner(partition.partition(), mailbox -> equip(partition, mailbox));
        runner.start();
        return runner;
    }

    /** On the runner's thread: fencing may take a while, and must come before the offset is read. */
    private PartitionRunner.Equipment equip(TopicPartition work, Mailbox mailbox) {
        var log = new KafkaPartitionLog(
                config,
                feeds,
                work.partition(),
                instance,
                clients,
                this::group,
                ledgerMeters.new Share(),
                tracing.batches());
        try {
            log.fence();
            return equip(work.partition(), committed(work), log, mailbox);
        } catch (RuntimeException e) {
            try {
                log.close();
            } catch (RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    private long committed(TopicPartition work) {
        try {
            var offsets = admin.listConsumerGroupOffsets(
                            Map.of(groupId, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(work))),
                            new ListConsumerGroupOffsetsOptions().requireStable(true))
                    .partitionsToOffsetAndMetadata(groupId)
                    .get();
            if (!offsets.containsKey(work)) {
                // The client leaves out what the broker withholds, instead of waiting for it.
                throw new PartitionLostException("the committed offset of " + work + " is withheld", null);
            }
            var offset = offsets.get(work);
            if (offset == null) {
                // The start has made sure of it, so somebody deleted it since; to begin anew could buy again.
                var gone = "group %s has no offset for %s any more: start again to see what that costs"
                        .formatted(groupId, work);
                onFailure.accept(new IllegalStateException(gone));
                throw new PartitionLostException(gone, null);
            }
            return offset.offset();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PartitionLostException("stopped while taking over " + work, e);
        } catch (ExecutionException e) {
            throw new PartitionLostException("cannot read the committed offset of " + work, e.getCause());
        }
    }

    private PartitionRunner.Equipment equip(int partition, long workOffset, KafkaPartitionLog log, Mailbox mailbox) {
        var ledger = config.ledger();
        var clock = ActorClock.system();
        var vendor = new HttpVendor(partition, workshop, mailbox, clock);
        var settings = new LifecycleSettings(
                ledger.pollDelays(),
                ledger.createTimeout(),
                ledger.quiesceMargin(),
                ledger.listingsApart(),
                ledger.runningMax(),
                ledger.doubtsMax(),
                ledger.itemAttemptsMax(),
                ledger.missingRetriesMax(),
                ledger.onVendorCancel().equals("return"),
                ledger.retryDelayMax(),
                ledger.hedgeMargin());
        var lifecycle = new BatchLifecycle(settings, this::rules);
        var publications = new Publications(this::providerOf, ledger.itemRetryDelays());
        var actor = new PartitionActor(
                partition,
                workPartitions,
                log,
                vendor,
                clock,
                lifecycle,
                publications,
                ledger.pollJitter(),
                System.nanoTime());
        return new PartitionRunner.Equipment(workOffset, actor, log, vendor);
    }

    /** Of an account that is not configured any more nothing is assumed; its batches wait for it. */
    private AccountRules rules(String account) {
        return rules.getOrDefault(account, UNKNOWN_ACCOUNT);
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
        stop(disown(partitions), config.ledger().stopWait());
    }

    private List<Owned> disown(Collection<TopicPartition> partitions) {
        return partitions.stream().map(owned::remove).filter(Objects::nonNull).toList();
    }

    /** All at once: the wait for one partition's create is the wait for every one's. */
    private static void stop(List<Owned> partitions, Duration wait) {
        var deadline = System.nanoTime() + wait.toNanos();
        partitions.forEach(partition -> partition.runner.beginStop());
        partitions.forEach(
                partition -> partition.runner.awaitStop(Duration.ofNanos(Math.max(0, deadline - System.nanoTime()))));
    }

    /** Waits for creates under way as long as configured, then leaves them to the next owner. */
    @Override
    public void close() {
        stopping = true;
        consumer.wakeup();
        try {
            thread.join(config.ledger().stopWait().plusSeconds(30).toMillis());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        consumerMetrics.close();
        sweeper.close();
        pollWishes.close();
        bodies.close();
        manifests.close();
        admin.close(Duration.ofSeconds(5));
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            group = consumer.groupMetadata();
            consumer.pause(partitions);
            partitions.forEach(partition -> owned.put(partition, new Owned(runner(partition))));
            runners = owned.values().stream().map(state -> state.runner).toList();
            assigned = true;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // What they still commit has to be of the generation that takes them away.
            group = consumer.groupMetadata();
            revoke(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            // Others own them already: nothing is waited for.
            stop(disown(partitions), Duration.ZERO);
        }
    }

    private static final class Owned {
        private PartitionRunner runner;
        private boolean positioned;
        private long startedAtNanos;
        private long restartAtNanos;
        private int restarts;

        private Owned(PartitionRunner runner) {
            this.runner = runner;
        }

        private boolean dueForRestart(long nowNanos) {
            if (restartAtNanos == 0) {
                var delay = Duration.ofMillis(200L << Math.min(restarts++, 10));
                var bounded = delay.compareTo(RESTART_DELAY_MAX) < 0 ? delay : RESTART_DELAY_MAX;
                restartAtNanos = nowNanos + bounded.toNanos();
            }
            return nowNanos - restartAtNanos >= 0;
        }

        /** Only a runner that lives on is well: one may die of the same thing again and again. */
        private void forgetRestarts(long nowNanos) {
            if (restarts > 0 && runner.ready() && nowNanos - startedAtNanos > WELL_AFTER.toNanos()) {
                restarts = 0;
            }
        }

        private void restart(PartitionRunner newRunner) {
            runner = newRunner;
            startedAtNanos = System.nanoTime();
            positioned = false;
            restartAtNanos = 0;
        }
    }
}

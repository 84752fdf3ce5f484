package dev.halfrate.processor.ops;

import static java.util.Objects.requireNonNullElse;

import dev.halfrate.processor.balance.BatchFigures;
import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.balance.Spends;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.processor.money.Budget;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.SpendRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Reads from Kafka where everything stands, whether anybody runs or not. */
public final class StatusReader implements AutoCloseable {
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(200);

    /** Of the lane-inbox; more of them are said to be on their way, but not counted. */
    private static final int TRANSIT_RECORDS_MAX = 10_000;

    private static final String RETIRED_LANES = "(idle lanes)";

    private final HalfrateConfig config;
    private final Admin admin;

    private StatusReader(HalfrateConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /** @throws StartupException if the cluster does not answer, or the application has never run there */
    public static StatusReader open(HalfrateConfig config) throws InterruptedException {
        var servers = config.kafka().getOrDefault(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "");
        TopicSetup.awaitReachable(servers);
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        var reader = new StatusReader(config, Admin.create(settings));
        try {
            if (reader.partitions(config.birthsTopic()).isEmpty()) {
                throw new StartupException("topic %s does not exist at %s: has %s ever run there?"
                        .formatted(config.birthsTopic(), servers, config.application()));
            }
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** @throws StartupException if Kafka does not answer */
    public Status read() throws InterruptedException {
        try {
            var now = Instant.now();
            return new Status(
                    now,
                    processes(),
                    partitions(config.intakeGroup(), config.topics().requests(), Births.requestsTopics(config)),
                    partitions(config.sourcesGroup(), config.sourceTopics(), Births.eventsTopics(config)),
                    lanes(),
                    pauses(),
                    inTransit(),
                    ledger(now),
                    budgets(now),
                    new OpenTransactions(admin, config.topics()).tooLong(now),
                    Births.faults(config));
        } catch (KafkaException e) {
            throw new StartupException("the status cannot be read: " + e.getMessage(), e);
        }
    }

    private int processes() throws InterruptedException {
        var group = config.intakeGroup();
        try {
            var description = admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group);
            return description == null ? 0 : get(description).members().size();
        } catch (GroupIdNotFoundException _) {
            return 0;
        }
    }

    /** @param born the topics that the group ever read, and of how many partitions each */
    private List<Status.Partition> partitions(String group, List<String> configured, Map<String, Integer> born)
            throws InterruptedException {
        var offsets = committed(group);
        // What was read from a topic that is not configured any more went to the lanes all the same.
        var topics = new TreeSet<>(born.keySet());
        topics.addAll(configured);
        var read = new ArrayList<Status.Partition>();
        for (var topic : topics) {
            var existing = partitions(topic);
            var ends = ends(existing);
            for (var number = 0; number < Math.max(existing.size(), born.getOrDefault(topic, 0)); number++) {
                var partition = new TopicPartition(topic, number);
                var offset = offsets.get(partition);
                if (offset != null) {
                    read.add(new Status.Partition(
                            topic,
                            number,
                            ReadCounts.parse(offset.metadata()),
                            Math.max(0, ends.getOrDefault(partition, 0L) - offset.offset()),
                            configured.contains(topic)));
                } else if (number < born.getOrDefault(topic, 0)) {
                    read.add(new Status.Partition(
                            topic,
                            number,
                            ReadCounts.UNKNOWN,
                            ends.getOrDefault(partition, 0L),
                            configured.contains(topic)));
                }
            }
        }
        return read;
    }

    // ---- lanes ----

    private List<Status.Lane> lanes() throws InterruptedException {
        var inBatches = inBatches();
        var retired = LaneTotals.NONE;
        var lanes = new ArrayList<Status.Lane>();
        for (var held : compacted(config.lanesChangelog("lanes")).values()) {
            for (var entry : held.entrySet()) {
                var lane = InternalFormat.LANE_RECORD.decode(entry.getValue());
                if (lane.getPool().isEmpty()) {
                    retired = retired.plus(LaneTotals.of(lane));
                } else {
                    lanes.add(new Status.Lane(
                            LaneName.of(lane.getLane()),
                            LaneTotals.of(lane),
                            (long) lane.getWaiting() + lane.getDelayed(),
                            inBatches.getOrDefault(entry.getKey(), 0L),
                            turnaround(lane.getTurnaroundsMs()),
                            lane.getLearnedBytes() == 0 ? null : lane.getEstimateErrorPermille()));
                }
            }
        }
        lanes.sort(Comparator.comparingLong((Status.Lane lane) -> lane.totals().accepted())
                .reversed()
                .thenComparing(Status.Lane::name));
        if (!retired.equals(LaneTotals.NONE)) {
            lanes.add(new Status.Lane(RETIRED_LANES, retired, 0, 0));
        }
        return lanes;
    }

    private List<Status.Pause> pauses() throws InterruptedException {
        return compacted(config.lanesChangelog("pauses")).values().stream()
                .flatMap(held -> held.values().stream())
                .map(InternalFormat.PAUSE_RECORD::decode)
                .map(pause -> new Status.Pause(
                        pause.getLane().isEmpty() ? pause.getAccount() : pause.getLane(),
                        Instant.ofEpochMilli(pause.getAt()),
                        pause.getBy()))
                .sorted(Comparator.comparing(Status.Pause::since))
                .toList();
    }

    private static Status.@Nullable Turnaround turnaround(List<Long> millis) {
        if (millis.isEmpty()) {
            return null;
        }
        var sorted = millis.stream().sorted().toList();
        return new Status.Turnaround(sorted.size(), sorted.getFirst(), ranked(sorted, 50), ranked(sorted, 90));
    }

    /** @return what so many percent of them were at most */
    private static long ranked(List<Long> sorted, int percent) {
        return sorted.get((sorted.size() * percent + 99) / 100 - 1);
    }

    /** @return requests in batches that have not settled, by the key of their lane */
    private Map<Bytes, Long> inBatches() throws InterruptedException {
        var inBatches = new HashMap<Bytes, Long>();
        for (var held : compacted(config.lanesChangelog("batches")).values()) {
            for (var value : held.values()) {
                var batch = InternalFormat.SEALED_BATCH.decode(value);
                if (batch.getSettledAt() == null) {
                    var returned = BitSet.valueOf(batch.getReturned()).cardinality();
                    inBatches.merge(Bytes.wrap(batch.getLane().bytes()), (long) batch.getItems() - returned, Long::sum);
                }
            }
        }
        return inBatches;
    }

    private List<Status.Budget> budgets(Instant now) throws InterruptedException {
        if (config.money().budgets().isEmpty()) {
            return List.of();
        }
        var today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        var spent = new ArrayList<SpendRecord>();
        for (var held : compacted(config.lanesChangelog("spend")).values()) {
            held.values().forEach(value -> spent.add(InternalFormat.SPEND_RECORD.decode(value)));
        }
        var payers = new HashMap<Bytes, LaneRecord>();
        for (var held : compacted(config.lanesChangelog("lanes")).values()) {
            held.forEach((key, value) -> payers.put(key, InternalFormat.LANE_RECORD.decode(value)));
        }
        var reserved = new HashMap<LaneRecord, Long>();
        for (var held : compacted(config.lanesChangelog("batches")).values()) {
            for (var value : held.values()) {
                var batch = InternalFormat.SEALED_BATCH.decode(value);
                var payer = payers.get(Bytes.wrap(batch.getLane().bytes()));
                if (payer != null && batch.getSettledAt() == null) {
                    reserved.merge(payer, batch.getReservedPicos(), Long::sum);
                }
            }
        }
        return config.money().budgets().stream()
                .map(budget -> new Status.Budget(
                        budget.name(),
                        budget.limit(),
                        sum(spent.stream()
                                .filter(day -> budget.binds(day.getPool(), day.getTag())
                                        && budget.counts(LocalDate.ofEpochDay(day.getDay()), today))
                                .map(SpendRecord::getPicos)),
                        sum(reserved.entrySet().stream()
                                .filter(payer -> budget.binds(
                                        payer.getKey().getPool(),
                                        payer.getKey().getLane().getTag()))
                                .map(Map.Entry::getValue)),
                        budget.atLimit() == Budget.AtLimit.REJECT))
                .toList();
    }

    private static Usd sum(Stream<Long> picos) {
        return picos.map(Usd::new).reduce(Usd.ZERO, Usd::plus);
    }

    private Status.InTransit inTransit() throws InterruptedException {
        var from = committed(config.lanesGroup());
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(from.keySet());
            from.forEach((partition, offset) -> consumer.seek(partition, offset.offset()));
            var ends = consumer.endOffsets(from.keySet());
            var requests = 0L;
            var records = 0;
            var deadline = System.nanoTime() + ANSWER_WITHIN.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (records > TRANSIT_RECORDS_MAX || System.nanoTime() - deadline > 0) {
                    return new Status.InTransit(requests, false);
                }
                for (var entry : consumer.poll(POLL)) {
                    records++;
                    if (InternalFormat.decodeAny(entry.value()) instanceof RefChunk chunk) {
                        requests += chunk.getRefs().size();
                    }
                }
            }
            return new Status.InTransit(requests, true);
        }
    }

    // ---- ledger ----

    private Status.Ledger ledger(Instant now) throws InterruptedException {
        var states = new TreeMap<String, Long>();
        var holds = new ArrayList<Status.Hold>();
        var doubts = 0L;
        var twins = 0L;
        var billedTwice = 0L;
        var released = 0L;
        var missing = 0L;
        var called = 0L;
        var hedged = 0L;
        var late = 0L;
        var spends = new ArrayList<BatchSpend>();
        for (var batch : batches()) {
            var figures = BatchFigures.of(batch);
            states.merge(figures.state(), 1L, Long::sum);
            if (figures.hold()) {
                holds.add(hold(batch));
            }
            doubts += figures.doubt() ? 1 : 0;
            twins += figures.twins();
            billedTwice += figures.billedTwice();
            released += figures.released();
            missing += figures.missing();
            called += figures.called();
            hedged += figures.hedged();
            late += figures.late();
            spends.add(Spends.counted(batch, now));
        }
        holds.sort(Comparator.comparing(Status.Hold::since));
        return new Status.Ledger(
                states,
                doubts,
                holds,
                twins,
                billedTwice,
                released,
                missing,
                called,
                hedged,
                late,
                Report.total(spends));
    }

    /** @return what was spent on each batch that the ledger holds */
    public List<BatchSpend> spends() throws InterruptedException {
        var now = Instant.now();
        return batches().stream().map(batch -> Spends.counted(batch, now)).toList();
    }

    private List<LedgerRecord> batches() throws InterruptedException {
        var batches = new ArrayList<LedgerRecord>();
        for (var held : compacted(config.topics().ledger()).values()) {
            for (var value : held.values()) {
                if (InternalFormat.decodeAny(value) instanceof LedgerRecord batch) {
                    batches.add(batch);
                }
            }
        }
        return batches;
    }

    private static Status.Hold hold(LedgerRecord batch) {
        var ended = batch.getSucceededCount()
                + batch.getFailedCount()
                + batch.getExpiredCount()
                + batch.getCancelledCount()
                + batch.getReturnedCount()
                + batch.getElsewhereCount();
        return new Status.Hold(
                batch.getBatchId(),
                LaneName.of(batch.getLane()),
                batch.getItems() - ended,
                Instant.ofEpochMilli(batch.getChangedAt()),
                batch.getReason(),
                batch.getAttempts().size());
    }

    // ---- Kafka ----

    private Map<TopicPartition, Map<Bytes, byte[]>> compacted(String topic) throws InterruptedException {
        return CompactedTopics.read(config, partitions(topic));
    }

    /** @return none if there is no such topic */
    private List<TopicPartition> partitions(String topic) throws InterruptedException {
        try {
            var answer = admin.describeTopics(List.of(topic)).topicNameValues().get(topic);
            var partitions = answer == null ? 0 : get(answer).partitions().size();
            return IntStream.range(0, partitions)
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
        } catch (UnknownTopicOrPartitionException _) {
            return List.of();
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> committed(String group) throws InterruptedException {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (offset != null) {
                        offsets.put(partition, offset);
                    }
                });
        return offsets;
    }

    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) throws InterruptedException {
        var ends = get(admin.listOffsets(
                        partitions.stream().collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.latest())))
                .all());
        return ends.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            var cause = requireNonNullElse(e.getCause(), e);
            throw cause instanceof KafkaException known ? known : new KafkaException(cause);
        }
    }

    @Override
    public void close() {
        admin.close(ANSWER_WITHIN);
    }
}

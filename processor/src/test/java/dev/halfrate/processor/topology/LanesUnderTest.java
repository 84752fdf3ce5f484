package dev.halfrate.processor.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.SignalKind;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import dev.halfrate.schemas.internal.WorkKeys;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

/** The lanes' topology with a clock that is set by hand, and which can be restarted from its changelogs. */
final class LanesUnderTest implements AutoCloseable {
    static final Instant START = Instant.parse("2026-11-21T12:00:00Z");
    static final int WORK_PARTITIONS = 7;
    static final LaneId LANE = lane("main", "small");
    static final TopicsConfig TOPICS = new TopicsConfig(
            List.of("llm.requests"),
            "llm.results",
            "parts",
            "llm.batches",
            "llm.dlq",
            "diagnostics",
            "lane-inbox",
            "work",
            "ledger",
            true,
            1,
            1);

    private static final Duration LIFE = Duration.ofDays(3);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LaneStreamsSettings settings;
    private final LaneMetrics metrics;
    private final LaneTopology topology;
    private final Map<String, Map<Bytes, byte[]>> changelogs = new LinkedHashMap<>();
    private TopologyTestDriver driver;
    private Instant now = START;
    private long nextOffset;

    LanesUnderTest(Path stateDir, LanesConfig config, Map<String, AccountLimits> accounts) {
        this(stateDir, config, accounts, BudgetRules.NONE);
    }

    LanesUnderTest(Path stateDir, LanesConfig config, Map<String, AccountLimits> accounts, BudgetRules budgets) {
        settings = new LaneStreamsSettings("halfrate", stateDir, Map.of("bootstrap.servers", "none:1"), 1, 1, 0);
        metrics = new LaneMetrics(meters);
        topology = new LaneTopology(TOPICS, WORK_PARTITIONS, config, accounts, budgets, meters);
        driver = start();
    }

    private TopologyTestDriver start() {
        return new TopologyTestDriver(
                topology.with(() -> new Restored(topology.processor(metrics))), settings.properties(), now);
    }

    /** As after a crash: memory and local stores are gone, the changelogs are read. */
    void restart() {
        for (var store : List.of("lanes", "chunks", "delayed", "ids", "batches", "learned", "spend")) {
            var changelog = changelogs.computeIfAbsent(store, _ -> new LinkedHashMap<>());
            for (var record : read(settings.applicationId() + "-" + store + "-changelog")) {
                var key = Bytes.wrap(record.key());
                if (record.value() == null) {
                    changelog.remove(key);
                } else {
                    changelog.put(key, record.value());
                }
            }
        }
        driver.close();
        driver = start();
    }

    /** Fills the stores before the processor sees them. */
    private final class Restored implements Processor<byte[], byte[], byte[], Outgoing> {
        private final LaneProcessor processor;

        Restored(LaneProcessor processor) {
            this.processor = processor;
        }

        @Override
        public void init(ProcessorContext<byte[], Outgoing> context) {
            changelogs.forEach((name, changelog) -> {
                KeyValueStore<Object, Object> store = context.getStateStore(name);
                changelog.forEach((key, value) -> store.put(
                        name.equals("batches") || name.equals("spend") ? new String(key.get(), UTF_8) : key,
                        InternalFormat.decodeAny(value)));
            });
            processor.init(context);
            // A revived task is initialized on the same processor again.
            processor.init(context);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            processor.process(record);
        }

        @Override
        public void close() {
            processor.close();
        }
    }

    // ---- what happens ----

    static LaneId lane(String account, String model) {
        return new LaneId(account, "/v1/chat/completions", model, "", List.of(), "24h", "");
    }

    Ref ref(String customId, int content, int lineBytes, Duration life) {
        var hash = new byte[16];
        hash[0] = (byte) content;
        return new Ref(
                0,
                3,
                nextOffset++,
                customId,
                20,
                100,
                lineBytes,
                new Hash(hash),
                now.toEpochMilli(),
                now.plus(life).toEpochMilli(),
                0,
                0,
                "",
                "00-trace",
                Map.of(),
                0,
                0L,
                0L,
                false,
                "",
                Map.of(),
                0L);
    }

    /** Requests of 100 bytes and the same content. */
    List<Ref> refs(String... customIds) {
        var refs = new ArrayList<Ref>();
        for (var customId : customIds) {
            refs.add(ref(customId, 1, 100, LIFE));
        }
        return refs;
    }

    static RefChunk chunk(LaneId lane, List<Ref> refs, Instant notBefore) {
        return new RefChunk(
                "pool",
                lane,
                List.of(new Source(new TopicId(new byte[16]), "llm.requests")),
                refs,
                notBefore.toEpochMilli());
    }

    byte[] arrive(List<Ref> refs) {
        return arrive(LANE, refs);
    }

    byte[] arrive(LaneId lane, List<Ref> refs) {
        var framed = InternalFormat.REF_CHUNK.encode(chunk(lane, refs, Instant.EPOCH));
        inbox(framed);
        return framed;
    }

    void returned(String batchId, List<Ref> refs) {
        returned(batchId, refs, Instant.EPOCH);
    }

    void returned(String batchId, List<Ref> refs, Instant notBefore) {
        returned(LANE, batchId, refs, notBefore);
    }

    private void returned(LaneId lane, String batchId, List<Ref> refs, Instant notBefore) {
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.RETURNED, batchId)
                .setLane(lane)
                .setSucceeded(ByteBuffer.allocate(0))
                .setReturned(chunk(lane, refs, notBefore))
                .build()));
    }

    /** The vendor refuses a batch because it allows no more tokens than that. */
    void refused(ManifestChunk manifest, long limitTokens) {
        refused(List.of(manifest), limitTokens);
    }

    /** @param batch all of its manifest */
    void refused(List<ManifestChunk> batch, long limitTokens) {
        var manifest = batch.getFirst();
        var batchId = manifest.getBatchId();
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.QUEUE_FULL, batchId)
                .setLane(manifest.getLane())
                .setSucceeded(ByteBuffer.allocate(0))
                .setLimitTokens(limitTokens)
                .build()));
        batch.forEach(part -> returned(part.getLane(), batchId, refs(part), Instant.EPOCH));
        settled(batchId, List.of(), 0);
    }

    /** All of a batch has failed, at a price. */
    void paid(ManifestChunk manifest, long costPicos, long exposurePicos) {
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.SETTLED, manifest.getBatchId())
                .setLane(manifest.getLane())
                .setSucceeded(ByteBuffer.allocate(0))
                .setFailedCount(manifest.getItems())
                .setCostPicos(costPicos)
                .setExposurePicos(exposurePicos)
                .build()));
    }

    /** All of a batch has succeeded, and had so many input tokens. */
    void answered(ManifestChunk manifest, long inputTokens) {
        var items = manifest.getItems();
        var bits = new BitSet();
        bits.set(0, items);
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.SETTLED, manifest.getBatchId())
                .setLane(manifest.getLane())
                .setSucceeded(ByteBuffer.wrap(bits.toByteArray()))
                .setSucceededCount(items)
                .setAnsweredCount(items)
                .setAnsweredBytes(manifest.getBytes())
                .setInputTokens(inputTokens)
                .setOutputTokens(items)
                .build()));
    }

    /** What neither succeeded nor was returned has failed. */
    void settled(String batchId, Collection<Integer> succeeded) {
        settled(batchId, succeeded, unended(batchId) - succeeded.size());
    }

    void settled(String batchId, Collection<Integer> succeeded, int failed) {
        var bits = new BitSet();
        succeeded.forEach(bits::set);
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.SETTLED, batchId)
                .setSucceeded(ByteBuffer.wrap(bits.toByteArray()))
                .setSucceededCount(succeeded.size())
                .setFailedCount(failed)
                .build()));
    }

    /** All of it succeeded, and its remote batch took so long. */
    void settled(String batchId, Duration turnaround) {
        inbox(InternalFormat.SIGNAL.encode(signal(SignalKind.SETTLED, batchId)
                .setSucceeded(ByteBuffer.wrap(new byte[] {0b1111}))
                .setSucceededCount(unended(batchId))
                .setTurnaroundMs(turnaround.toMillis())
                .build()));
    }

    Ref refUntil(String customId, Duration fromNow) {
        return Ref.newBuilder(ref(customId, 1, 100, LIFE))
                .setDeadline(now.plus(fromNow).toEpochMilli())
                .build();
    }

    Ref autoRef(String customId) {
        return Ref.newBuilder(ref(customId, 1, 100, LIFE)).setAuto(true).build();
    }

    private Signal.Builder signal(SignalKind kind, String batchId) {
        return Signal.newBuilder()
                .setKind(kind)
                .setPool("pool")
                .setLane(LANE)
                .setBatchId(batchId)
                .setAt(now.toEpochMilli())
                .setReturned(null);
    }

    private int unended(String batchId) {
        KeyValueStore<String, SealedBatch> batches = driver.getKeyValueStore("batches");
        var batch = batches.get(batchId);
        return batch == null
                ? 0
                : batch.getItems() - BitSet.valueOf(batch.getReturned()).cardinality();
    }

    void cancel(String customId) {
        inbox(InternalFormat.COMMAND.encode(new Command(
                CommandKind.CANCEL_REQUEST, "c", "pool", null, customId, Map.of(), now.toEpochMilli(), "test")));
    }

    /** @return commands to the ledger since the last look: batch and item */
    List<Map.Entry<String, String>> withdrawals() {
        return read(TOPICS.work()).stream()
                .map(record -> InternalFormat.COMMAND.decode(record.value()))
                .map(command ->
                        Map.entry(command.getTarget(), command.getArguments().getOrDefault(WorkKeys.ITEM, "")))
                .toList();
    }

    void command(CommandKind kind) {
        inbox(InternalFormat.COMMAND.encode(
                new Command(kind, "c", "pool", null, "", Map.of(), now.toEpochMilli(), "test")));
    }

    void inbox(byte[] value) {
        driver.createInputTopic(TOPICS.laneInbox(), new ByteArraySerializer(), new ByteArraySerializer())
                .pipeInput(new TestRecord<>("pool".getBytes(UTF_8), value, now));
    }

    /** Time passes and no tick comes. */
    void clock(Duration time) {
        now = now.plus(time);
    }

    void advance(Duration time) {
        now = now.plus(time);
        driver.advanceWallClockTime(time);
    }

    // ---- what can be seen ----

    Instant now() {
        return now;
    }

    List<TestRecord<byte[], byte[]>> read(String topic) {
        return driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .readRecordsToList();
    }

    List<ManifestChunk> manifests() {
        return read(TOPICS.work()).stream()
                .map(record -> InternalFormat.MANIFEST_CHUNK.decode(record.value()))
                .toList();
    }

    List<Result> results() {
        return read(TOPICS.results()).stream()
                .map(record -> ResultCodec.fromRecord(received(TOPICS.results(), record)))
                .toList();
    }

    List<DeadLetter> deadLetters() {
        return read(TOPICS.deadLetters()).stream()
                .map(record -> DeadLetterCodec.fromRecord(received(TOPICS.deadLetters(), record)))
                .toList();
    }

    private static ConsumerRecord<byte[], byte[]> received(String topic, TestRecord<byte[], byte[]> record) {
        return new ConsumerRecord<>(
                topic,
                0,
                0,
                record.timestamp(),
                TimestampType.CREATE_TIME,
                0,
                0,
                record.key(),
                record.value(),
                record.headers(),
                Optional.empty());
    }

    static List<Ref> refs(ManifestChunk manifest) {
        var chunk = InternalFormat.REF_CHUNK.decode(bytes(manifest.getRefChunk()));
        return chunk.getRefs().subList(manifest.getFrom(), manifest.getUntil());
    }

    static List<String> customIds(ManifestChunk manifest) {
        return refs(manifest).stream().map(Ref::getCustomId).toList();
    }

    static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    List<Sighting> search(String customId) {
        return new LaneSearch(
                        driver.getKeyValueStore(LaneStores.LANES),
                        driver.getKeyValueStore(LaneStores.CHUNKS),
                        driver.getKeyValueStore(LaneStores.DELAYED),
                        driver.getKeyValueStore(LaneStores.IDS),
                        driver.getKeyValueStore(LaneStores.BATCHES))
                .find("pool", customId);
    }

    double count(String meter, String... tags) {
        var found = meters.find(meter).tags(tags).counter();
        return found == null ? 0 : found.count();
    }

    boolean hasGauge(String meter) {
        return meters.find(meter).gauge() != null;
    }

    /** @return what all lanes came to, dropped ones included, as it is stored */
    LaneTotals totals() {
        var totals = LaneTotals.NONE;
        KeyValueStore<Bytes, LaneRecord> stored = driver.getKeyValueStore("lanes");
        try (var all = stored.all()) {
            while (all.hasNext()) {
                totals = totals.plus(LaneTotals.of(all.next().value));
            }
        }
        return totals;
    }

    /** @return of all lanes and everything that became of their requests */
    double counter(String meter) {
        return meters.get(meter).counter().count();
    }

    double gauge(String meter, String... tags) {
        return meters.find(meter).tags(tags).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    /** @return records in a store */
    int stored(String store) {
        var records = 0;
        try (var all = driver.getKeyValueStore(store).all()) {
            for (; all.hasNext(); all.next()) {
                records++;
            }
        }
        return records;
    }

    @Override
    public void close() {
        driver.close();
    }
}

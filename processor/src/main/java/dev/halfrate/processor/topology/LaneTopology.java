package dev.halfrate.processor.topology;

import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.ResultTopics;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.tracing.Tracing;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;

/**
 * The lanes as a topology: from the inbox through one processor to manifests, and to the results and dead
 * letters of requests that end in a lane.
 *
 * @param results where those go
 * @param workPartitions of the work topic as it is, not as it is configured
 * @param accounts by name
 */
public record LaneTopology(
        TopicsConfig topics,
        ResultTopics results,
        int workPartitions,
        LanesConfig lanes,
        Map<String, AccountLimits> accounts,
        BudgetRules budgets,
        FeedWriter feeds,
        MeterRegistry meters,
        Tracing tracing)
        implements Supplier<Topology> {

    static final String INBOX = "inbox";
    static final String LANES = "windows";
    static final String WORK = "manifests";
    static final String RESULTS = "results";
    static final String DEAD_LETTERS = "dead-letters";

    public LaneTopology {
        accounts = Map.copyOf(accounts);
    }

    /** With results in JSON, and all in one topic. */
    public LaneTopology(
            TopicsConfig topics,
            int workPartitions,
            LanesConfig lanes,
            Map<String, AccountLimits> accounts,
            BudgetRules budgets,
            MeterRegistry meters) {
        this(
                topics,
                new ResultTopics(topics.results(), List.of()),
                workPartitions,
                lanes,
                accounts,
                budgets,
                FeedWriter.JSON,
                meters,
                Tracing.OFF);
    }

    /** Without budgets. */
    public LaneTopology(
            TopicsConfig topics,
            int workPartitions,
            LanesConfig lanes,
            Map<String, AccountLimits> accounts,
            MeterRegistry meters) {
        this(topics, workPartitions, lanes, accounts, BudgetRules.NONE, meters);
    }

    @Override
    public Topology get() {
        var metrics = new LaneMetrics(meters);
        return with(() -> processor(metrics));
    }

    LaneProcessor processor(LaneMetrics metrics) {
        return new LaneProcessor(context -> new LaneTask(this, metrics, context));
    }

    Topology with(ProcessorSupplier<byte[], byte[], byte[], Outgoing> processor) {
        var topology = new Topology();
        topology.addSource(
                AutoOffsetReset.none(),
                INBOX,
                new NeverNegativeTimestamp(),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer(),
                topics.laneInbox());
        topology.addProcessor(LANES, processor, INBOX);
        LaneStores.builders().forEach(store -> topology.addStateStore(store, LANES));
        for (var sink : List.of(WORK, RESULTS, DEAD_LETTERS)) {
            topology.addSink(
                    sink,
                    Outgoing.TOPIC,
                    new ByteArraySerializer(),
                    Outgoing.serializer(),
                    Outgoing.PARTITIONER,
                    LANES);
        }
        return topology;
    }
}

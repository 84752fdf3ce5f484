package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.tracing.Tracing;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Hands requests to their lanes, answers those that cannot be batched, and buries the rest. */
final class RequestReading implements Reading {
    private final HalfrateConfig config;
    private final FeedWriter feeds;
    private final WriterSchemas schemas;
    private final Map<String, Capabilities> capabilities;
    private final IntakeMeters meters;
    private final Tracing tracing;

    /**
     * @param schemas that requests in Avro are written with
     * @param capabilities of every account, by its name
     */
    RequestReading(
            HalfrateConfig config,
            FeedWriter feeds,
            WriterSchemas schemas,
            Map<String, Capabilities> capabilities,
            IntakeMeters meters,
            Tracing tracing) {
        this.config = config;
        this.feeds = feeds;
        this.schemas = schemas;
        this.capabilities = Map.copyOf(capabilities);
        this.meters = meters;
        this.tracing = tracing;
    }

    @Override
    public String name() {
        return "intake";
    }

    @Override
    public List<String> topics() {
        return config.topics().requests();
    }

    @Override
    public Sorting with(Topics topics) {
        var sorter = new RequestSorter(config, schemas, capabilities, topics);
        return (records, now) -> {
            var sorted = sorter.sort(records, now);
            return new DecidedRequests(sorted, records(sorted, topics), () -> {
                meters.count(sorted);
                tracing.answered(
                        sorted.answers().stream().map(Sorted.Answer::result).toList());
                tracing.buried(sorted.deadLetters(), now);
            });
        };
    }

    private List<ProducerRecord<byte[], byte[]>> records(Sorted sorted, Topics topics) {
        TopicsConfig names = config.topics();
        var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
        for (var chunk : sorted.chunks()) {
            records.add(new ProducerRecord<>(
                    names.laneInbox(),
                    InboxPartitions.of(chunk.getPool(), topics.inboxPartitions()),
                    chunk.getPool().getBytes(UTF_8),
                    InternalFormat.REF_CHUNK.encode(chunk)));
        }
        // After the requests that were read with them: those may be the ones that are meant.
        for (var cancel : sorted.cancels()) {
            cancel.pools()
                    .forEach(pool -> records.add(new ProducerRecord<>(
                            names.laneInbox(),
                            InboxPartitions.of(pool, topics.inboxPartitions()),
                            pool.getBytes(UTF_8),
                            InternalFormat.COMMAND.encode(command(cancel, pool)))));
        }
        for (var answer : sorted.answers()) {
            records.add(feeds.toRecord(
                    config.resultTopics().of(answer.result().request().rule()), answer.result()));
        }
        for (var letter : sorted.deadLetters()) {
            records.add(DeadLetterCodec.toRecord(names.deadLetters(), letter));
        }
        return records;
    }

    private static Command command(Sorted.Cancel cancel, String pool) {
        return Command.newBuilder()
                .setKind(CommandKind.CANCEL_REQUEST)
                .setCommandId(cancel.where())
                .setPool(pool)
                .setLane(null)
                .setTarget(cancel.customId())
                .setArguments(Map.of())
                .setAt(cancel.at())
                .setBy("")
                .build();
    }

    @Override
    public void countRestart() {
        meters.countRestart();
    }

    @Override
    public void showStalled(int partitions) {
        meters.showStalled(partitions);
    }

    @Override
    public void showGap(Collection<ReadCounts> counts) {
        meters.showGap(counts);
    }

    private record DecidedRequests(Sorted sorted, List<ProducerRecord<byte[], byte[]>> records, Runnable count)
            implements Decided {
        @Override
        public Map<TopicPartition, ReadCounts> counts() {
            return sorted.counts();
        }

        @Override
        public Map<TopicPartition, Long> stalled() {
            return sorted.stalled();
        }

        @Override
        public boolean hasDeadLetters() {
            return !sorted.deadLetters().isEmpty();
        }

        @Override
        public void committed() {
            count.run();
        }
    }
}

package dev.halfrate.processor.topology;

import static java.util.Objects.requireNonNull;

import java.util.function.Function;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Kafka Streams' side of a {@link LaneTask}. Streams may revive a task on the same processor, which then starts anew. */
final class LaneProcessor implements Processor<byte[], byte[], byte[], Outgoing> {
    private final Function<ProcessorContext<byte[], Outgoing>, LaneTask> tasks;
    private @Nullable LaneTask task;

    LaneProcessor(Function<ProcessorContext<byte[], Outgoing>, LaneTask> tasks) {
        this.tasks = tasks;
    }

    @Override
    public void init(ProcessorContext<byte[], Outgoing> context) {
        close();
        task = tasks.apply(context);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        requireNonNull(task).process(record);
    }

    @Override
    public void close() {
        if (task != null) {
            task.close();
            task = null;
        }
    }
}

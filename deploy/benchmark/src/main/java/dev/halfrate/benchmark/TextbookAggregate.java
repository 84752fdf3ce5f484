package dev.halfrate.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Baseline: collects a topic's values into lists as a book on Kafka Streams would, exactly once, and writes those that are
 * full. Arguments: bootstrap servers, name, topic, topic of the lists, directory, values of a full list.
 */
public final class TextbookAggregate {
    private static final Duration WINDOW = Duration.ofHours(1);
    private static final String RECORD_BYTES_MAX = "33554432";

    private TextbookAggregate() {}

    public static void main(String[] args) throws InterruptedException {
        var settings = StreamsBaseline.settings(args[0], args[1], args[4]);
        // Its cache has room for a whole list, and is seldom flushed: else each version of it went to the changelog.
        settings.put("statestore.cache.max.bytes", "268435456");
        settings.put("commit.interval.ms", "1000");
        settings.put("topic.max.message.bytes", RECORD_BYTES_MAX);
        settings.put("producer.max.request.size", RECORD_BYTES_MAX);
        settings.put("producer.buffer.memory", "134217728");
        var full = Integer.parseInt(args[5]);
        @SuppressWarnings("unchecked") // there is no class literal of a list of texts
        Serde<List<String>> lists = Serdes.ListSerde(ArrayList.class, Serdes.String());
        var builder = new StreamsBuilder();
        builder.stream(args[2], Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW))
                .<List<String>>aggregate(
                        ArrayList::new,
                        (_, value, list) -> {
                            list.add(value);
                            return list;
                        },
                        Materialized.<String, List<String>, WindowStore<Bytes, byte[]>>with(Serdes.String(), lists))
                .toStream((window, _) -> window.key())
                .filter((_, list) -> list.size() == full)
                .to(args[3], Produced.with(Serdes.String(), lists));
        StreamsBaseline.run(builder.build(), settings);
    }
}

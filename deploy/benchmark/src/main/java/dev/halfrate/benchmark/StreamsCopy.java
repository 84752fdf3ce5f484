package dev.halfrate.benchmark;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Baseline: copies a topic, exactly once, and does nothing else. Arguments: bootstrap servers, name, topic, topic of the copy,
 * directory.
 */
public final class StreamsCopy {
    private StreamsCopy() {}

    public static void main(String[] args) throws InterruptedException {
        var settings = StreamsBaseline.settings(args[0], args[1], args[4]);
        settings.put("commit.interval.ms", "100");
        var builder = new StreamsBuilder();
        builder.stream(args[2], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .to(args[3], Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        StreamsBaseline.run(builder.build(), settings);
    }
}

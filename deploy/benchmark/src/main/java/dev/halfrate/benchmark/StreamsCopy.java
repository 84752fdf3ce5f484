package dev.halfrate.benchmark;

import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Baseline: copies a topic, exactly once, and does nothing else. Arguments: bootstrap servers, name, topic, topic of the copy,
 * directory.
 */
public final class StreamsCopy {
    public static final String READY = "the copy is ready";

    private StreamsCopy() {}

    public static void main(String[] args) throws InterruptedException {
        var settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("application.id", args[1]);
        settings.put("state.dir", args[4]);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("commit.interval.ms", "100");
        settings.put("replication.factor", "1");
        settings.put("producer.batch.size", "262144");
        settings.put("producer.linger.ms", "10");
        settings.put("consumer.max.poll.records", "5000");
        settings.put("consumer.fetch.max.bytes", "52428800");
        settings.put("consumer.max.partition.fetch.bytes", "4194304");
        settings.put("consumer.auto.offset.reset", "earliest");
        var builder = new StreamsBuilder();
        builder.stream(args[2], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .to(args[3], Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        try (var streams = new KafkaStreams(builder.build(), settings)) {
            streams.setStateListener((now, _) -> {
                if (now == KafkaStreams.State.RUNNING) {
                    System.out.println(READY);
                }
            });
            streams.start();
            new CountDownLatch(1).await();
        }
    }
}

package dev.halfrate.benchmark;

import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;

/** What all baselines in Kafka Streams have in common: exactly once, with tuned clients. */
final class StreamsBaseline {
    static final String READY = "the baseline is ready";

    private StreamsBaseline() {}

    static Properties settings(String bootstrapServers, String name, String directory) {
        var settings = new Properties();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("application.id", name);
        settings.put("state.dir", directory);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("replication.factor", "1");
        settings.put("producer.batch.size", "262144");
        settings.put("producer.linger.ms", "10");
        settings.put("consumer.max.poll.records", "5000");
        settings.put("consumer.fetch.max.bytes", "52428800");
        settings.put("consumer.max.partition.fetch.bytes", "4194304");
        settings.put("consumer.auto.offset.reset", "earliest");
        return settings;
    }

    /** Says that it is ready, and runs until the process is killed. */
    static void run(Topology topology, Properties settings) throws InterruptedException {
        try (var streams = new KafkaStreams(topology, settings)) {
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

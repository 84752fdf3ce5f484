import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Waits for the results of some requests: {@code java -cp 'lib/*' WaitForResults.java CUSTOM_ID...} */
final class WaitForResults {
    private static final Duration DAY = Duration.ofDays(1);

    private WaitForResults() {}

    public static void main(String[] customIds) throws Exception {
        await(List.of(customIds), DAY, System.out::println);
    }

    /**
     * Calls {@code then} once for each custom_id.
     *
     * <p>Reads the topic from its beginning: a request that was answered earlier is not answered again, so its result may be there
     * already.
     */
    static void await(Collection<String> customIds, Duration max, Consumer<Answer> then)
            throws IOException, TimeoutException {
        var wanted = new HashSet<>(customIds);
        var avro = new ConfluentAvro(Cluster.SCHEMA_REGISTRY);
        var deadline = System.nanoTime() + max.toNanos();
        // read_committed: what an unfinished transaction holds may never become true.
        var settings = Map.<String, Object>of(
                "bootstrap.servers", Cluster.BOOTSTRAP_SERVERS, "isolation.level", "read_committed");
        try (var consumer =
                new KafkaConsumer<String, byte[]>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(Cluster.RESULTS).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!wanted.isEmpty()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new TimeoutException("no result yet of " + wanted.size() + " requests");
                }
                for (var result : consumer.poll(Duration.ofSeconds(1))) {
                    if (wanted.remove(result.key())) {
                        then.accept(Answer.of(result.value(), avro));
                    }
                }
            }
        }
    }
}

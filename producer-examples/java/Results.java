import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads results as a service does: {@code java -cp 'lib/*' Results.java GROUP [COUNT]}. It goes on where its group stopped, and
 * ends after COUNT results.
 */
final class Results {
    private Results() {}

    public static void main(String[] words) throws Exception {
        var left = words.length > 1 ? Long.parseLong(words[1]) : Long.MAX_VALUE;
        var avro = new ConfluentAvro(Cluster.SCHEMA_REGISTRY);
        var settings = Map.<String, Object>of(
                "bootstrap.servers", Cluster.BOOTSTRAP_SERVERS,
                "group.id", words[0],
                "auto.offset.reset", "earliest",
                "enable.auto.commit", false,
                "isolation.level", "read_committed");
        try (var consumer =
                new KafkaConsumer<String, byte[]>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(Cluster.RESULTS));
            while (left > 0) {
                var results = consumer.poll(Duration.ofSeconds(1));
                for (var result : results) {
                    System.out.println(Answer.of(result.value(), avro));
                }
                // After the work: who dies in between does the work again. Make it harmless, by custom_id.
                consumer.commitSync();
                left -= results.count();
            }
        }
    }
}

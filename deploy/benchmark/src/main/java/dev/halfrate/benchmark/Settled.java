package dev.halfrate.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Reads the progress of a processor's batches, and so knows how many requests are answered. One thread. */
public final class Settled implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(5);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, JsonNode> batches = new HashMap<>();

    public Settled(String bootstrapServers, HalfrateProcess processor) {
        consumer = Committed.of(bootstrapServers, processor.batchesTopic());
    }

    /** @return requests whose results are committed, so far */
    public long requests() throws IOException {
        look();
        return batches.values().stream()
                .filter(batch -> batch.path("state").asText().equals("settled"))
                .mapToLong(batch -> batch.path("succeeded").asLong())
                .sum();
    }

    /** @return requests of batches that the vendor has taken, so far */
    public long running() throws IOException {
        look();
        return batches.values().stream()
                .filter(batch -> !batch.path("remote_batch_id").isNull())
                .mapToLong(batch -> batch.path("items").asLong())
                .sum();
    }

    private void look() throws IOException {
        for (var event : consumer.poll(POLL)) {
            var batch = JSON.readTree(event.value());
            batches.put(batch.path("batch_id").asText(), batch);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}

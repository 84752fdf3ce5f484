package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.config.HalfrateConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes records that cancel requests, as anybody may. */
public final class Cancels implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;

    private Cancels(KafkaProducer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    /** @throws StartupException if the cluster does not answer */
    public static Cancels open(HalfrateConfig config) throws InterruptedException {
        TopicSetup.awaitReachable(config.bootstrapServers());
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        return new Cancels(new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /**
     * Returns when the broker has all of them.
     *
     * @param topic that the requests were sent to
     * @param account that they named; empty for none
     */
    public void send(String topic, String account, Collection<String> customIds) throws InterruptedException {
        var sent = new ArrayList<Future<RecordMetadata>>();
        for (var customId : customIds) {
            var cancel = new ProducerRecord<byte[], byte[]>(topic, customId.getBytes(UTF_8), null);
            cancel.headers().add(Wishes.COMMAND, Wishes.CANCEL.getBytes(UTF_8));
            if (!account.isEmpty()) {
                cancel.headers().add(Wishes.ACCOUNT, account.getBytes(UTF_8));
            }
            sent.add(producer.send(cancel));
        }
        for (var each : sent) {
            try {
                each.get();
            } catch (ExecutionException e) {
                throw new StartupException("topic %s did not take it: %s".formatted(topic, e.getCause()), e);
            }
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}

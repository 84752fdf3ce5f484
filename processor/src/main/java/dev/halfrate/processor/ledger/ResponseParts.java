package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.Result;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/** Bodies too large for a record: written in parts to a topic of their own, before the result that names them. */
final class ResponseParts {
    /** Fits with its key into what brokers take if nobody tells them otherwise. */
    static final int PART_BYTES_MAX = 500_000;

    private final String topic;
    private final Function<ProducerRecord<byte[], byte[]>, RecordMetadata> delivery;

    /** @param delivery sends a record in the open transaction and waits until it has its offset */
    ResponseParts(String topic, Function<ProducerRecord<byte[], byte[]>, RecordMetadata> delivery) {
        this.topic = topic;
        this.delivery = delivery;
    }

    /** @return the result itself, or one whose body has been sent */
    Result of(Result result, int bodyBytesMax) {
        var body = result.body();
        var output = result.output();
        var outputBytes = output == null ? 0 : output.json().length;
        if (body == null || body.length <= bodyBytesMax - outputBytes) {
            return result;
        }
        if (outputBytes > bodyBytesMax) {
            return of(result.withoutOutput(), bodyBytesMax);
        }
        var key = result.customId().getBytes(UTF_8);
        var offsets = new ArrayList<Long>();
        Integer partition = null; // the first part's, for all of them
        for (var from = 0; from < body.length; from += PART_BYTES_MAX) {
            var part = Arrays.copyOfRange(body, from, Math.min(body.length, from + PART_BYTES_MAX));
            var place = delivery.apply(new ProducerRecord<>(topic, partition, key, part));
            if (!place.hasOffset()) {
                throw new KafkaException("a part of a response has no known offset");
            }
            partition = place.partition();
            offsets.add(place.offset());
        }
        return result.in(
                new Result.ResponseParts(topic, partition == null ? 0 : partition, offsets, body.length, sha256(body)));
    }

    private static String sha256(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}

package dev.halfrate.processor.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.JsonTree;
import dev.halfrate.processor.codec.UnusableValueException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Events that a class of the user's choice reads; what it gives must be an object, or JSON of one. */
final class DeserializedEvents implements EventDecoder {
    private final JsonEvents json = new JsonEvents();
    private final Deserializer<?> deserializer;

    DeserializedEvents(Deserializer<?> deserializer) {
        this.deserializer = deserializer;
    }

    @Override
    public Map<String, @Nullable Object> value(String topic, Headers headers, byte[] value) {
        return switch (deserialized(topic, headers, value)) {
            case null -> throw unusable("the deserializer gives nothing");
            case byte[] bytes -> json.value(topic, headers, bytes);
            case ByteBuffer bytes -> json.value(topic, headers, Trees.bytes(bytes));
            case CharSequence text -> json.value(topic, headers, text.toString().getBytes(UTF_8));
            case JsonNode node -> JsonTree.read(bytes(node));
            case Object other ->
                Trees.object(other)
                        .orElseThrow(() -> unusable("the deserializer gives a "
                                + other.getClass().getSimpleName()
                                + ": it must give a record, a map, JSON as text or bytes, or a JsonNode"));
        };
    }

    /** Keys are mostly texts, whatever their values are. */
    @Override
    public @Nullable Object key(String topic, Headers headers, byte[] key) {
        return json.key(topic, headers, key);
    }

    private @Nullable Object deserialized(String topic, Headers headers, byte[] value) {
        try {
            return deserializer.deserialize(topic, headers, value);
        } catch (SerializationException e) {
            if (isOutage(e)) {
                throw unreachable(e);
            }
            throw unusable("the deserializer cannot read the value");
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            throw unreachable(e);
        } catch (RuntimeException e) {
            throw unusable("the deserializer cannot read the value (%s)"
                    .formatted(e.getClass().getSimpleName()));
        }
    }

    /** Bytes that end too soon are an IOException, too. */
    private static boolean isOutage(SerializationException e) {
        return Template.causes(e)
                .anyMatch(cause -> cause instanceof SocketException
                        || cause instanceof UnknownHostException
                        || cause instanceof InterruptedIOException
                        || cause instanceof SSLException);
    }

    private static byte[] bytes(JsonNode node) {
        try {
            return Body.NODES.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw unusable("the deserializer's JSON cannot be written");
        }
    }

    /** Not as it is: the loop would take a registry's refusal for one of Kafka's. */
    private static KafkaException unreachable(KafkaException e) {
        return new KafkaException("the deserializer does not reach what it needs", e);
    }

    private static UnusableValueException unusable(String message) {
        return new UnusableValueException(DeadLetter.Reason.DECODE, message);
    }

    @Override
    public void close() {
        deserializer.close();
    }
}

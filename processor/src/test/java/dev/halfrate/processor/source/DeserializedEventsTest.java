package dev.halfrate.processor.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.codec.UnusableValueException;
import dev.halfrate.processor.config.ConfigException;
import java.io.EOFException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever a deserializer gives, templates see the same. */
class DeserializedEventsTest {
    private static final Headers NONE = new RecordHeaders();
    private static final byte[] BYTES = {1};

    @Test
    void whatIsJsonInAnyGuiseIsReadAsJson() throws Exception {
        var json = "{\"a\": 1.10}";
        var expected = Map.of("a", new BigDecimal("1.10"));

        assertThat(read(json)).isEqualTo(expected);
        assertThat(read(new Utf8(json))).isEqualTo(expected);
        assertThat(read(json.getBytes(UTF_8))).isEqualTo(expected);
        assertThat(read(ByteBuffer.wrap(json.getBytes(UTF_8)))).isEqualTo(expected);
        assertThat(read(new ObjectMapper().readTree("{\"a\": [1, \"x\", null]}")))
                .isEqualTo(Map.of("a", Arrays.asList(1L, "x", null)));
    }

    @Test
    void anAvroRecordIsAnObject() {
        var schema = new Schema.Parser().parse("""
                {"type": "record", "name": "Review", "fields": [
                 {"name": "id", "type": "int"}, {"name": "stars", "type": "float"}, {"name": "text", "type": "string"},
                 {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["GOOD", "BAD"]}},
                 {"name": "raw", "type": "bytes"}, {"name": "hash", "type": {"type": "fixed", "name": "H", "size": 2}},
                 {"name": "tags", "type": {"type": "array", "items": "string"}},
                 {"name": "more", "type": {"type": "map", "values": "long"}}, {"name": "none", "type": ["null", "string"]}]}""");
        var review = new GenericData.Record(schema);
        review.put("id", 7);
        review.put("stars", 4.1f);
        review.put("text", new Utf8("good"));
        review.put("kind", new GenericData.EnumSymbol(schema.getField("kind").schema(), "BAD"));
        review.put("raw", ByteBuffer.wrap(new byte[] {1, 2}));
        review.put("hash", new GenericData.Fixed(schema.getField("hash").schema(), new byte[] {3, 4}));
        review.put("tags", List.of(new Utf8("x")));
        review.put("more", Map.of(new Utf8("n"), 5L));

        var tree = read(review);

        assertThat(tree.keySet()).containsExactly("id", "stars", "text", "kind", "raw", "hash", "tags", "more", "none");
        assertThat(tree)
                .containsEntry("id", 7L)
                .containsEntry("stars", new BigDecimal("4.1"))
                .containsEntry("text", "good")
                .containsEntry("kind", "BAD")
                .containsEntry("raw", "AQI=")
                .containsEntry("hash", "AwQ=")
                .containsEntry("tags", List.of("x"))
                .containsEntry("more", Map.of("n", 5L))
                .containsEntry("none", null);
    }

    @Test
    void aMapMayHoldWhatItLikes() {
        assertThat(read(Map.of(
                        "at", Instant.EPOCH, "big", BigInteger.TEN.pow(30), "nan", Double.NaN, "bytes", new byte[] {1
                        })))
                .isEqualTo(Map.of(
                        "at",
                        "1970-01-01T00:00:00Z",
                        "big",
                        new BigDecimal("1E30").setScale(0),
                        "nan",
                        "NaN",
                        "bytes",
                        "AQ=="));
    }

    @Test
    void whatIsNoObjectOrCannotBeReadIsUnusableAndIsNotQuoted() {
        assertThatThrownBy(() -> read(5))
                .isInstanceOf(UnusableValueException.class)
                .hasMessageContaining("Integer");
        assertThatThrownBy(() -> read("hunter2"))
                .isInstanceOf(UnusableValueException.class)
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> read((Object) null)).isInstanceOf(UnusableValueException.class);
        assertThatThrownBy(() -> failing(new SerializationException("hunter2", new EOFException())))
                .isInstanceOf(UnusableValueException.class)
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> failing(new IllegalStateException("hunter2")))
                .isInstanceOf(UnusableValueException.class)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void whatIsOutOfReachIsTriedAgain() {
        assertThatThrownBy(() ->
                        failing(new SerializationException("x", new RuntimeException(new SocketTimeoutException()))))
                .isInstanceOf(KafkaException.class)
                .hasMessage("the deserializer does not reach what it needs");
        assertThatThrownBy(() -> failing(new AuthenticationException("x"))).isExactlyInstanceOf(KafkaException.class);
    }

    @Test
    void aClassThatIsNoneIsRefusedByItsKey() {
        assertThatThrownBy(() -> SourceTest.source(
                        "{custom-id: a, url: /v1/embeddings, body: {model: m}, deserializer: no.such.Class}"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("sources[0].deserializer: there is no class 'no.such.Class' on the class path");
        assertThatThrownBy(() -> SourceTest.source(
                        "{custom-id: a, url: /v1/embeddings, body: {model: m}, deserializer: java.lang.String}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("sources[0].deserializer: 'java.lang.String' cannot be made");
    }

    private static Map<String, @Nullable Object> read(@Nullable Object given) {
        Deserializer<@Nullable Object> deserializer = (_, _) -> given;
        return new DeserializedEvents(deserializer).value("reviews", NONE, BYTES);
    }

    private static void failing(RuntimeException failure) {
        Deserializer<Object> deserializer = (_, _) -> {
            throw failure;
        };
        var _ = new DeserializedEvents(deserializer).value("reviews", NONE, BYTES);
    }
}

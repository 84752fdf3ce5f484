package dev.halfrate.processor.codec;

import static dev.halfrate.processor.codec.AvroSamples.framed;
import static dev.halfrate.processor.codec.AvroSamples.noHeaders;
import static dev.halfrate.processor.codec.AvroSamples.record;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.AvroValues.Reading;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class AvroValuesTest {
    private static final Schema REVIEW = new Schema.Parser().parse("""
            {"type": "record", "name": "Review", "namespace": "shop", "fields": [
                {"name": "id", "type": "long"},
                {"name": "text", "type": ["null", "string"]},
                {"name": "stars", "type": ["null", "float"]},
                {"name": "score", "type": "double"},
                {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
                {"name": "day", "type": {"type": "int", "logicalType": "date"}},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "exact", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                {"name": "raw", "type": "bytes"},
                {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
                {"name": "more", "type": {"type": "map", "values": "boolean"}}
            ]}""");

    private Lookup lookup = new Lookup.Found(REVIEW);
    private final AvroValues values = new AvroValues(_ -> lookup);

    private static byte[] review() {
        var fields = new HashMap<String, Object>(Map.of(
                "id",
                Long.MAX_VALUE,
                "text",
                "grün \"gut\"",
                "score",
                Double.NaN,
                "price",
                ByteBuffer.wrap(new byte[] {4, -46}),
                "day",
                20_000,
                "at",
                1_500L,
                "exact",
                -1L,
                "raw",
                ByteBuffer.wrap(new byte[] {1, 2, 3}),
                "tags",
                Arrays.asList("a", null),
                "more",
                Map.of("x", true)));
        fields.put("stars", 4.1f);
        return framed(3, record(REVIEW, fields));
    }

    @Test
    void aValueIsTheSameInJsonAsEverybodyWouldWriteIt() {
        assertThat(values.read(review(), noHeaders())).isInstanceOfSatisfying(Reading.Value.class, value -> {
            assertThat(value.schema()).isEqualTo(REVIEW);
            assertThat(new String(value.json(), UTF_8)).isEqualTo("""
                            {"id":9223372036854775807,"text":"grün \\"gut\\"","stars":4.1,"score":null,"price":12.34,\
                            "day":"2024-10-04","at":"1970-01-01T00:00:01.500Z","exact":"1969-12-31T23:59:59.999999Z",\
                            "raw":"AQID","tags":["a",null],"more":{"x":true}}""");
        });
    }

    @Test
    void whatNamesNoSchemaIsLeftToOthers() {
        assertThat(values.read("{}".getBytes(UTF_8), noHeaders())).isEqualTo(new Reading.Plain());
    }

    @Test
    void whatTheRegistryDoesNotKnowIsUnusableOrHasToWait() {
        lookup = new Lookup.Pending();
        assertThat(values.read(review(), noHeaders())).isEqualTo(new Reading.Pending());
        lookup = new Lookup.Missing(DeadLetter.Reason.SCHEMA_UNKNOWN, "none");
        assertThat(values.read(review(), noHeaders()))
                .isEqualTo(new Reading.Unusable(DeadLetter.Reason.SCHEMA_UNKNOWN, "none"));
    }

    @Test
    void damagedBytesAreUnusableAndNotQuoted() {
        var value = review();
        var deep = new byte[100_000];
        Arrays.fill(deep, 5, deep.length, (byte) 2);

        for (var length = 1; length < value.length; length++) {
            assertThat(values.read(Arrays.copyOf(value, length), noHeaders())).isInstanceOf(Reading.Unusable.class);
        }
        lookup = new Lookup.Found(new Schema.Parser().parse("""
                {"type": "record", "name": "Tree", "fields": [{"name": "next", "type": ["null", "Tree"]}]}"""));
        assertThat(values.read(deep, noHeaders()))
                .isInstanceOfSatisfying(
                        Reading.Unusable.class,
                        unusable -> assertThat(List.of(unusable.reason())).containsExactly(DeadLetter.Reason.DECODE));
    }
}

package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.PublicSchemas;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;

class AvroFormatTest {
    private static final Instant AT = Instant.parse("2026-11-21T20:15:30.120Z");
    private static final Cost COST =
            new Cost(new Usd(1), Usd.of(new BigDecimal("1234567.000125")), Usd.of(new BigDecimal("-0.5")));
    private static final Spend SPEND = new Spend(2, 3_000_000_000L, new Usage(9, 8, 7, 6, 5), COST, 11);
    static final Result FULL = new Result(
            new Result.Request("a-ü", "red", AT, "00-1-2-01", Map.of(), Map.of("k", "ü"), "", new Usd(7)),
            Result.Status.FAILED,
            "openai",
            "main",
            "gpt-5",
            400,
            "{ \"x\" : 1.50, \"y\":\"\\u00fc\u00fc\" }".getBytes(UTF_8),
            new Result.Output(true, "{\"a\": 1.50}".getBytes(UTF_8)),
            new Result.Failure("bad", "Change it.", true),
            new Usage(5, 4, 3, 2, 1),
            "b-1",
            "batch_1",
            2,
            AT.plusMillis(1),
            AT.plusMillis(2),
            AT.plusMillis(3),
            new Result.ResponseParts("parts", 3, List.of(4L, 9L), 5_000_000_000L, "ab"),
            COST);
    static final Result EMPTY = new Result(
            new Result.Request("a", AT, null),
            Result.Status.REJECTED,
            "",
            "",
            "",
            0,
            null,
            null,
            null,
            null,
            "",
            "",
            0,
            null,
            null,
            AT,
            null,
            null);
    private static final Result WITH_TEXT = new Result(
            new Result.Request("a", AT, null),
            Result.Status.SUCCEEDED,
            "openai",
            "main",
            "m",
            200,
            "{}".getBytes(UTF_8),
            new Result.Output(false, "\"\"".getBytes(UTF_8)),
            null,
            null,
            "b",
            "r",
            1,
            null,
            null,
            AT,
            null,
            null);
    static final BatchProgress PROGRESS = new BatchProgress(
            "b",
            "running",
            "openai",
            "main",
            "gpt-5",
            "/v1/x",
            "",
            "",
            1,
            2,
            3_000_000_000L,
            4,
            5,
            6,
            7,
            8,
            9,
            SPEND,
            Map.of("red", SPEND, "blue", Spend.NONE),
            "",
            AT,
            AT.plusMillis(5));

    @Test
    void resultsComeBackAsTheyWere() {
        for (var result : List.of(FULL, EMPTY, WITH_TEXT)) {
            var sent = new FeedWriter(AvroFormat.results(258), FeedWriter.JSON_BATCHES).toRecord("results", result);

            assertThat(sent.key()).isEqualTo(result.customId().getBytes(UTF_8));
            assertThat(sent.value()).startsWith(0, 0, 0, 1, 2);
            assertThat(ResultAvro.fromAvro(read(sent.value(), PublicSchemas.RESULT), Traceparent.read(sent.headers())))
                    .usingRecursiveComparison()
                    .isEqualTo(result);
        }
    }

    @Test
    void batchesComeBackAsTheyWere() {
        var sent = new FeedWriter(FeedWriter.JSON_RESULTS, AvroFormat.batches(1)).toRecord("batches", PROGRESS);

        assertThat(BatchEventAvro.fromAvro(read(sent.value(), PublicSchemas.BATCH_EVENT)))
                .isEqualTo(PROGRESS);
    }

    @Test
    void moneyIsWhatAvrosOwnDecimalReads() {
        var cost = (GenericRecord) ResultAvro.toAvro(FULL).get("cost");
        var field = cost.getSchema().getField("synchronous_usd").schema();

        assertThat(new Conversions.DecimalConversion()
                        .fromBytes((ByteBuffer) cost.get("synchronous_usd"), field, field.getLogicalType()))
                .isEqualByComparingTo("1234567.000125");
    }

    @Test
    void aSerializerOfSomebodyElseGetsARecordOfThePublicSchema() {
        Serializer<Object> serializer =
                (topic, value) -> (topic + ((GenericRecord) value).getSchema().getFullName()).getBytes(UTF_8);
        var feeds = new FeedWriter(AvroFormat.resultsBy(serializer), AvroFormat.batchesBy(serializer));

        assertThat(feeds.toRecord("t-", FULL).value()).isEqualTo("t-dev.halfrate.Result".getBytes(UTF_8));
        assertThat(feeds.toRecord("t-", PROGRESS).value()).isEqualTo("t-dev.halfrate.BatchEvent".getBytes(UTF_8));
    }

    @Test
    void whatASerializerThrowsIsNotQuoted() {
        Serializer<Object> serializer = (_, value) -> {
            throw new IllegalStateException(value.toString());
        };

        assertThatThrownBy(() -> AvroFormat.resultsBy(serializer).encode("t", new RecordHeaders(), FULL))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("IllegalStateException")
                .hasMessageNotContaining("a-ü")
                .hasNoCause();
    }

    @Test
    @SuppressWarnings("NullAway")
    void aSerializerThatMakesNothingWritesNoTombstone() {
        Serializer<Object> serializer = (_, _) -> null;

        assertThatThrownBy(() -> AvroFormat.batchesBy(serializer).encode("t", new RecordHeaders(), PROGRESS))
                .isInstanceOf(SerializationException.class);
    }

    private static GenericRecord read(byte[] value, Schema schema) {
        try {
            var decoder =
                    DecoderFactory.get().binaryDecoder(value, Framing.ID_BYTES, value.length - Framing.ID_BYTES, null);
            var record = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
            assertThat(decoder.isEnd()).isTrue();
            return record;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

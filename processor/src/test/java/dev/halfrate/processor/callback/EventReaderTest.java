package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.schemas.PublicSchemas;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class EventReaderTest {
    private static final String HTTPS = "url: 'https://hooks.example.com/', ";
    private static final int ID_BYTES = 5;
    private static final String BOTH = HTTPS + "events: [batch.settled, result]";

    private static EventReader reader(String more) {
        return new EventReader(Records.topics().batches(), Records.results(), Records.callback(more), FeedReader.JSON);
    }

    private static Optional<Event> told(Reading reading) {
        return reading instanceof Reading.Told(var event) ? Optional.of(event) : Optional.empty();
    }

    private static Optional<Event> batch(EventReader reader, String state) {
        return told(reader.read(Records.record("llm.batches", 1, 7, Records.batch("b-1", state, Map.of()))));
    }

    private static Optional<Event> result(EventReader reader, String batchId, String tag) {
        return told(reader.read(Records.record("llm.results", 3, 9, Records.result("a-1", batchId, tag))));
    }

    private static String body(Optional<Event> event) {
        return new String(event.orElseThrow().body(), UTF_8);
    }

    @Test
    void aSettledBatchIsToldAsItsTopicHasIt() {
        var event = batch(reader(HTTPS), "settled");

        assertThat(event.orElseThrow().id()).isEqualTo("settled-b-1");
        assertThat(event.orElseThrow().order()).isEqualTo("b-1");
        assertThat(body(event))
                .isEqualTo("{\"type\":\"batch.settled\",\"timestamp\":\"2026-11-22T08:00:00.000Z\",\"data\":"
                        + new String(Records.batch("b-1", "settled", Map.of()), UTF_8)
                        + "}");
    }

    @Test
    void whatIsUnderWayIsNotTold() {
        assertThat(batch(reader(HTTPS), "running")).isEmpty();
        assertThat(batch(reader(HTTPS), "collecting")).isEmpty();
    }

    @Test
    void onlyWhatItWantsIsReadAndTold() {
        assertThat(reader(HTTPS).topics()).containsExactly("llm.batches");
        assertThat(reader(BOTH).topics()).containsExactlyInAnyOrder("llm.batches", "llm.results");
        assertThat(reader(HTTPS + "events: [result]").topics()).containsExactly("llm.results");
        assertThat(result(reader(HTTPS), "b-1", "")).isEmpty();
    }

    @Test
    void aResultComesWithoutAnyTextOfTheVendorUnlessAskedFor() {
        assertThat(body(result(reader(BOTH), "b-1", "")))
                .startsWith(
                        "{\"type\":\"result\",\"timestamp\":\"2026-11-22T08:00:00.000Z\",\"data\":{\"custom_id\":\"a-1\"")
                .contains("\"response\":null", "\"code\":\"bad\"")
                .doesNotContain("CANARY");
        assertThat(body(result(reader(BOTH + ", include-response: true"), "b-1", "")))
                .contains("\"response\":{\"error\":{\"message\":\"CANARY\"}}", "CANARY is not allowed");
    }

    @Test
    void anEventHasTheSameIdWheneverItIsRead() {
        var id = result(reader(BOTH), "b-1", "").orElseThrow().id();

        assertThat(id).isEqualTo(result(reader(BOTH), "b-1", "").orElseThrow().id());
        assertThat(id).isEqualTo("result-3-9-" + Records.AT.toEpochMilli());
    }

    @Test
    void resultsOfOneBatchAreInOneOrderAndOthersByThemselves() {
        assertThat(result(reader(BOTH), "b-1", "").orElseThrow().order()).isEqualTo("b-1");
        assertThat(result(reader(BOTH), "", "").orElseThrow().order()).isEqualTo("request a-1");
    }

    @Test
    void patternsChoose() {
        assertThat(batch(reader(HTTPS + "accounts: [other, m*]"), "settled")).isPresent();
        assertThat(batch(reader(HTTPS + "accounts: [other]"), "settled")).isEmpty();
        assertThat(batch(reader(HTTPS + "models: [gpt-4o*]"), "settled")).isPresent();
        assertThat(batch(reader(HTTPS + "models: [claude-*]"), "settled")).isEmpty();
        assertThat(result(reader(BOTH + ", tags: [team-*]"), "b-1", "team-a")).isPresent();
        assertThat(result(reader(BOTH + ", tags: [team-*]"), "b-1", "others")).isEmpty();
        assertThat(result(reader(BOTH + ", tags: [team-*]"), "b-1", "")).isEmpty();
        var labelled = Records.batch("b-1", "settled", Map.of("x", Records.spend(), "team-a", Records.spend()));
        assertThat(told(reader(HTTPS + "tags: [team-a]").read(Records.record("llm.batches", 0, 0, labelled))))
                .isPresent();
        assertThat(told(reader(HTTPS + "tags: [team-b]").read(Records.record("llm.batches", 0, 0, labelled))))
                .isEmpty();
    }

    @Test
    void whatIsNoneOfOursIsSaidSo() {
        assertThatThrownBy(() -> reader(HTTPS).read(Records.record("llm.batches", 0, 0, "{}".getBytes(UTF_8))))
                .isInstanceOf(MalformedRecordException.class);
    }

    private static Reading read(String more, WriterSchemas schemas, String topic, byte[] value) {
        return new EventReader(
                        Records.topics().batches(), Records.results(), Records.callback(more), new FeedReader(schemas))
                .read(Records.record(topic, 3, 9, value));
    }

    private static WriterSchemas knows(Schema schema) {
        return name -> {
            assertThat(name).isEqualTo(new SchemaRef.Id(Records.SCHEMA_ID));
            return new Lookup.Found(schema);
        };
    }

    @Test
    void whatIsInAvroIsToldAsIfItWereInJson() {
        var more = BOTH + ", include-response: true";

        assertThat(body(told(read(
                        more, knows(PublicSchemas.RESULT), "llm.results", Records.avroResult("a-1", "b-1", "red")))))
                .isEqualTo(body(result(reader(more), "b-1", "red")));
        assertThat(body(told(read(
                        more, knows(PublicSchemas.BATCH_EVENT), "llm.batches", Records.avroBatch("b-1", "settled")))))
                .isEqualTo(body(batch(reader(more), "settled")));
        assertThat(read(more, knows(PublicSchemas.BATCH_EVENT), "llm.batches", Records.avroBatch("b-1", "running")))
                .isEqualTo(new Reading.Unwanted());
    }

    @Test
    void whatAnotherReleaseWroteInAvroIsReadByNames() {
        var other = new Schema.Parser()
                .parse(PublicSchemas.BATCH_EVENT
                        .toString()
                        .replace(
                                "\"fields\":[{\"name\":\"batch_id\"",
                                "\"fields\":[{\"name\":\"new\",\"type\":\"long\"},{\"name\":\"batch_id\""));
        var plain = Records.avroBatch("b-1", "settled");
        var value = ByteBuffer.allocate(plain.length + 1)
                .put(plain, 0, ID_BYTES)
                .put((byte) 2)
                .put(plain, ID_BYTES, plain.length - ID_BYTES)
                .array();

        assertThat(read(HTTPS, knows(other), "llm.batches", value)).isInstanceOf(Reading.Told.class);
    }

    @Test
    void whatNobodyCanSayNowIsReadAgainAndWhatNobodyKnowsIsNoneOfOurs() {
        var value = Records.avroBatch("b-1", "settled");

        assertThat(read(HTTPS, _ -> new Lookup.Pending(), "llm.batches", value)).isEqualTo(new Reading.Pending());
        assertThatThrownBy(() -> read(HTTPS, WriterSchemas.NONE, "llm.batches", value))
                .isInstanceOf(MalformedRecordException.class);
    }

    @Test
    void bytesThatAreNotOfTheirSchemaAreNoneOfOurs() {
        var value = Records.avroBatch("b-1", "settled");
        var huge = ByteBuffer.allocate(12)
                .put(value, 0, ID_BYTES)
                .put(new byte[] {-2, -1, -1, -1, 15})
                .array();
        var longer = Arrays.copyOf(value, value.length + 1);

        for (var bad : List.of(huge, longer, Arrays.copyOf(value, value.length - 1))) {
            assertThatThrownBy(() -> read(HTTPS, knows(PublicSchemas.BATCH_EVENT), "llm.batches", bad))
                    .isInstanceOf(MalformedRecordException.class);
        }
        assertThatThrownBy(() -> read(HTTPS, knows(PublicSchemas.REQUEST), "llm.batches", value))
                .isInstanceOf(MalformedRecordException.class);
    }

    @Test
    void nothingOfABodyIsInAText() {
        assertThat(result(reader(BOTH + ", include-response: true"), "b-1", "")
                        .orElseThrow()
                        .toString())
                .doesNotContain("CANARY");
    }
}

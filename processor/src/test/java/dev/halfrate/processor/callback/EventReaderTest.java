package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.codec.MalformedRecordException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventReaderTest {
    private static final String HTTPS = "url: 'https://hooks.example.com/', ";
    private static final String BOTH = HTTPS + "events: [batch.settled, result]";

    private static EventReader reader(String more) {
        return new EventReader(Records.topics(), Records.callback(more));
    }

    private static Optional<Event> batch(EventReader reader, String state) {
        return reader.read(Records.record("llm.batches", 1, 7, Records.batch("b-1", state, Map.of())));
    }

    private static Optional<Event> result(EventReader reader, String batchId, String tag) {
        return reader.read(Records.record("llm.results", 3, 9, Records.result("a-1", batchId, tag)));
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
        assertThat(reader(HTTPS + "tags: [team-a]").read(Records.record("llm.batches", 0, 0, labelled)))
                .isPresent();
        assertThat(reader(HTTPS + "tags: [team-b]").read(Records.record("llm.batches", 0, 0, labelled)))
                .isEmpty();
    }

    @Test
    void whatIsNoneOfOursIsSaidSo() {
        assertThatThrownBy(() -> reader(HTTPS).read(Records.record("llm.batches", 0, 0, "{}".getBytes(UTF_8))))
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

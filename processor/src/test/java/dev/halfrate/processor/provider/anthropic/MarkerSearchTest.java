package dev.halfrate.processor.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.FindOutcome.Candidates;
import dev.halfrate.processor.provider.FindOutcome.CannotTell;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.http.RawVendor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkerSearchTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Instant SINCE = NOW.minusSeconds(60);

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final AnthropicProvider provider =
            AnthropicProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)), () -> NOW);

    @Test
    void whatStandsBeforeTheMarkerIsACandidateTheOldestFirst() {
        vendor.answers(200, page(false, batch("c", 20), batch("b", 10), batch("marker", 5), batch("a", 1)));

        assertThat(ids(find("marker"))).containsExactly("b", "c");
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/messages/batches?limit=1000");
    }

    @Test
    void batchesOfTheSameMomentKeepTheirOrder() {
        vendor.answers(200, page(false, batch("c", 10), batch("b", 10), batch("marker", 10), batch("a", 10)));

        assertThat(ids(find("marker"))).containsExactly("b", "c");
    }

    @Test
    void pagesAreFollowedToTheMarkerAndNoFurther() {
        pages(
                page(true, batch("d", 20), batch("c", 15)),
                page(true, batch("b", 10), batch("marker", 5)),
                page(true, batch("a", 1)));

        assertThat(ids(find("marker"))).containsExactly("b", "c", "d");
        assertThat(vendor.requests())
                .extracting(RawVendor.Request::line)
                .containsExactly(
                        "GET /v1/messages/batches?limit=1000", "GET /v1/messages/batches?limit=1000&after_id=c");
    }

    @Test
    void nothingNewerIsAnEmptyListOfCandidates() {
        vendor.answers(200, page(false, batch("marker", -5)));

        assertThat(find("marker")).isEqualTo(new Candidates(List.of()));
    }

    @Test
    void withoutAMarkerAllThatMayBeOfTheAttemptIsACandidate() {
        pages(
                page(true, batch("c", 10), batch("b", -86_399)),
                page(true, batch("a", -86_401)),
                page(false, batch("z", -90_000)));

        assertThat(ids(find(""))).containsExactly("b", "c");
        assertThat(vendor.requests()).hasSize(2);
    }

    @Test
    void aMarkerThatWasDeletedHidesNothing() {
        vendor.answers(200, page(false, batch("c", 10), batch("b", -70_000), batch("a", -90_000)));

        assertThat(ids(find("marker"))).containsExactly("b", "c");
    }

    @Test
    void aMarkerInAListWithoutOrderHidesNothing() {
        pages(page(true, batch("a", -70_000), batch("b", 10), batch("marker", 5)), page(false, batch("c", 20)));

        assertThat(ids(find("marker"))).containsExactly("a", "b", "c");
    }

    @Test
    void aBatchWithoutATimeIsACandidate() {
        vendor.answers(200, """
                {"data":[{"id":"b","created_at":null},{"id":"marker"}],"has_more":false}""");

        assertThat(ids(find("marker"))).containsExactly("b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"data\":{}}",
                "{\"data\":[],\"has_more\":true}",
                "{\"data\":[{\"type\":\"message_batch\"}],\"has_more\":false}",
                "{\"data\":[{\"id\":\"a&after_id=b\"}],\"has_more\":false}"
            })
    void aListThatCannotBeReadProvesNothing(String body) {
        vendor.answers(200, body);

        assertThat(find("marker")).isInstanceOf(CannotTell.class);
    }

    @Test
    void aBrokenSecondPageProvesNothing() {
        pages(page(true, batch("b", 10)), "{\"data\":[");

        assertThat(find("marker")).isInstanceOf(CannotTell.class);
    }

    @Test
    void theNewestBatchIsTheMarker() {
        vendor.answers(200, page(true, batch("b", 10)));

        assertThat(provider.marker()).isEqualTo(new MarkerOutcome.Marker("b"));
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/messages/batches?limit=1");
    }

    @Test
    void anEmptyWorkspaceHasAnEmptyMarker() {
        vendor.answers(200, page(false));

        assertThat(provider.marker()).isEqualTo(new MarkerOutcome.Marker(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"data\":[{}]}", "{\"data\":[{\"id\":\"../x\"}]}", "{\"data\":null}"})
    void anUnreadableListIsNoMarker(String body) {
        vendor.answers(200, body);

        assertThat(provider.marker()).isInstanceOf(MarkerOutcome.NoAnswer.class);
    }

    @Test
    void aRefusedListIsNoMarker() {
        vendor.answers(401, """
                {"type":"error","error":{"type":"authentication_error","message":"m"}}""");

        assertThat(provider.marker()).isInstanceOf(MarkerOutcome.Refused.class);
    }

    private FindOutcome find(String marker) {
        return provider.find(new Search("tag-1", "", marker, SINCE));
    }

    private void pages(String... pages) {
        vendor.does((_, connection) ->
                connection.answer(200, pages[vendor.requests().size() - 1]));
    }

    private static List<String> ids(FindOutcome outcome) {
        assertThat(outcome).isInstanceOf(Candidates.class);
        return ((Candidates) outcome).remotes().stream().map(RemoteBatch::id).toList();
    }

    private static String page(boolean hasMore, String... batches) {
        return Stream.of(batches)
                .collect(Collectors.joining(",", "{\"data\":[", "],\"has_more\":%s}".formatted(hasMore)));
    }

    private static String batch(String id, long secondsAfter) {
        return """
                {"id":"%s","type":"message_batch","processing_status":"in_progress","created_at":"%s"}""".formatted(id, SINCE.plusSeconds(secondsAfter));
    }
}

package dev.halfrate.processor.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.FindOutcome.Absent;
import dev.halfrate.processor.provider.FindOutcome.CannotTell;
import dev.halfrate.processor.provider.FindOutcome.Found;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.http.RawVendor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchSearchTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Instant SINCE = NOW.minusSeconds(60);

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final OpenAiProvider provider =
            OpenAiProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)), () -> NOW);

    @Test
    void aBatchIsFoundByItsTagOrItsInputFileAndTheOldestComesFirst() {
        vendor.answers(
                200,
                page(
                        false,
                        batch("twin", 50, "file-9", "tag-1"),
                        batch("other", 40, "file-8", "tag-2"),
                        batch("first", 30, "file-1", "lost")));

        assertThat(ids(find())).containsExactly("first", "twin");
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/batches?limit=100");
    }

    @Test
    void metadataOfAnyShapeIsNoMatch() {
        vendor.answers(200, """
                {"data":[{"id":"a","metadata":null},{"id":"b","metadata":"tag-1"},
                 {"id":"c","metadata":{"halfrate_attempt":["tag-1"]}},{"id":"d","input_file_id":null}],
                 "has_more":false}""");

        assertThat(find()).isEqualTo(new Absent());
    }

    @Test
    void pagesAreFollowedUntilTheVendorHasNoMore() {
        pages(page(true, batch("a", 10, "f", "t")), page(true, batch("b", 9, "f", "t")), page(false, ours("c", 8)));

        assertThat(ids(find())).containsExactly("c");
        assertThat(vendor.requests())
                .extracting(RawVendor.Request::line)
                .containsExactly(
                        "GET /v1/batches?limit=100",
                        "GET /v1/batches?limit=100&after=a",
                        "GET /v1/batches?limit=100&after=b");
    }

    @Test
    void olderPagesThanTheAttemptAreNotAskedFor() {
        pages(
                page(true, batch("a", 10, "f", "t"), batch("b", -86_399, "f", "t")),
                page(true, batch("c", -86_400, "f", "t"), batch("d", -86_401, "f", "t")),
                page(true, batch("e", -86_402, "f", "t")));

        assertThat(find()).isEqualTo(new Absent());
        assertThat(vendor.requests()).hasSize(2);
    }

    @Test
    void aListInAnotherOrderIsReadToItsEnd() {
        pages(
                page(true, batch("a", -90_000, "f", "t"), batch("b", -80_000, "f", "t")),
                page(false, batch("c", -70_000, "f", "t"), ours("d", 5)));

        assertThat(ids(find())).containsExactly("d");
    }

    @Test
    void aVendorWhoseClockIsSlowIsReadFurther() {
        vendor.does((request, connection) -> connection.answer(
                200,
                request.line().contains("after")
                        ? page(false, ours("b", -89_900))
                        : page(true, batch("a", -89_800, "f", "t")),
                "Date: Sat, 21 Nov 2026 11:00:00 GMT"));

        assertThat(ids(find())).containsExactly("b");
    }

    @Test
    void aVendorThatDoesNotSayWhetherThereIsMoreIsAskedUntilAPageIsEmpty() {
        pages(
                "{\"data\":[%s]}".formatted(batch("a", 10, "f", "t")),
                "{\"data\":[%s]}".formatted(ours("b", 9)),
                "{\"data\":[]}");

        assertThat(ids(find())).containsExactly("b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"data\":{}}",
                "{\"data\":[],\"has_more\":true}",
                "{\"data\":[5],\"has_more\":false}",
                "{\"data\":[{\"object\":\"batch\"}],\"has_more\":false}",
                "{\"data\":[{\"id\":\"a&after=b\"}],\"has_more\":false}"
            })
    void aListThatCannotBeReadProvesNothing(String body) {
        vendor.answers(200, body);

        assertThat(find()).isInstanceOf(CannotTell.class);
    }

    @Test
    void aBrokenSecondPageProvesNothing() {
        pages(page(true, ours("a", 10)), "{\"data\":[");

        assertThat(find()).isInstanceOf(CannotTell.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 401, 404, 429, 500, 503})
    void aRefusalProvesNothing(int status) {
        vendor.answers(status, "{\"error\":{\"message\":\"m\",\"type\":\"t\"}}");

        assertThat(find()).isEqualTo(new CannotTell("HTTP " + status));
    }

    @Test
    void aListThatRunsInACircleProvesNothing() {
        vendor.answers(200, page(true, batch("a", 10, "f", "t")));

        assertThat(find()).isEqualTo(new CannotTell("the list does not go on"));
        assertThat(vendor.requests()).hasSize(2);
    }

    @Test
    void aListWithoutAnEndProvesNothing() {
        vendor.does((_, connection) ->
                connection.answer(200, page(true, batch("a" + vendor.requests().size(), 10, "f", "t"))));

        assertThat(find()).isEqualTo(new CannotTell("more than 500 pages"));
    }

    @Test
    void aFullPageOfABusyAccountIsRead() {
        vendor.answers(
                200,
                page(
                        false,
                        Stream.concat(
                                        IntStream.range(0, 99).mapToObj(i -> batch("a" + i, 100 - i, "f" + i, "t" + i)),
                                        Stream.of(ours("z", 0)))
                                .toArray(String[]::new)));

        assertThat(ids(find())).containsExactly("z");
    }

    private FindOutcome find() {
        return provider.find(new Search("tag-1", "file-1", "", SINCE));
    }

    private void pages(String... pages) {
        vendor.does((_, connection) ->
                connection.answer(200, pages[vendor.requests().size() - 1]));
    }

    private static List<String> ids(FindOutcome outcome) {
        assertThat(outcome).isInstanceOf(Found.class);
        return ((Found) outcome).remotes().stream().map(RemoteBatch::id).toList();
    }

    private static String page(boolean hasMore, String... batches) {
        return Stream.of(batches)
                .collect(Collectors.joining(
                        ",", "{\"object\":\"list\",\"data\":[", "],\"has_more\":%s}".formatted(hasMore)));
    }

    private static String ours(String id, long secondsAfter) {
        return batch(id, secondsAfter, "file-1", "tag-1");
    }

    private static String batch(String id, long secondsAfter, String inputFileId, String tag) {
        return String.format(Locale.ROOT, """
                {"id":"%s","status":"validating","created_at":%d,"input_file_id":"%s",\
                "metadata":{"halfrate_attempt":"%s"}}""", id, SINCE.getEpochSecond() + secondsAfter, inputFileId, tag);
    }
}

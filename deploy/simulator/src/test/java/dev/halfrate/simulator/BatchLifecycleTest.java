package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BatchLifecycleTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final long CREATED = ManualClock.START.getEpochSecond();

    /** Validates in 10 s, runs for 100 s, finalizes in 5 s, cancels in 7 s. */
    private static final BatchTimes TIMES = new BatchTimes(
            Duration.ofSeconds(10),
            Duration.ofSeconds(100),
            Duration.ofSeconds(100),
            Duration.ofSeconds(5),
            Duration.ofSeconds(7));

    private final ManualClock clock = new ManualClock();
    private final List<AutoCloseable> open = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }

    private SimulatorConfig config() {
        return SimulatorConfig.defaults().withBatchTimes(TIMES).withDataDirectory(directory);
    }

    private RawClient start(SimulatorConfig config) {
        Simulator simulator = Simulator.start(config, clock);
        RawClient client = new RawClient(simulator.baseUrl(), "sk-key");
        open.add(simulator);
        open.add(client);
        return client;
    }

    private void at(long secondsAfterCreate) {
        clock.advance(Duration.between(clock.now(), ManualClock.START.plusSeconds(secondsAfterCreate)));
    }

    private static List<Integer> counts(JsonNode batch) {
        return Stream.of("total", "completed", "failed")
                .map(field -> batch.at("/request_counts/" + field).intValue())
                .toList();
    }

    @Test
    void everyStageBeginsAtItsOwnTime() {
        RawClient client = start(config());
        String id = client.create(client.upload(ChatLines.of(50)), CHAT);

        at(9);
        JsonNode validating = client.batch(id);
        at(10);
        JsonNode started = client.batch(id);
        at(60);
        JsonNode halfway = client.batch(id);
        at(110);
        JsonNode finalizing = client.batch(id);
        at(115);
        JsonNode completed = client.batch(id);

        assertThat(validating.path("status").textValue()).isEqualTo("validating");
        assertThat(counts(validating)).containsExactly(0, 0, 0);
        assertThat(started.path("status").textValue()).isEqualTo("in_progress");
        assertThat(counts(started)).containsExactly(50, 0, 0);
        assertThat(counts(halfway)).containsExactly(50, 25, 0);
        assertThat(halfway.path("output_file_id").isNull()).isTrue();
        assertThat(finalizing.path("status").textValue()).isEqualTo("finalizing");
        assertThat(counts(finalizing)).containsExactly(50, 50, 0);
        assertThat(completed.path("status").textValue()).isEqualTo("completed");
        assertThat(completed.path("created_at").longValue()).isEqualTo(CREATED);
        assertThat(completed.path("in_progress_at").longValue()).isEqualTo(CREATED + 10);
        assertThat(completed.path("finalizing_at").longValue()).isEqualTo(CREATED + 110);
        assertThat(completed.path("completed_at").longValue()).isEqualTo(CREATED + 115);
        assertThat(completed.path("expires_at").longValue()).isEqualTo(CREATED + 86_400);
        for (String never : List.of("failed_at", "expired_at", "cancelling_at", "cancelled_at", "errors")) {
            assertThat(completed.path(never).isNull()).as(never).isTrue();
        }
    }

    @Test
    void looksAndLooksAwayMakeNoDifference() {
        SimulatorConfig config = config().withLineErrorRates(new LineErrorRates(0.1, 0.1, 0));
        RawClient watched = start(config);
        RawClient ignored = start(config);
        String watchedId = watched.create(watched.upload(ChatLines.of(200)), CHAT);
        String ignoredId = ignored.create(ignored.upload(ChatLines.of(200)), CHAT);

        for (int second = 1; second <= 115; second++) {
            at(second);
            watched.batch(watchedId);
        }
        at(5_000);

        assertThat(watchedId).isEqualTo(ignoredId);
        assertThat(watched.batch(watchedId)).isEqualTo(ignored.batch(ignoredId));
        for (String handle : List.of("output_file_id", "error_file_id")) {
            assertThat(watched.results(watchedId, handle).raw())
                    .isNotEmpty()
                    .isEqualTo(ignored.results(ignoredId, handle).raw());
        }
    }

    @Test
    void anotherSeedGivesOtherIdsOrdersAndAnswers() {
        RawClient one = start(config());
        RawClient two = start(config().withSeed(2));
        String first = one.create(one.upload(ChatLines.of(50)), CHAT);
        String second = two.create(two.upload(ChatLines.of(50)), CHAT);
        at(200);

        assertThat(first).isNotEqualTo(second);
        ResultLines firstResults = one.results(first, "output_file_id");
        ResultLines secondResults = two.results(second, "output_file_id");
        assertThat(firstResults.customIds()).isNotEqualTo(secondResults.customIds());
        assertThat(firstResults.bodies()).doesNotContainAnyElementsOf(secondResults.bodies());
    }

    @Test
    void aBatchWhoseLinesAllFailCompletesWithoutOutput() {
        RawClient client = start(config().withLineErrorRates(new LineErrorRates(0, 1, 0)));
        String id = client.create(client.upload(ChatLines.of(20)), CHAT);
        at(200);

        JsonNode batch = client.batch(id);
        ResultLines errors = client.results(id, "error_file_id");

        assertThat(batch.path("status").textValue()).isEqualTo("completed");
        assertThat(counts(batch)).containsExactly(20, 0, 20);
        assertThat(batch.path("output_file_id").isNull()).isTrue();
        assertThat(errors.customIds()).hasSize(20);
        assertThat(errors.statusCodes()).containsOnly(500, 503);
        assertThat(errors.parsed()).allMatch(line -> line.path("error").isNull());
        assertThat(client.get("/control/billing").json().path("lines_billed").intValue())
                .isZero();
    }

    @Test
    void refusedContentIsRefusedAgainAndFailedContentMaySucceed() {
        RawClient client = start(config().withLineErrorRates(new LineErrorRates(0.3, 0.3, 0)));
        String file = client.upload(ChatLines.of(100));
        String first = client.create(file, CHAT);
        String second = client.create(file, CHAT);
        at(200);

        assertThat(client.results(first, "error_file_id").customIdsWithStatus(400))
                .isNotEmpty()
                .isEqualTo(client.results(second, "error_file_id").customIdsWithStatus(400));
        assertThat(client.results(first, "error_file_id").customIdsWithStatus(500))
                .isNotEqualTo(client.results(second, "error_file_id").customIdsWithStatus(500));
    }

    @Test
    void aBatchThatIsNotDoneInADayExpires() {
        RawClient client = start(config().withLineErrorRates(new LineErrorRates(0, 0, 0.5)));
        String id = client.create(client.upload(ChatLines.of(100)), CHAT);

        at(86_399);
        JsonNode before = client.batch(id);
        at(86_400);
        JsonNode expired = client.batch(id);

        assertThat(before.path("status").textValue()).isEqualTo("in_progress");
        assertThat(expired.path("status").textValue()).isEqualTo("expired");
        assertThat(expired.path("expired_at").longValue()).isEqualTo(CREATED + 86_400);
        ResultLines done = client.results(id, "output_file_id");
        ResultLines undone = client.results(id, "error_file_id");
        assertThat(done.customIds()).hasSizeBetween(20, 80);
        assertThat(undone.errorCodes()).containsOnly("batch_expired");
        assertThat(undone.parsed()).allMatch(line -> line.path("response").isNull());
        assertThat(Stream.concat(done.customIds().stream(), undone.customIds().stream()))
                .containsExactlyInAnyOrderElementsOf(ChatLines.customIds(100));
    }

    @Test
    void cancellingKeepsWhatIsDone() {
        RawClient client = start(config());
        String id = client.create(client.upload(ChatLines.of(100)), CHAT);

        at(60);
        JsonNode cancelling = client.post("/v1/batches/" + id + "/cancel", "").json();
        at(66);
        JsonNode still = client.batch(id);
        at(67);
        JsonNode cancelled = client.batch(id);

        assertThat(cancelling.path("status").textValue()).isEqualTo("cancelling");
        assertThat(cancelling.path("cancelling_at").longValue()).isEqualTo(CREATED + 60);
        assertThat(still.path("status").textValue()).isEqualTo("cancelling");
        assertThat(cancelled.path("status").textValue()).isEqualTo("cancelled");
        assertThat(cancelled.path("cancelled_at").longValue()).isEqualTo(CREATED + 67);
        assertThat(client.results(id, "output_file_id").customIds()).hasSize(50);
        assertThat(client.results(id, "error_file_id").errorCodes()).hasSize(50).containsOnly("batch_cancelled");
    }

    @Test
    void cancellingBeforeTheFileWasReadLeavesNoFiles() {
        RawClient client = start(config());
        String id = client.create(client.upload(ChatLines.of(100)), CHAT);

        client.post("/v1/batches/" + id + "/cancel", "");
        at(200);
        JsonNode cancelled = client.batch(id);

        assertThat(cancelled.path("status").textValue()).isEqualTo("cancelled");
        assertThat(counts(cancelled)).containsExactly(0, 0, 0);
        assertThat(cancelled.path("output_file_id").isNull()).isTrue();
        assertThat(cancelled.path("error_file_id").isNull()).isTrue();
    }

    @Test
    void cancellingWhileFinalizingKeepsEverything() {
        RawClient client = start(config());
        String id = client.create(client.upload(ChatLines.of(100)), CHAT);

        at(111);
        client.post("/v1/batches/" + id + "/cancel", "");
        at(200);

        assertThat(client.batch(id).path("status").textValue()).isEqualTo("cancelled");
        assertThat(client.results(id, "output_file_id").customIds()).hasSize(100);
        assertThat(client.batch(id).path("error_file_id").isNull()).isTrue();
    }

    @Test
    void aFileThatFailsValidationRunsNothing() {
        RawClient client = start(config());
        String id = client.create(client.upload(ChatLines.of(3) + "{}\n"), CHAT);
        at(10);

        JsonNode failed = client.batch(id);

        assertThat(failed.path("status").textValue()).isEqualTo("failed");
        assertThat(failed.path("failed_at").longValue()).isEqualTo(CREATED + 10);
        assertThat(failed.path("errors").toString())
                .isEqualTo(
                        "{\"object\":\"list\",\"data\":[{\"code\":\"missing_required_parameter\","
                                + "\"message\":\"Missing required parameter: 'custom_id'.\",\"param\":\"custom_id\",\"line\":4}]}");
        assertThat(counts(failed)).containsExactly(0, 0, 0);
        assertThat(client.post("/v1/batches/" + id + "/cancel", "").status()).isEqualTo(409);
        assertThat(client.get("/control/billing").json().path("lines_billed").intValue())
                .isZero();
    }

    @Test
    void onlyBatchFilesAreFoundAndOnlyBeforeTheyAreDeleted() {
        RawClient client = start(config());
        String deletedBefore = client.upload(ChatLines.of(1));
        client.send("DELETE", "/v1/files/" + deletedBefore, BodyPublishers.noBody());
        String otherPurpose = client.postForm(
                        RawClient.field("purpose", "user_data"), RawClient.filePart("a.jsonl", ChatLines.of(1)))
                .json()
                .path("id")
                .textValue();
        String deletedAfter = client.upload(ChatLines.of(1));
        String lost = client.create(deletedBefore, CHAT);
        String wrong = client.create(otherPurpose, CHAT);
        String running = client.create(deletedAfter, CHAT);
        client.send("DELETE", "/v1/files/" + deletedAfter, BodyPublishers.noBody());
        at(200);

        for (String id : List.of(lost, wrong)) {
            JsonNode batch = client.batch(id);
            assertThat(batch.path("status").textValue()).isEqualTo("failed");
            assertThat(batch.at("/errors/data/0/code").textValue()).isEqualTo("invalid_request");
            assertThat(batch.at("/errors/data/0/param").textValue()).isEqualTo("file_id");
            assertThat(batch.at("/errors/data/0/message").textValue())
                    .startsWith(
                            "Cannot find file " + batch.path("input_file_id").textValue());
        }
        assertThat(client.batch(running).path("status").textValue()).isEqualTo("completed");
    }

    @Test
    void resultFilesExpireCountedFromTheirOwnCreation() {
        RawClient client = start(config());
        String file = client.upload(ChatLines.of(1));
        String id = client.post(
                        "/v1/batches",
                        "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\","
                                        .formatted(file, CHAT)
                                + "\"output_expires_after\":{\"anchor\":\"created_at\",\"seconds\":3600}}")
                .json()
                .path("id")
                .textValue();
        at(115);
        String output = client.batch(id).path("output_file_id").textValue();

        at(115 + 3_599);
        int before = client.get("/v1/files/" + output + "/content").status();
        at(115 + 3_600);
        int after = client.get("/v1/files/" + output + "/content").status();

        assertThat(before).isEqualTo(200);
        assertThat(after).isEqualTo(404);
    }

    @Test
    void theBookCountsContentsWhateverTheyAreCalled() {
        RawClient client = start(config());
        String body = ChatLines.body("Same?");
        String lines = ChatLines.line("a", body) + "\n" + ChatLines.line("b", ChatLines.body("Other?")) + "\n";
        String again = ChatLines.line("z", body) + "\n";
        client.create(client.upload(lines), CHAT);
        client.create(client.upload(again), CHAT);
        at(60);
        BillingBook book = ((Simulator) open.getFirst()).billingBook();
        BillingBook.Summary halfway = book.summary();
        at(200);
        client.get("/control/billing");

        assertThat(halfway.linesBilled()).isEqualTo(1);
        assertThat(book.summary()).isEqualTo(new BillingBook.Summary(3, 2, 1, 2, 2, 0));
        assertThat(book.timesBilledByContent())
                .containsEntry(BillingBook.contentOf(CHAT, body.getBytes(StandardCharsets.UTF_8)), 2)
                .hasSize(2);
        assertThat(book.entries())
                .extracting(BillingBook.BilledLine::customId)
                .containsExactlyInAnyOrder("a", "b", "z");
        assertThat(book.entries()).allSatisfy(line -> {
            assertThat(line.account()).startsWith("org-").doesNotContain("sk-key");
            assertThat(line.inputTokens()).isPositive();
            assertThat(line.outputTokens()).isPositive();
            assertThat(line.billedAt()).isBetween(CREATED + 10, CREATED + 110);
        });
    }
}

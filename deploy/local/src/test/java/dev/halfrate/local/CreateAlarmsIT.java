package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Creates whose answers are lost, remote batches that turn up late, and files that are not as they should be. */
@Tag("long")
class CreateAlarmsIT {
    /** A whole window. */
    private static final int LATE = 150;

    /** Each with two creates; more of them would make it an account that does not answer. */
    private static final List<String> DOUBTFUL = List.of("doubt1", "doubt2", "doubt3", "doubt4");

    /** Their batches run for as long as it takes. */
    private static final List<String> SLOW = List.of("twin", "late", "claude");

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:HalfrateBatchesOnHold")
    @Tag("alarm:HalfrateDoubtsStay")
    @Tag("alarm:HalfrateDoubtsGrow")
    @Tag("alarm:HalfrateTwinsStay")
    @Tag("alarm:HalfrateBilledTwice")
    @Tag("alarm:HalfrateExposureGrows")
    @Tag("alarm:HalfrateLateLines")
    @Tag("alarm:log-create-in-doubt")
    @Tag("alarm:log-no-trace")
    @Tag("alarm:log-on-hold")
    @Tag("alarm:log-taken-for-it")
    @Tag("alarm:log-not-in-ledger")
    @Tag("alarm:log-files-left")
    @Tag("alarm:log-strange-lines")
    @Tag("alarm:status-hold")
    @Tag("alarm:status-twins")
    void whatIsInDoubtIsFoundHeldOrBoughtAgain() throws Exception {
        try (var scene = new AlarmScene(directory)) {
            for (var account : SLOW) {
                scene.vendor(account, 1);
            }
            var config = scene.config(
                    String.join(
                                    "",
                                    DOUBTFUL.stream()
                                            .map(name -> account(scene, name))
                                            .toList())
                            + scene.account("trace", "")
                            + scene.account("twin", "doubts: {policy: hold}")
                            + scene.account("late", "")
                            + scene.account("missing", "")
                            + scene.account("files", "files: {delete: true}")
                            + scene.account("claude", "[claude-*]", "provider: anthropic"),
                    """
                    lanes: {age-max: 2s, requests-max: 150}
                    ledger:
                      poll-delays: [500ms]
                      create-timeout: 6s
                      quiesce-margin: 500ms
                      listings-apart: 500ms
                      sweep-every: 1s
                      item-retry-delays: [500ms]
                      retry-delay-max: 1s
                    """);
            try (var service = scene.start(config)) {
                var before = scene.scrape();

                // When answers are lost, one batch is not listed, and one create never arrived
                for (var account : DOUBTFUL) {
                    scene.fault(account, "POST", "/v1/batches", "\"times\": 2, \"reset\": \"AFTER\"");
                    scene.vendor(account, "PUT", "habits", "{\"new_batches_hidden_seconds\": 86400}");
                }
                scene.fault("twin", "POST", "/v1/batches", "\"reset\": \"AFTER\"");
                scene.vendor("twin", "PUT", "habits", "{\"new_batches_hidden_seconds\": 86400}");
                scene.fault("trace", "POST", "/v1/batches", "\"reset\": \"BEFORE\"");
                scene.fault("claude", "POST", "/v1/messages/batches", "\"reset\": \"AFTER\"");
                scene.fault(
                        "missing",
                        "GET",
                        "/v1/files/.*/content",
                        "\"times\": 1000, \"lines\": [\"MISSING\", \"FOREIGN\"]");
                scene.fault("files", "DELETE", "/v1/files/.*", "\"times\": 1000, \"status\": 500, \"body\": \"\"");
                for (var account : DOUBTFUL) {
                    scene.send(account + "-a", "gpt-" + account + "-a");
                    scene.send(account + "-b", "gpt-" + account + "-b");
                }
                for (var account : new String[] {"twin", "trace", "files"}) {
                    scene.send(account, "gpt-" + account);
                }
                IntStream.range(0, 3).forEach(number -> scene.send("missing-" + number, "gpt-missing"));
                IntStream.range(0, LATE).forEach(number -> scene.send("late-" + number, "gpt-late"));
                scene.sendMessage("claude");

                // Then
                scene.log.await("WARN …: create in doubt (", AlarmScene.PATIENCE);
                var doubts = scene.awaitScrape("doubts", now -> now.sum("halfrate_doubts_open") >= 2 * DOUBTFUL.size());
                for (var account : DOUBTFUL) {
                    scene.vendor(account, "PUT", "habits", "{\"new_batches_hidden_seconds\": 0}");
                }
                scene.log.await("WARN …: no trace of attempt 1; its input is deleted", AlarmScene.PATIENCE);
                scene.log.await("WARN …: … is taken for it until its lines prove it", AlarmScene.PATIENCE);
                scene.log.await("WARN …: 1 lines of its result files answer none of its requests", AlarmScene.PATIENCE);
                scene.log.await("WARN …: … of its files at the vendor could not be deleted", AlarmScene.PATIENCE);
                scene.log.await("ERROR …: on hold, ", AlarmScene.PATIENCE);
                var hold = scene.awaitScrape(
                        "hold",
                        now -> now.sum("halfrate_batches", "state=\"hold\"") == 1
                                && now.sum("halfrate_doubts_open") <= 2
                                && now.sum("halfrate_exposure", "reason=\"missing\"") >= 1);
                assertAlarm(scene, "1 batches are on hold");

                // When an operator has it bought again, though the vendor has it, and does not cancel it
                scene.fault(
                        "twin", "POST", "/v1/batches/[^/]+/cancel", "\"times\": 1000, \"status\": 500, \"body\": \"\"");
                scene.post(
                        "/api/batches/" + batch(scene, "hold") + "/resolve",
                        "{\"resolution\": \"again\", \"attempt\": 1}");
                scene.awaitScrape("bought again", now -> now.sum("halfrate_exposure", "reason=\"released\"") == 1);
                scene.vendor("twin", "PUT", "habits", "{\"new_batches_hidden_seconds\": 0}");

                // Then
                var twins = scene.awaitScrape("twin", now -> now.sum("halfrate_twins_open") == 1);
                assertAlarm(scene, "1 second remote batches may still execute lines");
                assertThat(twins.sum("halfrate_batches", "state=\"hold\"")).isZero();

                // When a batch is cancelled that the vendor carries out all the same, and both vendors are done
                scene.fault(
                        "late", "POST", "/v1/batches/[^/]+/cancel", "\"times\": 1000, \"status\": 500, \"body\": \"\"");
                scene.post("/api/batches/" + batch(scene, "running&account=late") + "/cancel", "");
                scene.awaitScrape("cancelled", now -> now.sum("halfrate_batches", "state=\"cancelling\"") == 1);
                for (var account : SLOW) {
                    scene.vendor(account, "POST", "clock", "{\"advance_seconds\": 7200}");
                }
                strangersBatch(scene);

                // Then
                var after = scene.awaitScrape(
                        "late and twice",
                        now -> now.sum("halfrate_late_lines") >= LATE
                                && now.sum("halfrate_billed_twice") == 1
                                && now.sum("halfrate_twins_open") == 0
                                && now.sum("halfrate_doubts_open") == 0);
                scene.log.await("ERROR account claude: remote batch … is not in the ledger", AlarmScene.PATIENCE);
                await().atMost(AlarmScene.PATIENCE).until(() -> alarms(scene).isEmpty());
                assertThat(service.failure()).isNotDone();
                scene.assertFiresAndEnds("HalfrateDoubtsStay", "", before, doubts, after);
                scene.assertFiresAndEnds("HalfrateDoubtsGrow", "", before, doubts, after);
                scene.assertFiresAndEnds("HalfrateBatchesOnHold", "", before, hold, after);
                scene.assertFiresAndEnds("HalfrateExposureGrows", "reason=\"missing\"", before, hold, hold);
                scene.assertFiresAndEnds("HalfrateExposureGrows", "reason=\"released\"", hold, twins, after);
                scene.assertFiresAndEnds("HalfrateTwinsStay", "", hold, twins, after);
                scene.assertFiresAndEnds("HalfrateBilledTwice", "", twins, after, after);
                scene.assertFiresAndEnds("HalfrateLateLines", "", twins, after, after);
            }
        }
    }

    private static String account(AlarmScene scene, String name) {
        try {
            return scene.account(name, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String batch(AlarmScene scene, String state) throws Exception {
        return scene.json("/api/batches?state=" + state)
                .at("/batches/0/batch_id")
                .asText();
    }

    private static void assertAlarm(AlarmScene scene, String text) {
        await().atMost(AlarmScene.PATIENCE).until(() -> alarms(scene).contains(text));
    }

    private static String alarms(AlarmScene scene) throws Exception {
        var alarms = new StringBuilder();
        scene.json("/api/status")
                .path("alarms")
                .forEach(alarm -> alarms.append(alarm.asText()).append('\n'));
        return alarms.toString();
    }

    /** Somebody else uses the account's key. */
    private static void strangersBatch(AlarmScene scene) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(scene.vendor("claude").baseUrl() + "/messages/batches"))
                            .header("x-api-key", "two@acme")
                            .header("anthropic-version", "2023-06-01")
                            .header("content-type", "application/json")
                            .POST(BodyPublishers.ofString("""
                                    {"requests": [{"custom_id": "x", "params": {"model": "claude-haiku-4-5", "max_tokens": 9, \
                                    "messages": [{"role": "user", "content": "q"}]}}]}"""))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }
}

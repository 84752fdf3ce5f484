package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vendors that take no key, want money, have enough, or do not answer. */
@Tag("long")
class AccountAlarmsIT {
    private static final String REFUSAL =
            "\"times\": 1000, \"status\": %d, \"retry_after\": \"1\", \"body\": \"{\\\"error\\\": {\\\"message\\\": \\\"no\\\", \\\"type\\\": \\\"%s\\\", \\\"code\\\": \\\"%s\\\", \\\"param\\\": null}}\"";

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:HalfrateAccountKeyRefused")
    @Tag("alarm:HalfrateAccountWithoutCredit")
    @Tag("alarm:HalfrateAccountUnavailable")
    @Tag("alarm:log-key-refused")
    @Tag("alarm:log-other-organization")
    @Tag("alarm:log-no-credit")
    @Tag("alarm:log-backs-off")
    @Tag("alarm:log-queue-full")
    @Tag("alarm:log-refused-later")
    @Tag("alarm:log-goes-on")
    @Tag("alarm:log-split")
    @Tag("alarm:log-refused-for-good")
    void accountsWaitAndGoOn() throws Exception {
        try (var scene = new AlarmScene(directory)) {
            var config = scene.config(
                    scene.account("key", "")
                            + scene.account("stranger", "")
                            + scene.account("credit", "")
                            + scene.account("away", "")
                            + scene.account("queue", "")
                            + scene.account("bad", "")
                            + scene.account("full", "")
                            + scene.account("large", ""),
                    """
                    lanes: {age-max: 500ms}
                    ledger: {poll-delays: [200ms], probe-interval: 500ms, retry-delay-max: 1s, item-retry-delays: [500ms]}
                    """);
            try (var service = scene.start(config)) {
                // Given
                for (var account : new String[] {"key", "stranger"}) {
                    scene.send(account + "-first", "gpt-" + account);
                    scene.awaitScrape(
                            account,
                            now -> now.sum("halfrate_lane_requests", "became=\"succeeded\"", lane(account)) == 1);
                }
                var before = scene.scrape();

                // When
                scene.fault(
                        "key", "POST", "/v1/.*", REFUSAL.formatted(401, "invalid_request_error", "invalid_api_key"));
                scene.key("stranger", "else@stranger");
                scene.fault(
                        "credit",
                        "POST",
                        "/v1/batches",
                        REFUSAL.formatted(429, "insufficient_quota", "insufficient_quota"));
                for (var method : new String[] {"GET", "POST"}) {
                    scene.fault("away", method, "/v1/.*", "\"times\": 1000, \"reset\": \"BEFORE\"");
                }
                scene.fault(
                        "queue",
                        "POST",
                        "/v1/batches",
                        REFUSAL.formatted(429, "invalid_request_error", "token_limit_exceeded"));
                scene.vendor("full", "PUT", "limits", "{\"enqueued_tokens\": {\"*\": 5}}");
                scene.fault(
                        "large",
                        "POST",
                        "/v1/batches",
                        REFUSAL.formatted(413, "invalid_request_error", "large").replace("1000", "1"));
                scene.fault("bad", "POST", "/v1/batches", REFUSAL.formatted(400, "invalid_request_error", "strange"));
                for (var account : new String[] {"key", "stranger", "credit", "away", "queue", "full"}) {
                    scene.send(account, "gpt-" + account);
                }
                scene.send("bad", "gpt-bad");
                scene.send("large-1", "gpt-large");
                scene.send("large-2", "gpt-large");

                // Then
                scene.log.await("ERROR account key: paused, its key is refused (", AlarmScene.PATIENCE);
                scene.log.await(
                        "ERROR account stranger: paused, its key is refused (it is of another organization",
                        AlarmScene.PATIENCE);
                scene.log.await("ERROR account credit: creates nothing, it has no credit (", AlarmScene.PATIENCE);
                scene.log.await("WARN account away: backs off (", AlarmScene.PATIENCE);
                scene.log.await(
                        "WARN account queue: the creates of a model wait, its queue is full", AlarmScene.PATIENCE);
                scene.log.await("WARN …: refused (token_limit_exceeded), tried again later", AlarmScene.PATIENCE);
                scene.log.await("WARN …: refused as a whole, goes on as", AlarmScene.PATIENCE);
                scene.log.await("WARN …: refused (strange), its requests fail", AlarmScene.PATIENCE);
                var during = scene.awaitScrape(
                        "all of them wait",
                        now -> paused(now, "key", "key") == 1
                                && paused(now, "stranger", "key") == 1
                                && paused(now, "credit", "credit") == 1
                                && paused(now, "away", "unavailable") == 1);

                // When
                for (var account : new String[] {"key", "credit", "away", "queue"}) {
                    scene.vendor(account, "DELETE", "faults", "");
                }
                scene.vendor("full", "DELETE", "limits", "");
                scene.key("stranger", "two@acme");

                // Then
                for (var account : new String[] {"key", "stranger", "credit", "away", "queue"}) {
                    scene.log.await("INFO account " + account + ": goes on (", AlarmScene.PATIENCE);
                }
                var after = scene.awaitScrape(
                        "all are answered",
                        now -> now.sum("halfrate_lane_requests", "became=\"succeeded\"") >= 8
                                && now.sum("halfrate_account_paused") == 0);
                assertThat(service.failure()).isNotDone();
                for (var account : new String[] {"key", "stranger"}) {
                    scene.assertFiresAndEnds("HalfrateAccountKeyRefused", label(account), before, during, after);
                }
                scene.assertFiresAndEnds("HalfrateAccountWithoutCredit", label("credit"), before, during, after);
                scene.assertFiresAndEnds("HalfrateAccountUnavailable", label("away"), before, during, after);
            }
        }
    }

    private static double paused(Scrape scrape, String account, String reason) {
        return scrape.sum("halfrate_account_paused", label(account), "reason=\"%s\"".formatted(reason));
    }

    private static String label(String account) {
        return "account=\"%s\"".formatted(account);
    }

    private static String lane(String account) {
        return "lane=\"%1$s/gpt-%1$s/v1/chat/completions\"".formatted(account);
    }
}

package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.halfrate.simulator.RegistryServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that nobody can read, that wait or come too fast; endpoints, registries and budgets that stand in their way. */
@Tag("long")
class FlowAlarmsIT {
    private static final int BURST = 20_000;
    private static final int RESTARTS = 6;
    private static final Duration LIFE = Duration.ofHours(72);
    private static final String SECRET =
            "whsec_" + Base64.getEncoder().encodeToString("a secret of at least 24 bytes".getBytes(UTF_8));

    @TempDir
    Path directory;

    private final AtomicInteger status = new AtomicInteger(410);

    @Test
    @Tag("alarm:HalfrateDeadLetters")
    @Tag("alarm:HalfrateRequestsExpire")
    @Tag("alarm:HalfrateNoProgress")
    @Tag("alarm:HalfrateIntakeStalled")
    @Tag("alarm:HalfrateStartsOver")
    @Tag("alarm:HalfrateFallsBehind")
    @Tag("alarm:HalfrateWebhooksRefused")
    @Tag("alarm:HalfrateCallbacksGivenUp")
    @Tag("alarm:HalfrateCallbacksDisabled")
    @Tag("alarm:HalfrateTokensWithoutPrice")
    @Tag("alarm:HalfrateBudgetNearlyUsed")
    @Tag("alarm:HalfrateBudgetExhausted")
    @Tag("alarm:log-registry")
    @Tag("alarm:log-starting-over")
    @Tag("alarm:log-cannot-commit")
    @Tag("alarm:log-webhook-refused")
    @Tag("alarm:log-callback-retried")
    @Tag("alarm:log-callback-given-up")
    @Tag("alarm:log-callback-gone")
    @Tag("alarm:log-taken-up-again")
    @Tag("alarm:status-budget")
    void whatWaitsOrIsLeftOutIsToldOf() throws Exception {
        var endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        endpoint.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(status.get(), -1);
            }
        });
        endpoint.start();
        try (var scene = new AlarmScene(directory);
                var registry = RegistryServer.start(0)) {
            Files.writeString(directory.resolve("secret"), SECRET);
            var hooks = AlarmScene.freePort();
            var rest = """
                    lanes: {age-max: 500ms}
                    ledger: {poll-delays: [200ms], probe-interval: 500ms}
                    schema-registry: {urls: ['%1$s']}
                    webhooks: {port: %2$d}
                    callbacks:
                      - {name: dead, url: 'http://127.0.0.1:%3$d/', secrets: [{file: %5$s/secret}], retry-for: 0s, allow-private: true}
                      - {name: gone, url: 'http://127.0.0.1:%4$d/', secrets: [{file: %5$s/secret}], allow-private: true}
                    money: {budgets: [{name: all, pool: money, period: total, usd: %%s}]}
                    """.formatted(
                            registry.url(),
                            hooks,
                            AlarmScene.freePort(),
                            endpoint.getAddress().getPort(),
                            directory);
            var money = scene.account("money", "[gpt-4o]", "");
            var others = scene.account("main", "webhook-secrets: [{file: %s/secret}]".formatted(directory))
                    + scene.account("slow", "");
            var left = scene.account("left", "");
            Scrape before;
            Scrape during;
            Scrape behind;
            Scrape rich;
            try (var service = scene.start(scene.config(money + others + left, rest.formatted("5")))) {
                before = scene.scrape();

                // When
                scene.post("/api/lanes/pause", "{\"account\": \"slow\"}");
                await().atMost(AlarmScene.PATIENCE)
                        .until(() ->
                                scene.json("/api/status").at("/status/pauses").size() == 1);
                scene.send("expires", "gpt-slow", Instant.now().minus(LIFE).plusSeconds(6));
                scene.send("lives", "gpt-slow");
                scene.send("priced", "gpt-4o");
                scene.send("priceless", "gpt-main");
                scene.vendor("left", "PUT", "habits", "{\"slowdown\": 1000}");
                scene.send("left", "gpt-left");
                scene.send(new ProducerRecord<>("llm.requests", 0, null, "rubbish".getBytes(UTF_8)));
                registry.stop();
                scene.send(new ProducerRecord<>(
                        "llm.requests",
                        1,
                        null,
                        ByteBuffer.allocate(9).putInt(1, 99).array()));
                assertThat(forgedWebhook(hooks)).isEqualTo(401);
                await().atMost(AlarmScene.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(
                                () -> {
                                    fence(scene, "halfrate-intake-");
                                    scene.send(new ProducerRecord<>("llm.requests", 0, new byte[1], null));
                                    return scene.scrape().sum("halfrate_intake_restarts_total");
                                },
                                restarts -> restarts >= RESTARTS);
                fence(scene, "halfrate-ledger-");

                // Then
                scene.log.await("WARN the schema registry cannot be asked", AlarmScene.PATIENCE);
                scene.log.await("WARN intake: llm.requests-1 waits at offset", AlarmScene.PATIENCE);
                scene.log.await("WARN intake: starting over in ", AlarmScene.PATIENCE);
                scene.log.await("WARN account main: a webhook was refused", AlarmScene.PATIENCE);
                scene.log.await("WARN callbacks to dead: …, tried again: ", AlarmScene.PATIENCE);
                scene.log.await("ERROR callbacks to gone: it answers 410", AlarmScene.PATIENCE);
                scene.log.await("ERROR callbacks to dead: … is given up after 5 tries", AlarmScene.PATIENCE);
                scene.send("commits-0", "gpt-main");
                scene.log.await("WARN work-…: cannot commit ", AlarmScene.PATIENCE);
                during = scene.awaitScrape(
                        "all of it",
                        now -> now.sum("halfrate_requests_ended_total", "status=\"expired\"") == 1
                                && now.sum("halfrate_intake_stalled") == 1
                                && now.sum("halfrate_lane_waiting") == 1
                                && now.sum("halfrate_tokens_unpriced") > 0
                                && now.sum("halfrate_batches", "state=\"running\"") == 1);

                // When more comes than can be read at once
                for (var number = 0; number < BURST; number++) {
                    scene.send(new ProducerRecord<>("llm.requests", 0, new byte[1], null));
                }
                behind = scene.awaitScrape(
                        "lag",
                        now -> now.sum(
                                        "kafka_consumer_fetch_manager_records_lag_max",
                                        "topic=\"llm.requests\"",
                                        "partition=\"0\"")
                                > 0);

                // When
                registry.restart();
                scene.post("/api/lanes/resume", "{\"account\": \"slow\"}");
                rich = scene.awaitScrape(
                        "all is read",
                        now -> now.sum("halfrate_intake_stalled") == 0 && now.sum("halfrate_lane_waiting") == 0);
                assertThat(service.failure()).isNotDone();
            }

            // When there is no more of the budget than was spent, a batch's account is not there any more, and the
            // endpoint is
            status.set(204);
            var spent = rich.sum("halfrate_budget_spent");
            assertThat(spent).isPositive();
            var poorConfig = scene.config(money + others, rest.formatted(Double.toString(spent)));
            Scrape poor;
            try (var _ = scene.start(poorConfig)) {
                scene.log.await("ERROR …: running failed, taken up again in ", AlarmScene.PATIENCE);
                poor = scene.awaitScrape("spent", now -> now.sum("halfrate_budget_spent") == spent);
                await().atMost(AlarmScene.PATIENCE)
                        .until(() -> scene.json("/api/status")
                                .path("alarms")
                                .toString()
                                .contains("budget all: "));
            }
            Scrape after;
            try (var _ = scene.start(scene.config(money + others + left, rest.formatted("5")))) {
                after = scene.awaitScrape("again", now -> now.sum("halfrate_budget_spent") == spent);
            }

            // Then
            for (var alert : new String[] {
                "HalfrateDeadLetters",
                "HalfrateRequestsExpire",
                "HalfrateNoProgress",
                "HalfrateIntakeStalled",
                "HalfrateStartsOver",
                "HalfrateWebhooksRefused",
                "HalfrateCallbacksGivenUp"
            }) {
                scene.assertFiresAndEnds(alert, "", before, during, rich);
            }
            scene.assertFiresAndEnds("HalfrateFallsBehind", "", before, behind, after);
            scene.assertFiresAndEnds("HalfrateCallbacksDisabled", "endpoint=\"gone\"", before, during, poor);
            scene.assertFiresAndEnds("HalfrateTokensWithoutPrice", "account=\"main\"", before, during, before);
            for (var alert : new String[] {"HalfrateBudgetNearlyUsed", "HalfrateBudgetExhausted"}) {
                scene.assertFiresAndEnds(alert, "budget=\"all\"", rich, poor, after);
            }
        } finally {
            endpoint.stop(0);
        }
    }

    /** Another writer comes under the names of these, as a twin of the process would. */
    private static void fence(AlarmScene scene, String prefix) throws Exception {
        try (var admin = scene.admin()) {
            for (var transaction : admin.listTransactions().all().get()) {
                if (transaction.transactionalId().startsWith(prefix)) {
                    try (var twin = new KafkaProducer<>(
                            Map.of(
                                    "bootstrap.servers", scene.broker.bootstrapServers(),
                                    "transactional.id", transaction.transactionalId()),
                            new ByteArraySerializer(),
                            new ByteArraySerializer())) {
                        twin.initTransactions();
                    }
                }
            }
        }
    }

    private static int forgedWebhook(int port) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/webhooks/main".formatted(port)))
                                    .header("webhook-id", "w")
                                    .header(
                                            "webhook-timestamp",
                                            String.valueOf(Instant.now().getEpochSecond()))
                                    .header("webhook-signature", "v1,forged")
                                    .POST(BodyPublishers.ofString("{}"))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        }
    }
}

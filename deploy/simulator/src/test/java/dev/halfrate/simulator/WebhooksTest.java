package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.Headers;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookVerificationParams;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.simulator.RawClient.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends of batches, told to whom it may concern, and read by the vendor's own client. */
final class WebhooksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String CHAT = "/v1/chat/completions";
    private static final String SECRET =
            "whsec_" + Base64.getEncoder().encodeToString("a key of 24 bytes, or so".getBytes(UTF_8));

    /** What arrived. */
    private record Told(Headers headers, String body) {

        String id() {
            return headers.values("webhook-id").getFirst();
        }
    }

    private final ManualClock clock = new ManualClock();
    private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
    private final AtomicInteger refusals = new AtomicInteger();

    @TempDir
    Path directory;

    private HttpServer receiver;
    private Simulator simulator;
    private RawClient client;
    private OpenAIClient sdk;

    @BeforeEach
    void start() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", this::receive);
        receiver.start();
        simulator = Simulator.start(SimulatorConfig.defaults().withDataDirectory(directory), clock);
        client = new RawClient(simulator.baseUrl(), "sk-anything");
        sdk = OpenAIOkHttpClient.builder()
                .baseUrl(simulator.baseUrl().toString())
                .apiKey("sk-anything")
                .webhookSecret(SECRET)
                .build();
    }

    @AfterEach
    void stop() {
        sdk.close();
        client.close();
        simulator.close();
        receiver.stop(0);
    }

    private void receive(HttpExchange exchange) throws IOException {
        Headers.Builder headers = Headers.builder();
        exchange.getRequestHeaders().forEach(headers::put);
        told.add(new Told(headers.build(), new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
        exchange.sendResponseHeaders(refusals.getAndDecrement() > 0 ? 503 : 200, -1);
        exchange.close();
    }

    private Answer tell(String more) {
        return client.send(
                "PUT",
                "/control/webhook",
                BodyPublishers.ofString("{\"url\":\"http://127.0.0.1:%d/hook\",\"secret\":\"%s\",\"retry_ms\":1%s}"
                        .formatted(receiver.getAddress().getPort(), SECRET, more)));
    }

    private Told next() throws InterruptedException {
        Told next = told.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(next).as("something told within ten seconds").isNotNull();
        return next;
    }

    private UnwrapWebhookEvent unwrapped(Told one) {
        return sdk.webhooks()
                .unwrap(WebhookVerificationParams.builder()
                        .payload(one.body())
                        .headers(one.headers())
                        .build());
    }

    @Test
    void theVendorsOwnTestVectorIsSignedTheSame() {
        byte[] key = Base64.getDecoder().decode("RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=");
        String body = "{\"id\": \"evt_685c059ae3a481909bdc86819b066fb6\", \"object\": \"event\","
                + " \"created_at\": 1750861210, \"type\": \"response.completed\", \"data\": {\"id\": \"resp_123\"}}";

        assertThat(WebhookSignature.of(key, "wh_685c059ae39c8190af8c71ed1022a24d", 1750861210, body))
                .isEqualTo("v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=");
    }

    @Test
    void theEndOfABatchIsToldOnceAndSigned() throws InterruptedException {
        assertThat(tell("").status()).isEqualTo(200);
        String batch = client.create(client.upload(ChatLines.of(1)), CHAT);
        clock.advance(Duration.ofHours(1));
        client.batch(batch);

        Told one = next();
        UnwrapWebhookEvent event = unwrapped(one);

        assertThat(event.asBatchCompleted().data().id()).isEqualTo(batch);
        assertThat(event.asBatchCompleted().createdAt())
                .isEqualTo(client.batch(batch).path("completed_at").longValue());
        assertThat(event.asBatchCompleted().id()).startsWith("evt_");
        assertThat(one.id()).startsWith("wh_");
        assertThat(told).isEmpty();
    }

    @Test
    void eachEndHasItsEvent() throws InterruptedException {
        tell("");
        String file = client.upload(ChatLines.of(1));
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"slowdown\": 1000}"));
        String expires = client.create(file, CHAT);
        String cancelled = client.create(file, CHAT);
        String fails = client.create("file-none", CHAT);
        client.post("/v1/batches/" + cancelled + "/cancel", "");
        List<String> events = new ArrayList<>();

        clock.advance(Duration.ofSeconds(30));
        client.batch(fails);
        events.add(unwrapped(next()).asBatchFailed().data().id());
        clock.advance(Duration.ofMinutes(5));
        client.batch(cancelled);
        events.add(unwrapped(next()).asBatchCancelled().data().id());
        clock.advance(Duration.ofHours(24));
        client.batch(expires);
        events.add(unwrapped(next()).asBatchExpired().data().id());

        assertThat(events).containsExactly(fails, cancelled, expires);
    }

    @Test
    void whatIsNotTakenIsToldAgainUnderTheSameId() throws InterruptedException {
        refusals.set(2);
        tell("");
        client.create("file-none", CHAT);
        clock.advance(Duration.ofHours(1));
        client.get("/v1/batches");

        Told first = next();
        Told second = next();
        Told third = next();

        assertThat(List.of(second.id(), third.id())).containsOnly(first.id());
        assertThat(List.of(second.body(), third.body())).containsOnly(first.body());
        unwrapped(third);
        assertThat(deliveredStatuses(3)).containsExactly(503, 503, 200);
    }

    @Test
    void itGivesUpInTheEnd() throws InterruptedException {
        refusals.set(100);
        tell(",\"attempts_max\":2");
        client.create("file-none", CHAT);
        clock.advance(Duration.ofHours(1));
        client.get("/v1/batches");

        next();
        next();

        assertThat(deliveredStatuses(2)).containsExactly(503, 503);
        assertThat(told.poll(200, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void itMayBeToldLateAndOftener() throws InterruptedException {
        tell(",\"copies\":3,\"late_ms\":300");
        client.create("file-none", CHAT);
        clock.advance(Duration.ofHours(1));
        long from = System.nanoTime();
        client.get("/v1/batches");

        String id = next().id();
        Duration late = Duration.ofNanos(System.nanoTime() - from);

        assertThat(late).isGreaterThan(Duration.ofMillis(290));
        assertThat(List.of(next().id(), next().id())).containsOnly(id);
    }

    @Test
    void theSecretIsNotTold() {
        String answer = tell("").text();

        assertThat(answer).contains("/hook").doesNotContain(SECRET.substring(6));
        assertThat(new Webhook("http://a/", SECRET, 0, 0, 0, 0).toString()).doesNotContain(SECRET.substring(6));
    }

    @Test
    void nobodyIsToldWhenNobodyWantsToKnow() {
        tell("");
        assertThat(client.send("DELETE", "/control/webhook", BodyPublishers.noBody())
                        .json()
                        .path("url")
                        .isNull())
                .isTrue();
        assertThat(client.send(
                                "PUT",
                                "/control/webhook",
                                BodyPublishers.ofString("{\"url\":\"ftp://a\",\"secret\":\"whsec_\"}"))
                        .error("message"))
                .contains("url must be http or https");

        client.create("file-none", CHAT);
        clock.advance(Duration.ofHours(1));
        client.get("/v1/batches");

        assertThat(client.get("/control/webhook").json().path("deliveries")).isEmpty();
    }

    /** Statuses are noted a moment after the receiver has answered. */
    private List<Integer> deliveredStatuses(int attempts) {
        List<Integer> statuses = new ArrayList<>();
        for (long until = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < until; ) {
            statuses.clear();
            client.get("/control/webhook")
                    .json()
                    .path("deliveries")
                    .forEach(delivery -> statuses.add(delivery.path("status").intValue()));
            if (statuses.size() >= attempts) {
                break;
            }
        }
        return statuses;
    }
}

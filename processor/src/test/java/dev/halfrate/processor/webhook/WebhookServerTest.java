package dev.halfrate.processor.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.WebhooksConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebhookServerTest {
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final byte[] KEY = "a secret of the vendor".getBytes(UTF_8);
    private static final String EVENT = """
            {"id":"evt_1","object":"event","type":"batch.completed","created_at":1,"data":{"id":"batch_1"}}""";

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final WebhookServer server = start(0);
    private final HttpClient http = HttpClient.newHttpClient();

    private WebhookServer start(int port) {
        var accounts = ConfigFile.parse(
                        """
                        kafka: {bootstrap.servers: none}
                        accounts:
                          - {name: main, key: {env: KEY}, webhook-secrets: [{env: SECRET}]}
                          - {name: mute, key: {env: KEY}}
                        """,
                        Map.of(
                                "KEY",
                                "key",
                                "SECRET",
                                "whsec_" + Base64.getEncoder().encodeToString(KEY)))
                .accounts();
        return WebhookServer.start(
                new WebhooksConfig("127.0.0.1", port),
                accounts,
                meters,
                InstantSource.fixed(NOW),
                (account, remoteBatchId) -> told.add(account + " " + remoteBatchId));
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private static String signature(String id, long timestamp, String body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
            return "v1,"
                    + Base64.getEncoder()
                            .encodeToString(mac.doFinal((id + "." + timestamp + "." + body).getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path)));
    }

    private int send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    private int post(String account, String id, long timestamp, String body, String signature)
            throws IOException, InterruptedException {
        return send(to("/webhooks/" + account)
                .header("webhook-id", id)
                .header("webhook-timestamp", String.valueOf(timestamp))
                .header("webhook-signature", signature)
                .POST(BodyPublishers.ofString(body)));
    }

    private int post(String id, String body) throws IOException, InterruptedException {
        var at = NOW.getEpochSecond();
        return post("main", id, at, body, signature(id, at, body));
    }

    private double counted(String outcome) {
        return meters.get("halfrate.webhooks").tag("outcome", outcome).counter().count();
    }

    @Test
    void aGenuineMessageNamesItsBatch() throws Exception {
        assertThat(post("wh_1", EVENT)).isEqualTo(204);

        assertThat(told).containsExactly("main batch_1");
        assertThat(counted("accepted")).isOne();
    }

    @Test
    void aRepeatedMessageIsAnsweredAndTellsNothing() throws Exception {
        post("wh_1", EVENT);

        assertThat(post("wh_1", EVENT)).isEqualTo(204);

        assertThat(told).hasSize(1);
        assertThat(counted("repeated")).isOne();
    }

    @Test
    void forgedOldAndOtherAccountsMessagesAreRefused() throws Exception {
        var at = NOW.getEpochSecond();

        assertThat(post("main", "wh_1", at, EVENT, "v1,AAAA")).isEqualTo(401);
        assertThat(post("main", "wh_1", at - 301, EVENT, signature("wh_1", at - 301, EVENT)))
                .isEqualTo(401);
        assertThat(post("main", "wh_2", at, EVENT, signature("wh_1", at, EVENT)))
                .isEqualTo(401);
        assertThat(post("main", "wh_1", at, EVENT + " ", signature("wh_1", at, EVENT)))
                .isEqualTo(401);
        assertThat(send(to("/webhooks/main").POST(BodyPublishers.ofString(EVENT))))
                .isEqualTo(401);
        assertThat(post("mute", "wh_1", at, EVENT, signature("wh_1", at, EVENT)))
                .isEqualTo(404);
        assertThat(post("nobody", "wh_1", at, EVENT, signature("wh_1", at, EVENT)))
                .isEqualTo(404);
        assertThat(told).isEmpty();
        assertThat(counted("refused")).isEqualTo(5);
    }

    @Test
    void whatIsAboutSomethingElseIsAnsweredAndIgnored() throws Exception {
        for (var body : List.of(
                "{\"type\":\"response.completed\",\"data\":{\"id\":\"resp_1\"}}",
                "{\"type\":\"batch.completed\",\"data\":{}}",
                "{\"type\":\"batch.completed\",\"data\":{\"id\":\"a b\"}}",
                "[]",
                "no JSON")) {
            assertThat(post("wh_" + body.hashCode(), body)).isEqualTo(204);
        }

        assertThat(told).isEmpty();
        assertThat(counted("ignored")).isEqualTo(5);
    }

    @Test
    void otherMethodsAndPathsAreNone() throws Exception {
        assertThat(send(to("/webhooks/main").GET())).isEqualTo(405);
        assertThat(send(to("/").GET())).isEqualTo(404);
        assertThat(send(to("/webhooks/main/more").GET())).isEqualTo(404);
    }

    @Test
    void aLargeBodyIsRefusedUnread() throws Exception {
        var large = "x".repeat(WebhookDoor.BODY_BYTES_MAX + 1);
        assertThat(post("wh_1", large)).isEqualTo(413);
        assertThat(send(to("/webhooks/main").POST(BodyPublishers.ofInputStream(() -> InputStream.nullInputStream()))))
                .isEqualTo(401);

        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write("POST /webhooks/main HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
                            .getBytes(UTF_8));
            var answer = new String(socket.getInputStream().readNBytes(12), UTF_8);
            assertThat(answer).isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void aBodyOfUnknownLengthIsCounted() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            var out = socket.getOutputStream();
            out.write("POST /webhooks/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(UTF_8));
            out.write("%x\r\n".formatted(WebhookDoor.BODY_BYTES_MAX + 1).getBytes(UTF_8));
            out.write(new byte[WebhookDoor.BODY_BYTES_MAX + 1]);
            out.flush();

            assertThat(new String(socket.getInputStream().readNBytes(12), UTF_8))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void aFloodIsTurnedAway() throws Exception {
        var answers = new HashSet<Integer>();
        for (var i = 0; i < 2_000 && !answers.contains(429); i++) {
            answers.add(post("main", "wh_1", NOW.getEpochSecond(), EVENT, "v1,AAAA"));
        }

        assertThat(answers).containsExactlyInAnyOrder(401, 429);
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        assertThatThrownBy(() -> start(server.port()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("webhooks.port %d of 127.0.0.1 is in use".formatted(server.port()));
    }
}

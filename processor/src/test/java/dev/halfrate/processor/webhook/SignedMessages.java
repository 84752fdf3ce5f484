package dev.halfrate.processor.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.signing.Signature;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;

/** A webhook door without a network, and messages that are signed whatever they say. */
public final class SignedMessages {
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final byte[] KEY = "a secret of the vendor".getBytes(UTF_8);

    private static final int HEADER_CHARS_MAX = 2_000;

    private final Server server = new Server();
    private final LocalConnector connector = new LocalConnector(server);
    private int messages;

    public SignedMessages() throws Exception {
        var accounts = ConfigFile.parse(
                        """
                        kafka: {bootstrap.servers: none}
                        accounts: [{name: main, key: {env: KEY}, webhook-secrets: [{env: SECRET}]}]
                        """,
                        Map.of(
                                "KEY",
                                "key",
                                "SECRET",
                                "whsec_" + Base64.getEncoder().encodeToString(KEY)))
                .accounts();
        server.addConnector(connector);
        server.setHandler(new WebhookDoor(accounts, new SimpleMeterRegistry(), InstantSource.fixed(NOW), (_, _) -> {}));
        server.start();
    }

    /** @return the answer */
    public String send(byte[] body) throws Exception {
        var id = "msg_" + messages++ % 1_000;
        var timestamp = Long.toString(NOW.getEpochSecond());
        var signature =
                Base64.getEncoder().encodeToString(Signature.sign(KEY, new Signature.Message(id, timestamp, body)));
        return send(id, timestamp, "v1," + signature, body);
    }

    /**
     * @param lines id, timestamp and signature
     * @return the answer
     */
    public String sendWith(byte[] lines) throws Exception {
        var values = new String(lines, UTF_8).split("\n", 3);
        return send(
                printable(values[0]),
                printable(values.length > 1 ? values[1] : ""),
                printable(values.length > 2 ? values[2] : ""),
                "{}".getBytes(UTF_8));
    }

    /** Jetty lets nothing else in. */
    private static String printable(String value) {
        var beginning = value.substring(0, Math.min(value.length(), HEADER_CHARS_MAX));
        return beginning.replaceAll("[^ -~]", "?");
    }

    private String send(String id, String timestamp, String signature, byte[] body) throws Exception {
        var request = new ByteArrayOutputStream();
        request.writeBytes("""
                POST /webhooks/main HTTP/1.1
                Host: local
                Connection: close
                webhook-id: %s
                webhook-timestamp: %s
                webhook-signature: %s
                Content-Length: %d

                """.formatted(id, timestamp, signature, body.length)
                .replace("\n", "\r\n")
                .getBytes(UTF_8));
        request.writeBytes(body);
        var answer = connector.getResponse(ByteBuffer.wrap(request.toByteArray()), false, 5, TimeUnit.SECONDS);
        return answer == null ? "" : UTF_8.decode(answer).toString();
    }

    public void close() throws Exception {
        server.stop();
    }
}

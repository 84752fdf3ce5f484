package dev.halfrate.processor.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.signing.Signature;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets in what is signed, recent, new and short, and says what it is about. What it claims of the batch is not believed. */
final class WebhookDoor extends Handler.Abstract {
    /** Of a body, before anything is computed of it. */
    static final int BODY_BYTES_MAX = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(WebhookDoor.class);
    private static final String PATH = "/webhooks/";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PRINTABLE_ID = "[!-~]{1,200}";

    private enum Verdict {
        /** About a batch, passed on. */
        ACCEPTED,
        /** Genuine, and about something else. */
        IGNORED,
        /** Genuine, and was here before. */
        REPEATED,
        /** Not signed with the account's secret, or too old. */
        REFUSED
    }

    private final Map<String, Signatures> accounts;
    private final MeterRegistry meters;
    private final Set<String> warned = ConcurrentHashMap.newKeySet();
    private final SeenIds seen = new SeenIds();
    private final InstantSource clock;
    private final WebhookServer.Listener listener;

    WebhookDoor(
            List<AccountConfig> accounts, MeterRegistry meters, InstantSource clock, WebhookServer.Listener listener) {
        this.accounts = accounts.stream()
                .filter(account -> !account.webhookSecrets().isEmpty())
                .collect(Collectors.toUnmodifiableMap(
                        AccountConfig::name, account -> new Signatures(account.name(), account.webhookSecrets())));
        this.clock = clock;
        this.listener = listener;
        this.meters = meters;
        for (var verdict : Verdict.values()) {
            counter(verdict);
        }
    }

    private Counter counter(Verdict verdict) {
        return Counter.builder("halfrate.webhooks")
                .description("Messages to the webhook port by what became of them")
                .tag("outcome", verdict.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        response.setStatus(answer(request, response));
        callback.succeeded();
        return true;
    }

    private int answer(Request request, Response response) {
        var path = Request.getPathInContext(request);
        var account = path.startsWith(PATH) ? path.substring(PATH.length()) : "";
        var signatures = accounts.get(account);
        if (signatures == null) {
            return HttpStatus.NOT_FOUND_404;
        } else if (!request.getMethod().equals("POST")) {
            response.getHeaders().put(HttpHeader.ALLOW, "POST");
            return HttpStatus.METHOD_NOT_ALLOWED_405;
        } else if (request.getLength() > BODY_BYTES_MAX) {
            return HttpStatus.PAYLOAD_TOO_LARGE_413;
        }
        byte[] body;
        try {
            body = body(request);
        } catch (IOException _) {
            return HttpStatus.REQUEST_TIMEOUT_408;
        }
        if (body.length > BODY_BYTES_MAX) {
            return HttpStatus.PAYLOAD_TOO_LARGE_413;
        }
        var verdict = judge(account, signatures, request, body);
        counter(verdict).increment();
        if (verdict == Verdict.REFUSED) {
            if (warned.add(account)) {
                LOG.warn(
                        "account {}: a webhook was refused; if its vendor sent it, compare webhook-secrets and this machine's clock",
                        account);
            }
            return HttpStatus.UNAUTHORIZED_401;
        }
        warned.remove(account);
        return HttpStatus.NO_CONTENT_204;
    }

    /** @return at most one byte too many */
    private static byte[] body(Request request) throws IOException {
        var body = new byte[BODY_BYTES_MAX + 1];
        var length = 0;
        try (var in = Content.Source.asInputStream(request)) {
            for (var read = 0; read >= 0 && length < body.length; length += Math.max(0, read)) {
                read = in.read(body, length, body.length - length);
            }
        }
        return Arrays.copyOf(body, length);
    }

    private Verdict judge(String account, Signatures signatures, Request request, byte[] body) {
        var headers = request.getHeaders();
        var id = String.valueOf(headers.get("webhook-id"));
        var timestamp = String.valueOf(headers.get("webhook-timestamp"));
        var signed = String.valueOf(headers.get("webhook-signature"));
        var now = clock.instant();
        if (!id.matches(PRINTABLE_ID) || !signatures.hold(new Signature.Message(id, timestamp, body), signed, now)) {
            return Verdict.REFUSED;
        } else if (!seen.add(account + " " + id, now)) {
            return Verdict.REPEATED;
        }
        var batch = batch(body);
        batch.ifPresent(remoteBatchId -> listener.ended(account, remoteBatchId));
        return batch.isPresent() ? Verdict.ACCEPTED : Verdict.IGNORED;
    }

    private static Optional<String> batch(byte[] body) {
        try {
            JsonNode event = JSON.readTree(body);
            var id = event.path("data").path("id").asText("");
            return event.path("type").asText("").startsWith("batch.") && id.matches(PRINTABLE_ID)
                    ? Optional.of(id)
                    : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}

package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.signing.Signature;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What makes a body a webhook. */
final class Message {
    private Message() {}

    /** @return empty as long as none of the secrets is one: a file may be half written */
    static Optional<Map<String, String>> headers(Event event, List<Secret> secrets, Instant now) {
        var timestamp = String.valueOf(now.getEpochSecond());
        var message = new Signature.Message(event.id(), timestamp, event.body());
        var signatures = secrets.stream()
                .flatMap(secret -> CallbackConfig.key(secret).stream())
                .map(key -> Signature.VERSION + new String(Signature.sign(key, message), US_ASCII))
                .collect(Collectors.joining(" "));
        if (signatures.isEmpty()) {
            return Optional.empty();
        }
        var headers = new LinkedHashMap<String, String>();
        headers.put("webhook-id", event.id());
        headers.put("webhook-timestamp", timestamp);
        headers.put("webhook-signature", signatures);
        return Optional.of(headers);
    }
}

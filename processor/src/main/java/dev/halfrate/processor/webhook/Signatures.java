package dev.halfrate.processor.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.signing.Signature;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Signatures as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> has them, by whoever knows one of the
 * secrets.
 */
final class Signatures {
    /** How far a message's time may be from ours, as the vendor's own libraries have it. */
    static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final String PREFIX = "whsec_";

    private final List<Secret> secrets;

    /**
     * @param account for messages
     * @throws ConfigException if a secret is not one
     */
    Signatures(String account, List<Secret> secrets) {
        this.secrets = List.copyOf(secrets);
        if (secrets.stream().anyMatch(secret -> key(secret).isEmpty())) {
            throw new ConfigException(
                    "accounts.webhook-secrets of %s must be Base64 after %s: take the signing secret as the vendor shows it"
                            .formatted(account, PREFIX));
        }
    }

    /** @param signatures as the header has them, separated by spaces */
    boolean hold(Signature.Message message, String signatures, Instant now) {
        return isPresent(message.timestamp(), now)
                && secrets.stream()
                        .flatMap(secret -> key(secret).stream())
                        .map(key -> Signature.sign(key, message))
                        .anyMatch(ours -> isAmong(ours, signatures));
    }

    private static boolean isPresent(String timestamp, Instant now) {
        return timestamp.matches("[0-9]{1,12}")
                && Duration.between(Instant.ofEpochSecond(Long.parseLong(timestamp)), now)
                                .abs()
                                .compareTo(TOLERANCE)
                        <= 0;
    }

    private static boolean isAmong(byte[] ours, String signatures) {
        for (var signature : signatures.split(" ", -1)) {
            if (signature.startsWith(Signature.VERSION)
                    && MessageDigest.isEqual(
                            ours,
                            signature.substring(Signature.VERSION.length()).getBytes(UTF_8))) {
                return true;
            }
        }
        return false;
    }

    /** @return empty if it is none; one from a file may have become that since */
    private static Optional<byte[]> key(Secret secret) {
        var text = secret.reveal();
        try {
            var key = text.startsWith(PREFIX)
                    ? Base64.getDecoder().decode(text.substring(PREFIX.length()))
                    : text.getBytes(UTF_8);
            return key.length == 0 ? Optional.empty() : Optional.of(key);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}

package dev.halfrate.processor.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Secret;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signatures as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> has them, by whoever knows one of the
 * secrets.
 */
final class Signatures {
    /** How far a message's time may be from ours, as the vendor's own libraries have it. */
    static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final String ALGORITHM = "HmacSHA256";
    private static final String PREFIX = "whsec_";
    private static final String VERSION = "v1,";

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

    /** What is signed. */
    record Message(String id, String timestamp, byte[] body) {}

    /** @param signatures as the header has them, separated by spaces */
    boolean hold(Message message, String signatures, Instant now) {
        return isPresent(message.timestamp, now)
                && secrets.stream()
                        .flatMap(secret -> key(secret).stream())
                        .map(key -> sign(key, message))
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
            if (signature.startsWith(VERSION)
                    && MessageDigest.isEqual(
                            ours, signature.substring(VERSION.length()).getBytes(UTF_8))) {
                return true;
            }
        }
        return false;
    }

    /** @return the signature in Base64 */
    private static byte[] sign(byte[] key, Message message) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            mac.update("%s.%s.".formatted(message.id, message.timestamp).getBytes(UTF_8));
            return Base64.getEncoder().encode(mac.doFinal(message.body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
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

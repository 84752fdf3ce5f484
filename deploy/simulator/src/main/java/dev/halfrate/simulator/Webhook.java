package dev.halfrate.simulator;

import java.net.URI;
import java.util.Base64;

/**
 * Where it is told that a batch has ended, and how. Times are real ones.
 *
 * @param url who is told
 * @param secret {@code whsec_} and the key in Base64
 * @param attemptsMax how often it is tried to tell it, until it is answered with a 2xx
 * @param retryMs after the first attempt; each further wait is twice as long
 * @param lateMs before the first attempt
 * @param copies how often it is told although it was answered
 */
record Webhook(String url, String secret, int attemptsMax, int retryMs, int lateMs, int copies) {

    static final String SECRET_PREFIX = "whsec_";

    private static final int ATTEMPTS_MAX = 10;
    private static final int COPIES_MAX = 100;
    private static final int MS_MAX = 600_000;
    private static final int ATTEMPTS_DEFAULT = 3;
    private static final int RETRY_MS_DEFAULT = 200;

    /** Numbers that are zero get their defaults. */
    Webhook {
        URI target;
        try {
            target = URI.create(url);
        } catch (IllegalArgumentException | NullPointerException _) {
            throw new IllegalArgumentException("url must be one");
        }
        require("http".equals(target.getScheme()) || "https".equals(target.getScheme()), "url must be http or https");
        require(secret != null && secret.startsWith(SECRET_PREFIX), "secret must begin with " + SECRET_PREFIX);
        try {
            var _ = key(secret);
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException("secret must be Base64 after " + SECRET_PREFIX);
        }
        attemptsMax = attemptsMax == 0 ? ATTEMPTS_DEFAULT : attemptsMax;
        retryMs = retryMs == 0 ? RETRY_MS_DEFAULT : retryMs;
        copies = copies == 0 ? 1 : copies;
        require(attemptsMax > 0 && attemptsMax <= ATTEMPTS_MAX, "attempts_max must be 1.." + ATTEMPTS_MAX);
        require(retryMs > 0 && retryMs <= MS_MAX, "retry_ms must be 1.." + MS_MAX);
        require(lateMs >= 0 && lateMs <= MS_MAX, "late_ms must be 0.." + MS_MAX);
        require(copies > 0 && copies <= COPIES_MAX, "copies must be 1.." + COPIES_MAX);
    }

    byte[] key() {
        return key(secret);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "Webhook[" + url + "]";
    }

    private static byte[] key(String secret) {
        return Base64.getDecoder().decode(secret.substring(SECRET_PREFIX.length()));
    }

    private static void require(boolean held, String rule) {
        if (!held) {
            throw new IllegalArgumentException(rule);
        }
    }
}

package dev.halfrate.processor.config;

import java.time.Duration;

/**
 * Limits on requests.
 *
 * @param ttl a request's life; afterwards its result is `expired`
 * @param lineBytesMax longest encoded upstream line
 */
public record RequestsConfig(Duration ttl, int lineBytesMax) {
    public RequestsConfig {
        Check.range("requests.ttl", ttl, Duration.ofMinutes(1), Duration.ofDays(30));
        Check.range("requests.line-bytes-max", lineBytesMax, 1_000, 100_000_000);
    }
}

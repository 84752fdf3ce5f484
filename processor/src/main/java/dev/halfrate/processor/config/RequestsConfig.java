package dev.halfrate.processor.config;

import java.time.Duration;
import java.util.List;

/**
 * Limits on requests, and what of them their results repeat.
 *
 * @param ttl a request's life; afterwards its result is `expired`
 * @param lineBytesMax longest encoded upstream line
 * @param echoHeaders names of record headers
 * @param echoMetadata names of members of bodies' metadata
 */
public record RequestsConfig(Duration ttl, int lineBytesMax, List<String> echoHeaders, List<String> echoMetadata) {
    private static final int NAMES_MAX = 16;

    public RequestsConfig {
        Check.range("requests.ttl", ttl, Duration.ofMinutes(1), Duration.ofDays(30));
        Check.range("requests.line-bytes-max", lineBytesMax, 1_000, 100_000_000);
        Check.range("requests.echo-headers", echoHeaders.size(), 0, NAMES_MAX);
        Check.range("requests.echo-metadata", echoMetadata.size(), 0, NAMES_MAX);
        for (var name : echoHeaders) {
            Check.matches("requests.echo-headers", name, "[A-Za-z0-9._-]{1,100}");
            Check.that(
                    !name.startsWith("halfrate-") && !name.equals("traceparent") && !name.startsWith("__"),
                    "requests.echo-headers",
                    "names of your own",
                    "'" + name + "'");
        }
        for (var name : echoMetadata) {
            Check.matches("requests.echo-metadata", name, "[A-Za-z0-9._-]{1,64}");
        }
        echoHeaders = List.copyOf(echoHeaders);
        echoMetadata = List.copyOf(echoMetadata);
    }

    /** Of which results repeat nothing. */
    public RequestsConfig(Duration ttl, int lineBytesMax) {
        this(ttl, lineBytesMax, List.of(), List.of());
    }
}

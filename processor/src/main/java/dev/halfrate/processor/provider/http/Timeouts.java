package dev.halfrate.processor.provider.http;

import java.time.Duration;

/**
 * How long to wait for a vendor.
 *
 * @param connect for a connection, TLS included
 * @param answer for the whole answer of a small call, and for the first byte of a download
 * @param upload for a whole upload and its answer
 * @param stall longest silence within a download
 * @param download all waiting of one download
 */
public record Timeouts(Duration connect, Duration answer, Duration upload, Duration stall, Duration download) {
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofMinutes(15),
            Duration.ofSeconds(30),
            Duration.ofHours(2));
}

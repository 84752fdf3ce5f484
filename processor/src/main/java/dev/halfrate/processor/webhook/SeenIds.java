package dev.halfrate.processor.webhook;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;

/** The messages that came lately, so that none counts twice. Safe for use by many threads. */
final class SeenIds {
    /** A message that came as early as it may is good until it is as late as it may be. */
    private static final Duration REMEMBERED =
            Signatures.TOLERANCE.multipliedBy(2).plusMinutes(1);

    private static final int IDS_MAX = 100_000;

    private final LinkedHashMap<String, Instant> seen = new LinkedHashMap<>();

    /** @return whether it is the first one with this id */
    synchronized boolean add(String id, Instant now) {
        var oldest = now.minus(REMEMBERED);
        seen.values().removeIf(oldest::isAfter);
        if (seen.size() >= IDS_MAX) {
            seen.pollFirstEntry();
        }
        return seen.putIfAbsent(id, now) == null;
    }
}

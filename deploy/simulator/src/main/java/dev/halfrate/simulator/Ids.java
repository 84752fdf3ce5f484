package dev.halfrate.simulator;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Issues the vendor's ids. The start time is part of them: a simulator that is started again with the same seed must
 * not give an old batch's id to a new one.
 */
final class Ids {

    private final Seed seed;
    private final Map<String, AtomicLong> issued = new ConcurrentHashMap<>();

    Ids(Seed seed, Instant startedAt) {
        this.seed = new Seed(seed.value() ^ startedAt.toEpochMilli());
    }

    String next(String prefix) {
        long number = issued.computeIfAbsent(prefix, _ -> new AtomicLong()).incrementAndGet();
        return prefix + hex(seed.random(prefix, number));
    }

    /** 32 hex digits. */
    static String hex(SplittableRandom random) {
        return HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
    }
}

package dev.halfrate.simulator;

import java.time.Instant;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Issues the vendor's ids. The start time is part of them: a simulator that is started again with the same seed must
 * not give an old batch's id to a new one.
 */
final class Ids {

    private final Seed seed;
    private final long startedAt;
    private final AtomicLong issued = new AtomicLong();

    Ids(Seed seed, Instant startedAt) {
        this.seed = seed;
        this.startedAt = startedAt.toEpochMilli();
    }

    String next(String prefix) {
        SplittableRandom random = seed.random("ids", startedAt + (issued.incrementAndGet() << 44));
        return prefix + hex(random);
    }

    /** 32 hex digits. */
    static String hex(SplittableRandom random) {
        return HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
    }
}

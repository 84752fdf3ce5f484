package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells one status to all who ask within some seconds: to look takes Kafka's brokers a while. */
public final class StatusDesk implements AutoCloseable {
    private static final Duration FRESH_FOR = Duration.ofSeconds(5);

    /** A gap that is the same at all of them is one. */
    private static final int LOOKS = 3;

    private final HalfrateConfig config;
    private final Holdings holdings;
    private final InstantSource clock;
    private final Deque<List<Status.Gap>> looks = new ArrayDeque<>();
    private @Nullable StatusReader reader;
    private @Nullable StatusDocument last;
    private Instant lastAt = Instant.MIN;

    public StatusDesk(HalfrateConfig config, Holdings holdings, InstantSource clock) {
        this.config = config;
        this.holdings = holdings;
        this.clock = clock;
    }

    /** @throws StartupException if Kafka does not answer, or nobody has run there yet */
    public synchronized StatusDocument status() throws InterruptedException {
        var now = clock.instant();
        var known = last;
        if (known != null && lastAt.plus(FRESH_FOR).isAfter(now)) {
            return known;
        }
        if (reader == null) {
            reader = StatusReader.open(config);
        }
        var status = reader.read(holdings);
        looks.addLast(status.gaps());
        if (looks.size() > LOOKS) {
            looks.removeFirst();
        }
        var lasting = looks.size() < LOOKS
                ? List.<Status.Gap>of()
                : status.gaps().stream()
                        .filter(gap -> looks.stream().allMatch(look -> look.contains(gap)))
                        .toList();
        var document = StatusDocument.of(status, lasting);
        last = document;
        lastAt = now;
        return document;
    }

    @Override
    public synchronized void close() {
        if (reader != null) {
            reader.close();
        }
    }
}

package dev.halfrate.simulator;

import dev.halfrate.simulator.MessageContent.Block;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What models remember of the beginnings of prompts: as long as they were told to, and nothing short. Safe for use by many
 * threads.
 */
final class PromptCache {

    /** Shorter beginnings are not kept. */
    static final long TOKENS_MIN = 1_024;

    private static final int ENTRIES_MAX = 100_000;

    private record Entry(Instant from, Instant until) {}

    private final Map<String, Entry> entries = new HashMap<>();

    /**
     * What of a prompt is read from the cache and what is written to it.
     *
     * @param scope only prompts of the same one share anything
     * @param bytes of the whole prompt
     * @return without output
     */
    synchronized Usage use(String scope, List<Block> blocks, long bytes, Instant at) {
        if (blocks.stream().allMatch(block -> block.ttl() == null)) {
            return new Usage(Usage.tokensOf(bytes), 0);
        }
        long read = 0;
        long seen = 0;
        long marked = 0;
        long written5m = 0;
        long written1h = 0;
        String prefix = scope;
        for (Block block : blocks) {
            byte[] json = Json.bytes(block.json());
            seen += json.length;
            prefix = Fingerprint.of(prefix, json);
            if (block.ttl() == null || Usage.tokensOf(seen) < TOKENS_MIN) {
                continue;
            }
            Duration life = block.ttl().equals("1h") ? Duration.ofHours(1) : Duration.ofMinutes(5);
            if (known(prefix, at)) {
                read = seen;
                written5m = 0;
                written1h = 0;
            } else if (block.ttl().equals("1h")) {
                written1h += seen - marked;
            } else {
                written5m += seen - marked;
            }
            remember(prefix, new Entry(at, at.plus(life)), at);
            marked = seen;
        }
        return new Usage(
                Usage.tokensOf(Math.max(0, bytes - marked)),
                0,
                Usage.tokensOf(read),
                Usage.tokensOf(written5m),
                Usage.tokensOf(written1h));
    }

    /** Whether it is known what stands for {@code beginning}, which it is from now on. */
    synchronized boolean recall(String beginning, Duration life, Instant at) {
        boolean known = known(beginning, at);
        remember(beginning, new Entry(at, at.plus(life)), at);
        return known;
    }

    private boolean known(String beginning, Instant at) {
        Entry entry = entries.get(beginning);
        return entry != null && !at.isBefore(entry.from()) && at.isBefore(entry.until());
    }

    private void remember(String prefix, Entry entry, Instant at) {
        if (entries.size() >= ENTRIES_MAX) {
            entries.values().removeIf(old -> !at.isBefore(old.until()));
        }
        if (entries.size() < ENTRIES_MAX) {
            entries.put(prefix, entry);
        }
    }
}

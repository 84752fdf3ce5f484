package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/** Requests of a given size, as a producer in any language would write them. */
public final class Prompts {
    private static final List<String> WORDS = List.of(
            "the",
            "of",
            "invoice",
            "customer",
            "and",
            "summary",
            "please",
            "with",
            "answer",
            "which",
            "not",
            "in",
            "order",
            "a",
            "review",
            "to",
            "shipment",
            "is",
            "was",
            "for",
            "complaint",
            "that",
            "product",
            "as",
            "on",
            "by",
            "sentence",
            "date",
            "amount",
            "classify",
            "letter",
            "reply",
            "street",
            "number",
            "\\n",
            "\\u00e9tage",
            "total",
            "contract");
    private static final int POOL_BYTES = 1 << 20;
    private static final long SEED = 8;

    private final String endpoint;
    private final byte[] pool;

    /** For OpenAI and its like. */
    public Prompts() {
        this("/v1/chat/completions");
    }

    /** @param endpoint that all of them name */
    public Prompts(String endpoint) {
        this.endpoint = endpoint;
        var random = new SplittableRandom(SEED);
        var text = new StringBuilder(POOL_BYTES + 16);
        while (text.length() < POOL_BYTES) {
            text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
        }
        pool = text.toString().getBytes(UTF_8);
    }

    /**
     * @param run makes custom_ids unlike those of other runs
     * @param bytes of each, all told
     * @param models take turns
     */
    public IntFunction<byte[]> requests(String run, int bytes, List<String> models) {
        return number -> {
            var head =
                    "{\"custom_id\":\"%s-%07d\",\"method\":\"POST\",\"url\":\"%s\",\"body\":{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\""
                            .formatted(run, number, endpoint, models.get(number % models.size()))
                            .getBytes(UTF_8);
            var tail = "\"}],\"max_tokens\":4096}}".getBytes(UTF_8);
            return joined(head, number, bytes - head.length - tail.length, tail);
        };
    }

    /** Of so many bytes, between these two. */
    public byte[] joined(byte[] head, int number, int bytes, byte[] tail) {
        var value = new byte[head.length + Math.max(0, bytes) + tail.length];
        System.arraycopy(head, 0, value, 0, head.length);
        var at = head.length;
        var left = Math.max(0, bytes);
        var from = Math.floorMod(number * 7_919, pool.length - left - 16);
        // Not within an escape.
        while (pool[from] != ' ') {
            from++;
        }
        System.arraycopy(pool, from, value, at, left);
        // Nor may one be cut in two at the end.
        for (var i = Math.max(at, at + left - 6); i < at + left; i++) {
            if (value[i] == '\\') {
                java.util.Arrays.fill(value, i, at + left, (byte) ' ');
            }
        }
        System.arraycopy(tail, 0, value, at + left, tail.length);
        return value;
    }
}

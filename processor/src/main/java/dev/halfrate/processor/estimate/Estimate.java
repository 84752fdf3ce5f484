package dev.halfrate.processor.estimate;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What the requests of one model come to. */
public final class Estimate {
    /** Shorter prefixes no vendor caches. */
    public static final int PREFIX_TOKENS_MIN = 1_024;

    private final String model;
    private final boolean exact;
    private final List<Size> sizes = new ArrayList<>();
    /** How many requests begin with it. */
    private final Map<String, Long> prefixes = new HashMap<>();

    private long uncounted;

    Estimate(String model, boolean exact) {
        this.model = model;
        this.exact = exact;
    }

    /**
     * One request.
     *
     * @param prefix tells it from others, empty if it is too short for a cache
     * @param prefixTokens of the input
     * @param repeated whether an earlier request has the same prefix
     * @param outputMax of each of its answers, -1 for no limit
     */
    private record Size(
            String prefix, long prefixTokens, boolean repeated, long inputTokens, long answers, long outputMax) {
        private Usage plain(long outputTokens) {
            return new Usage(inputTokens, 0, 0, outputTokens);
        }

        private Usage cached(long outputTokens) {
            return repeated
                    ? new Usage(inputTokens, prefixTokens, 0, outputTokens)
                    : new Usage(inputTokens, 0, prefixTokens, outputTokens);
        }
    }

    /** @param prefix tells it from others */
    void add(String prefix, long prefixTokens, long inputTokens, Prompt prompt) {
        var cacheable = prefixTokens >= PREFIX_TOKENS_MIN;
        var repeated = cacheable && prefixes.merge(prefix, 1L, Long::sum) > 1;
        sizes.add(new Size(
                cacheable ? prefix : "", prefixTokens, repeated, inputTokens, prompt.answers(), prompt.outputMax()));
        uncounted += prompt.uncounted();
    }

    public String model() {
        return model;
    }

    /** Whether its tokens were counted by the model's own tokenizer. */
    public boolean exact() {
        return exact;
    }

    public int requests() {
        return sizes.size();
    }

    public long inputTokens() {
        return sizes.stream().mapToLong(Size::inputTokens).sum();
    }

    /** @return input tokens that a request before has had in its prefix, too */
    public long repeatedTokens() {
        return sizes.stream()
                .filter(Size::repeated)
                .mapToLong(Size::prefixTokens)
                .sum();
    }

    /** @return images, sounds and files, which are not among the tokens */
    public long uncounted() {
        return uncounted;
    }

    /** @return at most so many; empty if a request has no limit */
    public OptionalLong outputTokensMax() {
        return sizes.stream().anyMatch(size -> size.outputMax < 0)
                ? OptionalLong.empty()
                : OptionalLong.of(sizes.stream()
                        .mapToLong(size -> size.answers * size.outputMax)
                        .sum());
    }

    /** @return output tokens if each answer has so many, but none more than it may have; by their limits if empty */
    public long outputTokens(OptionalLong each) {
        return sizes.stream().mapToLong(size -> output(size, each)).sum();
    }

    /** @return the cost where no cache is of use */
    public Cost cost(Price price, OptionalLong outputTokensEach) {
        return sizes.stream()
                .map(size -> price.of(size.plain(output(size, outputTokensEach))))
                .reduce(Cost.NONE, Cost::plus);
    }

    /** @return the cost where each prefix that comes again is written to a cache once and read from there ever after */
    public Cost cachedCost(Price price, OptionalLong outputTokensEach) {
        return sizes.stream()
                .map(size -> {
                    var output = output(size, outputTokensEach);
                    return price.of(
                            prefixes.getOrDefault(size.prefix, 1L) > 1 ? size.cached(output) : size.plain(output));
                })
                .reduce(Cost.NONE, Cost::plus);
    }

    private static long output(Size size, OptionalLong each) {
        var most = Math.max(0, size.outputMax);
        return size.answers * (size.outputMax < 0 ? each.orElse(0) : Math.min(most, each.orElse(most)));
    }
}

package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Spend;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was spent on a batch's items so far.
 *
 * @param byTag the part of it that bears labels, by label
 */
public record Spending(Spend total, Map<String, Spend> byTag) {
    public static final Spending NONE = new Spending(Spend.NONE, Map.of());

    /** Labels told apart in one batch: its state is one record. */
    static final int TAGS_MAX = 100;

    /** What is spent on further labels. */
    static final String OTHERS = "(others)";

    public Spending {
        byTag = Collections.unmodifiableMap(new TreeMap<>(byTag));
    }

    Spending plus(String tag, Spend more) {
        if (more.equals(Spend.NONE)) {
            return this;
        }
        var tags = new TreeMap<>(byTag);
        if (!tag.isEmpty()) {
            add(tags, tag, more);
        }
        return new Spending(total.plus(more), tags);
    }

    Spending plus(Spending part) {
        var tags = new TreeMap<>(byTag);
        part.byTag.forEach((tag, more) -> add(tags, tag, more));
        return new Spending(total.plus(part.total), tags);
    }

    private static void add(Map<String, Spend> tags, String tag, Spend more) {
        tags.merge(tags.containsKey(tag) || tags.size() < TAGS_MAX ? tag : OTHERS, more, Spend::plus);
    }
}

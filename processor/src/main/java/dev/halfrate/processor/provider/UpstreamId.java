package dev.halfrate.processor.provider;

import java.util.Optional;

/**
 * The custom_id that a vendor sees: the attempt's tag and the item's number in the batch, always
 * {@value #BYTES} ASCII characters that every vendor accepts.
 *
 * @param tag {@value #TAG_BYTES} of [a-z2-7]
 * @param item 0-based
 */
public record UpstreamId(String tag, int item) {
    public static final int TAG_BYTES = 16;
    public static final int BYTES = TAG_BYTES + 1 + 6;
    private static final int ITEMS_MAX = 1_000_000;

    public UpstreamId {
        if (tag.length() != TAG_BYTES || item < 0 || item >= ITEMS_MAX) {
            throw new IllegalArgumentException("tag '" + tag + "', item " + item);
        }
    }

    public String text() {
        return "%s-%06d".formatted(tag, item);
    }

    /** @return empty if {@code text} is not of our making */
    public static Optional<UpstreamId> parse(String text) {
        if (!text.matches("[a-z2-7]{" + TAG_BYTES + "}-[0-9]{6}")) {
            return Optional.empty();
        }
        return Optional.of(
                new UpstreamId(text.substring(0, TAG_BYTES), Integer.parseInt(text.substring(TAG_BYTES + 1))));
    }
}

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
    private static final int ITEM_DIGITS = 6;
    public static final int BYTES = TAG_BYTES + 1 + ITEM_DIGITS;
    private static final int ITEMS_MAX = 1_000_000;

    public UpstreamId {
        if (tag.length() != TAG_BYTES || item < 0 || item >= ITEMS_MAX) {
            throw new IllegalArgumentException("tag '" + tag + "', item " + item);
        }
    }

    public String text() {
        var digits = Integer.toString(item);
        return tag + "-000000".substring(0, 1 + ITEM_DIGITS - digits.length()) + digits;
    }

    /** @return empty if {@code text} is not of our making */
    public static Optional<UpstreamId> parse(String text) {
        if (text.length() != BYTES || text.charAt(TAG_BYTES) != '-') {
            return Optional.empty();
        }
        for (var i = 0; i < TAG_BYTES; i++) {
            var each = text.charAt(i);
            if ((each < 'a' || each > 'z') && (each < '2' || each > '7')) {
                return Optional.empty();
            }
        }
        var item = 0;
        for (var i = TAG_BYTES + 1; i < BYTES; i++) {
            var digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return Optional.empty();
            }
            item = 10 * item + digit;
        }
        return Optional.of(new UpstreamId(text.substring(0, TAG_BYTES), item));
    }
}

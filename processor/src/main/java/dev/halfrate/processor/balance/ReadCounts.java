package dev.halfrate.processor.balance;

import java.util.HashMap;
import java.util.regex.Pattern;

/**
 * What intake made of the records of one requests partition since it was first read; committed with its offset, as
 * the offset's metadata. {@code read = routed + rejected + deadLettered}; tombstones are not requests.
 *
 * <p>The same of a topic of sources' events: routed are those that requests were made of, rejected those that were skipped.
 *
 * @param whole whether nothing before is missing, because somebody set the offset without them
 */
public record ReadCounts(long read, long tombstones, long routed, long rejected, long deadLettered, boolean whole) {
    public static final ReadCounts NONE = new ReadCounts(0, 0, 0, 0, 0, true);

    /** Something was read, and nobody knows what became of it. */
    public static final ReadCounts UNKNOWN = new ReadCounts(0, 0, 0, 0, 0, false);

    private static final Pattern PART = Pattern.compile("([a-z-]{1,20})=(\\d{1,18})");

    public ReadCounts plus(ReadCounts more) {
        return new ReadCounts(
                read + more.read,
                tombstones + more.tombstones,
                routed + more.routed,
                rejected + more.rejected,
                deadLettered + more.deadLettered,
                whole && more.whole);
    }

    /** @return requests that were read and of which nothing is known; 0 if all is well */
    public long gap() {
        return read - routed - rejected - deadLettered;
    }

    /** @return what {@link #parse} reads; other releases do, too */
    public String toText() {
        return "read=%d tombstones=%d routed=%d rejected=%d dead-lettered=%d whole=%d"
                .formatted(read, tombstones, routed, rejected, deadLettered, whole ? 1 : 0);
    }

    /** @return counts from nothing on if these are not ours; parts that a later release added are left out */
    public static ReadCounts parse(String text) {
        var parts = new HashMap<String, Long>();
        for (var part : text.split(" ", -1)) {
            var form = PART.matcher(part);
            if (form.matches()) {
                parts.put(form.group(1), Long.parseLong(form.group(2)));
            }
        }
        return parts.containsKey("read")
                ? new ReadCounts(
                        parts.getOrDefault("read", 0L),
                        parts.getOrDefault("tombstones", 0L),
                        parts.getOrDefault("routed", 0L),
                        parts.getOrDefault("rejected", 0L),
                        parts.getOrDefault("dead-lettered", 0L),
                        parts.getOrDefault("whole", 0L) == 1)
                : UNKNOWN;
    }
}

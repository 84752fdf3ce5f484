package dev.halfrate.simulator;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a file that a call asks for.
 *
 * @param from its first byte
 * @param to the byte after its last
 */
record ByteRange(long from, long to) {

    private static final Pattern ONE_RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** Whether a range was asked for that can be understood: all others are ignored, as HTTP has it. */
    static boolean isOne(String header) {
        Matcher range = ONE_RANGE.matcher(header);
        return range.matches()
                && !(range.group(1).isEmpty() && range.group(2).isEmpty())
                && (range.group(1).isEmpty()
                        || range.group(2).isEmpty()
                        || Long.parseLong(range.group(1)) <= Long.parseLong(range.group(2)));
    }

    /** Empty if a file of this size has no such part. */
    static Optional<ByteRange> of(String header, long bytes) {
        Matcher range = ONE_RANGE.matcher(header);
        if (!range.matches()) {
            return Optional.empty();
        }
        long from;
        long to;
        if (range.group(1).isEmpty()) {
            from = Math.max(0, bytes - Long.parseLong(range.group(2)));
            to = bytes;
        } else {
            from = Long.parseLong(range.group(1));
            to = range.group(2).isEmpty() ? bytes : Math.min(bytes, Long.parseLong(range.group(2)) + 1);
        }
        return from < to ? Optional.of(new ByteRange(from, to)) : Optional.empty();
    }

    String contentRange(long bytes) {
        return "bytes %d-%d/%d".formatted(from, to - 1, bytes);
    }
}

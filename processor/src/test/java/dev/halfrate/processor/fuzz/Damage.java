package dev.halfrate.processor.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages samples. The same seed does the same. */
final class Damage {
    private static final int CHANGES_MAX = 6;
    private static final int BYTES_MAX = 1 << 20;

    /** Whole pieces that parsers stumble over. */
    private static final List<byte[]> PIECES = List.of(
            text("[".repeat(2_000)),
            text("{\"a\":".repeat(2_000)),
            text("9".repeat(5_000)),
            text("1e999999999"),
            text("-1e-999999999"),
            text("0.0000000000000000000000000000001"),
            text("9223372036854775808"),
            text("-9223372036854775809"),
            text("2147483648"),
            text("-1"),
            text("null"),
            text("true"),
            text("\"\""),
            text("{}"),
            text("[]"),
            text("\"\\ud800\""),
            text("\\u0000"),
            text("\uFEFF"),
            text("\r\n"),
            text("\n\n"),
            text("x".repeat(10_000)),
            text("%s%d%n"),
            text("{{ value"),
            text("&a *a"),
            text("2026-02-30T25:61:61Z"),
            text("+999999999-01-01T00:00:00Z"),
            new byte[] {(byte) 0xC0, (byte) 0x80},
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
            new byte[] {(byte) 0xF8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80},
            new byte[] {0, 0, 0, 0, 7},
            new byte[] {-1, -1, -1, -1, 15},
            new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, 1},
            new byte[300]);

    /** Bytes that mean something to a parser are worth more than others. */
    private static final byte[] TELLING = text("{}[]\",:\\/ u0019-+.eEtfn\n\t\0#&*!|>'%@`=;");

    private final SplittableRandom random;

    Damage(long seed) {
        this.random = new SplittableRandom(seed);
    }

    private static byte[] text(String text) {
        return text.getBytes(UTF_8);
    }

    /** @return one of the samples, damaged; seldom as it is */
    byte[] of(List<byte[]> samples) {
        var bytes = one(samples);
        for (var changes = random.nextInt(CHANGES_MAX); changes > 0; changes--) {
            bytes = change(bytes, samples);
        }
        return bytes;
    }

    private byte[] one(List<byte[]> samples) {
        return samples.get(random.nextInt(samples.size()));
    }

    private byte[] change(byte[] bytes, List<byte[]> samples) {
        var at = random.nextInt(bytes.length + 1);
        return switch (random.nextInt(9)) {
            case 0 -> flipped(bytes);
            case 1 -> spliced(bytes, at, upTo(bytes, at, 1), TELLING[random.nextInt(TELLING.length)]);
            case 2 -> spliced(bytes, at, at, TELLING[random.nextInt(TELLING.length)]);
            case 3 -> spliced(bytes, at, upTo(bytes, at, 1), (byte) random.nextInt(256));
            case 4 -> spliced(bytes, at, upTo(bytes, at, 40));
            case 5 -> spliced(bytes, at, at, slice(bytes));
            case 6 -> spliced(bytes, at, upTo(bytes, at, 10), PIECES.get(random.nextInt(PIECES.size())));
            case 7 -> spliced(bytes, at, bytes.length, slice(one(samples)));
            default -> random.nextInt(3) == 0 ? spliced(bytes, at, bytes.length) : number(bytes);
        };
    }

    private int upTo(byte[] bytes, int at, int lengthMax) {
        return Math.min(bytes.length, at + random.nextInt(lengthMax + 1));
    }

    private byte[] flipped(byte[] bytes) {
        var flipped = bytes.clone();
        if (flipped.length > 0) {
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
    }

    private byte[] slice(byte[] bytes) {
        var from = random.nextInt(bytes.length + 1);
        return Arrays.copyOfRange(bytes, from, from + random.nextInt(bytes.length - from + 1));
    }

    /** @return with another number, or another piece, in the place of one of its numbers */
    private byte[] number(byte[] bytes) {
        for (var at = random.nextInt(bytes.length + 1); at < bytes.length; at++) {
            if (isDigit(bytes[at])) {
                var end = at;
                while (end < bytes.length && isDigit(bytes[end])) {
                    end++;
                }
                return spliced(bytes, at, end, PIECES.get(random.nextInt(PIECES.size())));
            }
        }
        return bytes;
    }

    private static boolean isDigit(byte value) {
        return value >= '0' && value <= '9';
    }

    /** @return as it was where it would be too long */
    private static byte[] spliced(byte[] bytes, int from, int until, byte... added) {
        var length = bytes.length - (until - from) + added.length;
        if (length > BYTES_MAX) {
            return bytes;
        }
        var spliced = new byte[length];
        System.arraycopy(bytes, 0, spliced, 0, from);
        System.arraycopy(added, 0, spliced, from, added.length);
        System.arraycopy(bytes, until, spliced, from + added.length, bytes.length - until);
        return spliced;
    }
}

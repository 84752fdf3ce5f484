package dev.halfrate.processor.provider;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A line of a result file as it came, for whoever has no use for it. Good only while it is handed over. */
public final class RawLine {
    private final long number;
    private final long length;
    private final byte @Nullable [] buffer;
    private final MessageDigest sha256;

    private RawLine(long number, long length, byte @Nullable [] buffer, MessageDigest sha256) {
        this.number = number;
        this.length = length;
        this.buffer = buffer;
        this.sha256 = sha256;
    }

    /** @param length of the line at the beginning of {@code buffer} */
    public static RawLine of(long number, byte[] buffer, int length) {
        return new RawLine(number, length, buffer, newSha256());
    }

    /** @param sha256 fed with the whole of a line that is too long to be held */
    public static RawLine dropped(long number, long length, MessageDigest sha256) {
        return new RawLine(number, length, null, sha256);
    }

    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /** @return from 1 */
    public long number() {
        return number;
    }

    /** @return bytes, the line feed left out */
    public long length() {
        return length;
    }

    /** @return in hexadecimal; to be asked for once */
    public String sha256() {
        if (buffer != null) {
            sha256.update(buffer, 0, (int) length);
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** @return null for a line longer than {@code max} */
    public byte @Nullable [] bytes(int max) {
        return buffer == null || length > max ? null : Arrays.copyOf(buffer, (int) length);
    }
}

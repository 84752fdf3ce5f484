package dev.halfrate.processor.lines;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;

/** Whether bytes are well-formed UTF-8, without decoding more of them than has to be. */
public final class Utf8 {
    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** The highest bit of each of eight bytes. */
    private static final long NOT_ASCII = 0x8080808080808080L;

    private static final int DECODED_AT_ONCE = 1_024;

    private Utf8() {}

    /** @return how many bytes from {@code from} on are well-formed; {@code bytes} if all are */
    public static int wellFormed(byte[] value, int from, int bytes) {
        var ascii = ascii(value, from, bytes);
        if (ascii == bytes) {
            return bytes;
        }
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var in = ByteBuffer.wrap(value, from + ascii, bytes - ascii);
        var out = CharBuffer.allocate(Math.min(in.remaining(), DECODED_AT_ONCE));
        while (true) {
            var result = decoder.decode(in, out.clear(), true);
            if (!result.isOverflow()) {
                return result.isError() ? in.position() - from : bytes;
            }
        }
    }

    /** @return how many bytes are ASCII before one is not, or up to seven fewer */
    private static int ascii(byte[] value, int from, int bytes) {
        var at = 0;
        while (at + Long.BYTES <= bytes && ((long) EIGHT_BYTES.get(value, from + at) & NOT_ASCII) == 0) {
            at += Long.BYTES;
        }
        while (bytes - at < Long.BYTES && at < bytes && value[from + at] >= 0) {
            at++;
        }
        return at;
    }
}

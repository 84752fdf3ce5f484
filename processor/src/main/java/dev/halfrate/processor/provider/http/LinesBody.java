package dev.halfrate.processor.provider.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * The body of a create, read from the spool file as it is sent: its lines, each of which ends in a line feed, as the
 * elements of an array.
 *
 * @param length in bytes
 */
public record LinesBody(InputStream stream, long length) implements AutoCloseable {
    /**
     * @param head what the body begins with, up to the array's bracket
     * @param end what it ends with, from the array's bracket on
     */
    public static LinesBody of(String head, Path lines, String end) throws IOException {
        var before = head.getBytes(UTF_8);
        var after = end.getBytes(UTF_8);
        var lineBytes = Math.max(0, Files.size(lines) - 1); // without the last line feed
        var elements = new Elements(Files.newInputStream(lines), lineBytes);
        var parts = List.of(new ByteArrayInputStream(before), elements, new ByteArrayInputStream(after));
        return new LinesBody(
                new SequenceInputStream(Collections.enumeration(parts)), before.length + lineBytes + after.length);
    }

    /** What was sent counts, not how its file was left. */
    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            LoggerFactory.getLogger(LinesBody.class).warn("a spool file was not closed: {}", e.getMessage());
        }
    }

    /** A file with its line feeds as commas: a line of JSON has none inside. */
    private static final class Elements extends FilterInputStream {
        private long left;

        Elements(InputStream lines, long bytes) {
            super(lines);
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            var read = super.read(bytes, offset, (int) Math.min(length, left));
            for (var i = offset; i < offset + read; i++) {
                if (bytes[i] == '\n') {
                    bytes[i] = ',';
                }
            }
            left -= Math.max(0, read);
            return read;
        }
    }
}

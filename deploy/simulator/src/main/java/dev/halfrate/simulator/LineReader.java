package dev.halfrate.simulator;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a file line by line, holding one line at a time. */
final class LineReader implements Closeable {

    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next;
    private int limit;
    private long position;

    LineReader(Path file) throws IOException {
        in = Files.newInputStream(file);
    }

    /** Where the next line starts in the file. */
    long position() {
        return position;
    }

    /** The next line without its line feed, or null after the last one. */
    byte @Nullable [] next() throws IOException {
        ByteArrayOutputStream longLine = null;
        while (true) {
            if (next == limit) {
                next = 0;
                limit = Math.max(0, in.read(buffer));
                if (limit == 0) {
                    return longLine == null ? null : longLine.toByteArray();
                }
            }
            int end = next;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            boolean complete = end < limit;
            position += end - next + (complete ? 1 : 0);
            if (complete && longLine == null) {
                byte[] line = Arrays.copyOfRange(buffer, next, end);
                next = end + 1;
                return line;
            }
            if (longLine == null) {
                longLine = new ByteArrayOutputStream(2 * BUFFER_BYTES);
            }
            longLine.write(buffer, next, end - next);
            next = complete ? end + 1 : end;
            if (complete) {
                return longLine.toByteArray();
            }
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

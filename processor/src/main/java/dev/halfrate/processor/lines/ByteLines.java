package dev.halfrate.processor.lines;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The lines of a file as they are, one at a time: only line feeds end one. */
public final class ByteLines implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    /** A line longer than anybody wants to hold. */
    public static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(int bytesMax) {
            super("longer than %d bytes".formatted(bytesMax));
        }
    }

    private final InputStream bytes;
    private final int lineBytesMax;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int from;
    private int to;
    private long number;
    private long end;
    private boolean ended = true;

    public ByteLines(Path file, int lineBytesMax) throws IOException {
        this(Files.newInputStream(file), lineBytesMax);
    }

    /** @param bytes this one's to close */
    public ByteLines(InputStream bytes, int lineBytesMax) {
        this.bytes = bytes;
        this.lineBytesMax = lineBytesMax;
    }

    /**
     * @return without its line feed; null after the last line
     * @throws TooLongException if there is no end to it; {@link #skip} goes on behind it
     */
    public byte @Nullable [] next() throws IOException {
        if (!fill()) {
            return null;
        }
        number++;
        ended = false;
        var line = new ByteArrayOutputStream();
        while (!ended && fill()) {
            var feed = from;
            while (feed < to && buffer[feed] != '\n') {
                feed++;
            }
            if (line.size() + feed - from > lineBytesMax) {
                throw new TooLongException(lineBytesMax);
            }
            line.write(buffer, from, feed - from);
            ended = feed < to;
            end += feed - from + (ended ? 1 : 0);
            from = ended ? feed + 1 : feed;
        }
        return line.toByteArray();
    }

    /** @return of the last line, from 1 */
    public long number() {
        return number;
    }

    /** @return how many bytes the lines so far have in all */
    public long end() {
        return end;
    }

    /** @return whether the last line had a line feed */
    public boolean ended() {
        return ended;
    }

    /** Passes over what is left of a line that was too long. */
    public void skip() throws IOException {
        while (!ended && fill()) {
            while (from < to && !ended) {
                ended = buffer[from++] == '\n';
                end++;
            }
        }
        ended = true;
    }

    /** @return whether it is nothing but white space */
    public static boolean isBlank(byte[] line) {
        for (var b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    private boolean fill() throws IOException {
        if (from == to) {
            from = 0;
            to = Math.max(0, bytes.read(buffer));
        }
        return from < to;
    }

    @Override
    public void close() throws IOException {
        bytes.close();
    }
}

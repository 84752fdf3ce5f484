package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends at a known place: what a failed write left behind is overwritten by the next one. */
final class FileTail {

    private FileTail() {}

    /** Where the last {@code lines} lines of a file begin that has {@code bytes} bytes and ends with a line's end. */
    static long startOfLast(Path file, long bytes, int lines) throws IOException {
        if (lines == 0) {
            return bytes;
        }
        long[] starts = new long[lines + 1];
        int read = 0;
        try (LineReader reader = new LineReader(file)) {
            while (reader.position() < bytes) {
                starts[read++ % starts.length] = reader.position();
                var _ = reader.next();
            }
        }
        return read < lines ? 0 : starts[(read - lines) % starts.length];
    }

    static void write(Path file, long at, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(at).position(at);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}

package dev.halfrate.processor.lines;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A file that only grows, by whole lines: what was written of one that failed is taken back. */
public final class Appended {
    private final FileChannel file;
    private long size;

    /** @param size of what is good in it; the rest is cut off */
    public Appended(FileChannel file, long size) throws IOException {
        this.file = file;
        this.size = size;
        file.truncate(size);
    }

    public void append(byte[] lines) throws IOException {
        var bytes = ByteBuffer.wrap(lines);
        try {
            while (bytes.hasRemaining()) {
                file.write(bytes, size + bytes.position());
            }
        } catch (IOException e) {
            file.truncate(size);
            throw e;
        }
        size += lines.length;
    }

    /** Returns when what was appended outlives a loss of power. */
    public void force() throws IOException {
        file.force(false);
    }
}

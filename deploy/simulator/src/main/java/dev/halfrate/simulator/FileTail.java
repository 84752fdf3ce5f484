package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends at a known place: what a failed write left behind is overwritten by the next one. */
final class FileTail {

    private FileTail() {}

    static void write(Path file, long at, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(at).position(at);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}

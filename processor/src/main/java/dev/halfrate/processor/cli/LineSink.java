package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.lines.Appended;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import dev.halfrate.processor.lines.WholeFile;
import dev.halfrate.processor.transfer.ResultRun;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where results go as lines, none of them ever in part. */
sealed interface LineSink extends ResultRun.Sink, AutoCloseable {
    /** Everything is there. */
    void finish();

    @Override
    void close();

    /**
     * @param file null for standard output
     * @param growing whether each line is to be seen in the file at once, behind what is there; otherwise it gets its name at the end
     * @throws LinesException if it cannot be written
     */
    static LineSink to(@Nullable Path file, boolean growing) {
        if (file == null) {
            return new Stdout(System.out);
        }
        return growing ? Growing.open(file) : new Whole(new WholeFile(file));
    }

    /** Standard output, in bytes. */
    final class Stdout implements LineSink {
        private static final int BUFFER_BYTES = 1 << 16;

        private final PrintStream stream;
        private final OutputStream bytes;

        Stdout(PrintStream stream) {
            this.stream = stream;
            this.bytes = new BufferedOutputStream(stream, BUFFER_BYTES);
        }

        @Override
        public void add(byte[] line) {
            try {
                bytes.write(line);
                bytes.write('\n');
            } catch (IOException e) {
                throw LinesException.unwritable("standard output", e);
            }
            requireReader();
        }

        @Override
        public void flush() {
            try {
                bytes.flush();
            } catch (IOException e) {
                throw LinesException.unwritable("standard output", e);
            }
            requireReader();
        }

        /** Such as `head`, which has enough. */
        private void requireReader() {
            if (stream.checkError()) {
                throw new LinesException("standard output cannot be written: nobody reads it any more");
            }
        }

        @Override
        public void finish() {
            flush();
        }

        @Override
        public void close() {
            flush();
        }
    }

    /** A file that is there when it is whole. */
    record Whole(WholeFile file) implements LineSink {
        @Override
        public void add(byte[] line) {
            file.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void finish() {
            file.finish();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /** A file that grows. What a crash left of a line is dropped when it is opened again. */
    record Growing(Path file, FileChannel channel, Appended lines) implements LineSink {
        private static final int LINE_BYTES_MAX = 1 << 30;

        /** By which a result is told: longer than any custom_id. */
        private static final int FORM_BYTES_MAX = 4_096;

        static Growing open(Path file) {
            try {
                var size = Files.exists(file) ? wholeLines(file) : 0;
                var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                return new Growing(file, channel, new Appended(channel, size));
            } catch (IOException e) {
                throw LinesException.unwritable(file, e);
            }
        }

        private static long wholeLines(Path file) throws IOException {
            try (var lines = new ByteLines(file, LINE_BYTES_MAX)) {
                var size = 0L;
                for (var line = lines.next(); line != null && lines.ended(); line = lines.next()) {
                    if (!isResult(line)) {
                        throw new LinesException(
                                "--out %s holds something else than results at line %d: choose another file"
                                        .formatted(file, lines.number()));
                    }
                    size = lines.end();
                }
                return size;
            }
        }

        /** In any of the forms. */
        private static boolean isResult(byte[] line) {
            return new String(line, 0, Math.min(line.length, FORM_BYTES_MAX), UTF_8).matches("\\{\".*|[^\t]+\t.*");
        }

        @Override
        public void add(byte[] line) {
            var ended = Arrays.copyOf(line, line.length + 1);
            ended[line.length] = '\n';
            try {
                lines.append(ended);
            } catch (IOException e) {
                throw LinesException.unwritable(file, e);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void finish() {
            try {
                lines.force();
            } catch (IOException e) {
                throw LinesException.unwritable(file, e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw LinesException.unwritable(file, e);
            }
        }
    }
}

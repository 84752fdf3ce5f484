package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.provider.Provider.ResultLines;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.ResultsOutcome.BrokenOff;
import dev.halfrate.processor.provider.ResultsOutcome.Complete;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** One download: cuts a stream of bytes, which may be anything, into lines, and holds one of them at a time. */
public final class ResultFile {
    /** Reads one line. Throws nothing: what cannot be read is {@link Corrupt}. */
    @FunctionalInterface
    public interface LineReader {
        /** @param length how many bytes of {@code line} count */
        ResultLine read(long number, byte[] line, int length);
    }

    /** Images come as text: ten of them fit. */
    public static final int LINE_BYTES_MAX = 64 << 20;

    /** Four times what the largest batch holds. */
    static final long LINES_MAX = 400_000;

    static final long FILE_BYTES_MAX = 64L << 30;

    /** Slower than this, beyond one stall, is as good as broken off. */
    static final long BYTES_PER_SECOND_MIN = 16_384;

    private static final int BUFFER_BYTES = 64 << 10;
    private static final int BUFFER_KEPT_MAX = 1 << 20;

    private final LineReader reader;
    private final ResultLines lines;
    private final long stallNanosMax;
    private final long waitNanosMax;

    private byte[] buffer = new byte[BUFFER_BYTES];
    private int length;
    private boolean overlong;
    private boolean blank = true;
    private long lineNumber = 1;
    private long delivered;
    private long bytesRead;
    private long waitedNanos;

    /**
     * @param stall longest silence
     * @param total of all waits for the vendor; what {@code lines} takes does not count
     */
    ResultFile(LineReader reader, ResultLines lines, Duration stall, Duration total) {
        this.reader = reader;
        this.lines = lines;
        this.stallNanosMax = stall.toNanos();
        this.waitNanosMax = total.toNanos();
    }

    ResultsOutcome read(AnswerBody body) throws InterruptedException {
        try (body) {
            for (var chunk = next(body); chunk.isPresent(); chunk = next(body)) {
                for (var bytes : chunk.get()) {
                    bytesRead += bytes.remaining();
                    take(bytes);
                    if (lineNumber > LINES_MAX || bytesRead > FILE_BYTES_MAX) {
                        return new BrokenOff("more than %d lines or %d bytes".formatted(LINES_MAX, FILE_BYTES_MAX));
                    }
                }
            }
        } catch (HttpTimeoutException _) {
            return new BrokenOff("too slow: %d bytes in %d s"
                    .formatted(bytesRead, Duration.ofNanos(waitedNanos).toSeconds()));
        } catch (IOException _) {
            return new BrokenOff("connection broke");
        }
        return endOfFile();
    }

    private Optional<List<ByteBuffer>> next(AnswerBody body) throws IOException, InterruptedException {
        var allowedNanos = Math.min(
                waitNanosMax,
                stallNanosMax
                        + Duration.ofSeconds(bytesRead / BYTES_PER_SECOND_MIN).toNanos());
        var from = System.nanoTime();
        try {
            return body.next(Math.min(stallNanosMax, allowedNanos - waitedNanos));
        } finally {
            waitedNanos += System.nanoTime() - from;
        }
    }

    private void take(ByteBuffer bytes) throws InterruptedException {
        while (bytes.hasRemaining() && lineNumber <= LINES_MAX) {
            var end = bytes.position();
            while (end < bytes.limit() && bytes.get(end) != '\n') {
                end++;
            }
            append(bytes, end - bytes.position());
            if (bytes.hasRemaining()) {
                bytes.get();
                endOfLine();
            }
        }
    }

    private void append(ByteBuffer bytes, int count) {
        if (overlong || length + count > LINE_BYTES_MAX) {
            overlong = true;
            buffer = new byte[BUFFER_BYTES];
            length = 0;
            bytes.position(bytes.position() + count);
            return;
        }
        if (length + count > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.min(LINE_BYTES_MAX, Math.max(length + count, 2 * buffer.length)));
        }
        bytes.get(buffer, length, count);
        for (var i = length; blank && i < length + count; i++) {
            blank = buffer[i] == ' ' || buffer[i] == '\t' || buffer[i] == '\r';
        }
        length += count;
    }

    private void endOfLine() throws InterruptedException {
        if (overlong) {
            delivered++;
            lines.accept(new Corrupt(lineNumber, "longer than " + LINE_BYTES_MAX + " bytes"));
        } else if (!blank) {
            delivered++;
            lines.accept(reader.read(lineNumber, buffer, length));
        }
        if (buffer.length > BUFFER_KEPT_MAX) {
            buffer = new byte[BUFFER_BYTES];
        }
        lineNumber++;
        length = 0;
        overlong = false;
        blank = true;
    }

    /** The last line may lack its line feed, but not its end. */
    private ResultsOutcome endOfFile() throws InterruptedException {
        if (overlong) {
            return new BrokenOff("ends inside a line");
        }
        if (!blank) {
            var last = reader.read(lineNumber, buffer, length);
            if (last instanceof Corrupt) {
                return new BrokenOff("ends inside a line");
            }
            delivered++;
            lines.accept(last);
        }
        return new Complete(delivered);
    }
}

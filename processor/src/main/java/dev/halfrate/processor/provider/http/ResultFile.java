package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.Provider.ResultLines;
import dev.halfrate.processor.provider.RawLine;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultLine.TooLong;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.ResultsOutcome.BrokenOff;
import dev.halfrate.processor.provider.ResultsOutcome.Complete;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    private final String version;
    private final long begin;
    private final FilePosition brokeOffAt;
    private final long stallNanosMax;
    private final long waitNanosMax;

    private byte[] buffer = new byte[BUFFER_BYTES];
    private int length;
    private @Nullable Overlong overlong;
    private boolean blank = true;
    private long lineNumber;
    private long lineBegin;
    private long lineBytes;
    private long delivered;
    private long bytesRead;
    private long waitedNanos;

    /**
     * @param begin where in the file the bytes begin
     * @param brokeOffAt where an earlier download ended
     * @param stall longest silence
     * @param total of all waits for the vendor; what {@code lines} takes does not count
     */
    ResultFile(
            LineReader reader,
            ResultLines lines,
            FilePosition begin,
            FilePosition brokeOffAt,
            Duration stall,
            Duration total) {
        this.reader = reader;
        this.lines = lines;
        this.version = begin.version();
        this.begin = begin.bytes();
        this.brokeOffAt = brokeOffAt;
        this.lineBegin = begin.bytes();
        this.lineNumber = begin.lines() + 1;
        this.stallNanosMax = stall.toNanos();
        this.waitNanosMax = total.toNanos();
    }

    ResultsOutcome read(AnswerBody body) throws InterruptedException {
        try (body) {
            for (var chunk = next(body); chunk.isPresent(); chunk = next(body)) {
                for (var bytes : chunk.get()) {
                    bytesRead += bytes.remaining();
                    take(bytes);
                    if (lineNumber > LINES_MAX || begin + bytesRead > FILE_BYTES_MAX) {
                        return brokenOff("more than %d lines or %d bytes".formatted(LINES_MAX, FILE_BYTES_MAX));
                    }
                }
            }
        } catch (HttpTimeoutException _) {
            return brokenOff("too slow: %d bytes in %d s"
                    .formatted(bytesRead, Duration.ofNanos(waitedNanos).toSeconds()));
        } catch (IOException _) {
            return brokenOff("connection broke");
        }
        return endOfFile();
    }

    /** The line that it ends in is read again as a whole. */
    private BrokenOff brokenOff(String reason) {
        return new BrokenOff(reason, new FilePosition(lineBegin, lineNumber - 1, version));
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
            var count = end - bytes.position();
            append(bytes, count);
            lineBytes += count;
            if (bytes.hasRemaining()) {
                bytes.get();
                endOfLine();
            }
        }
    }

    private void append(ByteBuffer bytes, int count) {
        if (overlong == null && length + count > LINE_BYTES_MAX) {
            overlong = new Overlong(buffer, length);
            buffer = new byte[BUFFER_BYTES];
            length = 0;
        }
        if (overlong != null) {
            overlong.skip(bytes, count);
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
        if (overlong != null) {
            deliver(overlong.line(lineNumber), overlong.raw(lineNumber));
        } else if (!blank) {
            deliver(reader.read(lineNumber, buffer, length), RawLine.of(lineNumber, buffer, length));
        }
        if (buffer.length > BUFFER_KEPT_MAX) {
            buffer = new byte[BUFFER_BYTES];
        }
        lineBegin += lineBytes + 1;
        lineBytes = 0;
        lineNumber++;
        length = 0;
        overlong = null;
        blank = true;
    }

    private void deliver(ResultLine line, RawLine raw) throws InterruptedException {
        delivered++;
        lines.accept(line, raw);
    }

    /** The last line may lack its line feed, but not its end; unless it lacks that each time. */
    private ResultsOutcome endOfFile() throws InterruptedException {
        if (overlong != null) {
            return brokenOff("ends inside a line");
        }
        if (!blank) {
            var last = reader.read(lineNumber, buffer, length);
            if (last instanceof Corrupt && !(lineBegin > 0 && lineBegin == brokeOffAt.bytes())) {
                return brokenOff("ends inside a line");
            }
            deliver(last, RawLine.of(lineNumber, buffer, length));
        }
        return new Complete(delivered);
    }

    /** A line that is not held, but for its beginning: whose it is stands there. */
    private static final class Overlong {
        private static final int HEAD_BYTES = 64 << 10;

        private final byte[] head;
        private final MessageDigest sha256 = RawLine.newSha256();
        private long bytes;

        private Overlong(byte[] held, int length) {
            head = Arrays.copyOf(held, Math.min(length, HEAD_BYTES));
            sha256.update(held, 0, length);
            bytes = length;
        }

        private void skip(ByteBuffer more, int count) {
            sha256.update(more.slice(more.position(), count));
            more.position(more.position() + count);
            bytes += count;
        }

        private ResultLine line(long number) {
            return ResultLineReader.customIdOf(head)
                    .<ResultLine>map(id -> new TooLong(id, bytes))
                    .orElseGet(() -> new Corrupt(number, "longer than " + LINE_BYTES_MAX + " bytes"));
        }

        private RawLine raw(long number) {
            return RawLine.dropped(number, bytes, sha256);
        }
    }
}

package dev.halfrate.processor.transfer;

import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests as lines of a file or of standard input, each judged by itself. Lines of white space are left out. */
final class RequestReader implements AutoCloseable {
    private static final Path STDIN = Path.of("-");

    /** One line that is not blank. */
    sealed interface Line {
        /** From 1. */
        long number();

        record Request(long number, Parsed.Request request, byte[] value) implements Line {}

        /** @param problem what to change; never quotes the line */
        record Bad(long number, String problem) implements Line {}
    }

    /** Says what is wrong with a request that is well-formed. */
    @FunctionalInterface
    interface Judge {
        Optional<String> problem(byte[] value);
    }

    private final RequestParser parser = new RequestParser();
    private final Path file;
    private final Judge judge;
    private final @Nullable IdNumbers contents;
    private final int lineBytesMax;
    private final ByteLines lines;
    private boolean allCompared = true;

    /**
     * @param contents where it remembers what each custom_id has asked for; null for nowhere
     * @param lineBytesMax longer ones are bad
     * @throws LinesException if it cannot be read
     */
    RequestReader(Path file, Judge judge, @Nullable IdNumbers contents, int lineBytesMax) {
        this.file = file;
        this.judge = judge;
        this.contents = contents;
        this.lineBytesMax = lineBytesMax;
        try {
            if (Files.isDirectory(file)) {
                throw new LinesException(file + " is a directory, not a file of requests");
            }
            lines = isStdin(file) ? new ByteLines(System.in, lineBytesMax) : new ByteLines(file, lineBytesMax);
        } catch (IOException e) {
            throw LinesException.unreadable(file, e);
        }
    }

    static boolean isStdin(Path file) {
        return file.equals(STDIN);
    }

    /**
     * @param from lines before this one are passed over unread
     * @return null after the last one
     * @throws LinesException if it cannot be read
     */
    @Nullable
    Line next(long from) {
        while (true) {
            try {
                var value = lines.next();
                if (value == null) {
                    return null;
                }
                if (lines.number() >= from && !ByteLines.isBlank(value)) {
                    return judged(value);
                }
            } catch (ByteLines.TooLongException _) {
                skip();
                if (lines.number() >= from) {
                    return new Line.Bad(
                            lines.number(),
                            "it has more than the %,d bytes that a request may have".formatted(lineBytesMax));
                }
            } catch (IOException e) {
                throw LinesException.unreadable(file, e);
            }
        }
    }

    private void skip() {
        try {
            lines.skip();
        } catch (IOException e) {
            throw LinesException.unreadable(file, e);
        }
    }

    private Line judged(byte[] value) {
        var number = lines.number();
        return switch (parser.parse(value)) {
            case Parsed.Request request -> {
                var problem = judge.problem(value).or(() -> conflict(request, value));
                yield problem.isPresent()
                        ? new Line.Bad(number, problem.get())
                        : new Line.Request(number, request, value);
            }
            case Parsed.Rejected rejected -> new Line.Bad(number, rejected.message());
            case Parsed.Unusable unusable -> new Line.Bad(number, unusable.message());
        };
    }

    private Optional<String> conflict(Parsed.Request request, byte[] value) {
        if (contents == null) {
            return Optional.empty();
        }
        var body = ByteBuffer.wrap(value, request.bodyOffset(), request.bodyBytes());
        // One number is nobody's.
        var content = ByteBuffer.wrap(ContentHash.of(request.url(), body)).getLong() | 1;
        var id = IdNumbers.bytes(request.customId());
        var earlier = contents.get(id);
        if (earlier == IdNumbers.NONE) {
            allCompared &= contents.put(id, content);
        }
        return earlier == IdNumbers.NONE || earlier == content
                ? Optional.empty()
                : Optional.of("a line before it asks for something else under its custom_id");
    }

    /** Whether all custom_ids had room to be remembered. */
    boolean allCompared() {
        return allCompared;
    }

    /** Bytes of the lines so far. */
    long bytes() {
        return lines.end();
    }

    @Override
    public void close() {
        try {
            lines.close();
        } catch (IOException e) {
            throw LinesException.unreadable(file, e);
        }
    }
}

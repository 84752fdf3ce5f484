package dev.halfrate.processor.call;

import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Requests as lines: those of an OpenAI batch file, or requests of an Anthropic batch. Empty lines are left out. The
 * file is read line by line, and as often as it takes.
 *
 * @param endpoints that may be asked for
 * @param lineBytesMax of one line
 */
public record RequestFile(Path file, Set<String> endpoints, int lineBytesMax) {
    private static final int PROBLEMS_SHOWN_MAX = 10;

    public RequestFile {
        endpoints = Set.copyOf(endpoints);
    }

    /** Looks at a request, and says what is wrong with it beside its form. */
    @FunctionalInterface
    public interface Judge {
        /** @return null if nothing is */
        @Nullable
        String problem(CallRequest request);
    }

    /**
     * Reads all of it.
     *
     * @param judge called for each request, in the order of the file
     * @throws CallException naming lines that cannot be sent, and what to change
     */
    public void check(Judge judge) {
        var problems = new ArrayList<String>();
        var lines = new HashMap<String, Long>();
        var bad = 0L;
        try (var reader = open()) {
            for (var line = reader.nextLine(); line != null; line = reader.nextLine()) {
                var problem = problem(line, lines, judge);
                if (problem != null && ++bad <= PROBLEMS_SHOWN_MAX) {
                    problems.add("  line %d: %s".formatted(line.number, problem));
                }
            }
        }
        if (bad > 0) {
            throw new CallException(message(problems, bad));
        }
        if (lines.isEmpty()) {
            throw new CallException(file + " is empty: each line must hold a request");
        }
    }

    private static @Nullable String problem(Line line, HashMap<String, Long> lines, Judge judge) {
        if (line.request == null) {
            return line.problem;
        }
        var earlier = lines.putIfAbsent(line.request.customId(), line.number);
        return earlier == null
                ? judge.problem(line.request)
                : "its custom_id stands on line %d already: each request needs its own".formatted(earlier);
    }

    private String message(List<String> problems, long bad) {
        var lines = new ArrayList<>(problems);
        lines.addFirst(
                bad == 1
                        ? file + " has a line that cannot be sent, so nothing was:"
                        : "%s has %,d lines that cannot be sent, so nothing was:".formatted(file, bad));
        if (bad > problems.size()) {
            lines.add("  and %,d more".formatted(bad - problems.size()));
        }
        return String.join(System.lineSeparator(), lines);
    }

    /** Begins at its beginning. */
    Reader open() {
        return new Reader();
    }

    /** @param problem what to change, empty if there is a request */
    private record Line(long number, @Nullable CallRequest request, String problem) {}

    /** Reads it once. */
    final class Reader implements AutoCloseable {
        private final RequestParser parser = new RequestParser();
        private final ByteLines lines;

        private Reader() {
            try {
                if (Files.isDirectory(file)) {
                    throw new CallException(file + " is a directory, not a file of requests");
                }
                lines = new ByteLines(file, lineBytesMax);
            } catch (IOException e) {
                throw unreadable(e);
            }
        }

        /**
         * @return null after the last one
         * @throws CallException if the file is not any more what was checked
         */
        @Nullable
        CallRequest next() {
            var line = nextLine();
            if (line != null && line.request == null) {
                throw changed(line.number);
            }
            return line == null ? null : line.request;
        }

        private @Nullable Line nextLine() {
            try {
                for (var bytes = lines.next(); bytes != null; bytes = lines.next()) {
                    if (!ByteLines.isBlank(bytes)) {
                        return parse(bytes);
                    }
                }
                return null;
            } catch (ByteLines.TooLongException _) {
                throw new CallException(
                        "%s has at line %d more than the %,d bytes that a request may have, so nothing was sent"
                                .formatted(file, lines.number(), lineBytesMax));
            } catch (IOException e) {
                throw unreadable(e);
            }
        }

        private Line parse(byte[] value) {
            return switch (parser.parse(value)) {
                case Parsed.Request request -> {
                    var from = request.bodyOffset();
                    yield endpoints.contains(request.url())
                            ? line(new CallRequest(
                                    lines.number(),
                                    request.customId(),
                                    request.url(),
                                    request.model(),
                                    Arrays.copyOfRange(value, from, from + request.bodyBytes())))
                            : line("url must be a path without a host that the account's vendor has: "
                                    + String.join(", ", new TreeSet<>(endpoints)));
                }
                case Parsed.Rejected rejected -> line(rejected.message());
                case Parsed.Unusable unusable -> line(unusable.message());
            };
        }

        private Line line(CallRequest request) {
            return new Line(lines.number(), request, "");
        }

        private Line line(String problem) {
            return new Line(lines.number(), null, problem);
        }

        @Override
        public void close() {
            try {
                lines.close();
            } catch (IOException e) {
                throw unreadable(e);
            }
        }
    }

    /** It is not any more what was checked. */
    CallException changed(long line) {
        return new CallException("%s was changed while it was read, at line %d".formatted(file, line));
    }

    private CallException unreadable(IOException e) {
        return new CallException("%s cannot be read: %s".formatted(file, LinesException.why(e)), e);
    }
}

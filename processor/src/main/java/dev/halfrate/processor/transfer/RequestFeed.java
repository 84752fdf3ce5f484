package dev.halfrate.processor.transfer;

import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Takes a file of requests, or standard input, to its topic, line by line: in memory is only what is on its way. */
public final class RequestFeed {
    private static final int PROBLEMS_SHOWN_MAX = 10;
    private static final int LINES_PER_LOOK = 64;

    /** What a line may have beside the request that is limited: white space, other keys. */
    private static final int AROUND_REQUEST_BYTES = 64 << 10;

    /**
     * What is to be sent.
     *
     * @param headers of each record
     * @param form what values are made of lines
     * @param requestBytesMax of one
     * @param skipInvalid whether lines that are no requests are left out; otherwise the first of them ends it
     * @param fromLine the first one that is sent, from 1
     * @param requestsMax of them, at most
     */
    public record Settings(
            Path file,
            Headers headers,
            BiFunction<Parsed.Request, byte[], byte[]> form,
            int requestBytesMax,
            boolean skipInvalid,
            long fromLine,
            long requestsMax) {
        boolean isStdin() {
            return RequestReader.isStdin(file);
        }
    }

    /** Says what is wrong with a request's value, if something is. */
    @FunctionalInterface
    public interface Judge extends BiFunction<byte[], Headers, Optional<String>> {}

    /**
     * How far it is.
     *
     * @param stored requests that the broker has
     * @param invalid lines that are no requests
     * @param bytes of the lines so far
     * @param bytesTotal of the file, 0 if nobody knows
     */
    public record Counts(long requests, long stored, long invalid, long bytes, long bytesTotal, Duration elapsed) {}

    /**
     * What a look at the whole file has found.
     *
     * @param problems of the first bad lines, each with its number
     * @param allCompared whether every request was compared with all of the same custom_id
     */
    public record Checked(long requests, long invalid, List<String> problems, boolean allCompared) {}

    /** How sending ended. */
    public sealed interface Outcome {
        Counts counts();

        /** Everything is with the broker. */
        record Done(Counts counts, List<String> problems) implements Outcome {}

        /** @param throughLine it, and all lines before it, are with the broker */
        record Stopped(Counts counts, long throughLine) implements Outcome {}

        /**
         * A line is no request.
         *
         * @param throughLine likewise
         */
        record Broken(Counts counts, long throughLine, String problem) implements Outcome {}
    }

    private final Settings settings;
    private final Judge judge;
    private final Consumer<Counts> screen;
    private final Acknowledged acknowledged = new Acknowledged();
    private long startedAt = System.nanoTime();
    private volatile boolean stopped;

    public RequestFeed(Settings settings, Judge judge, Consumer<Counts> screen) {
        this.settings = settings;
        this.judge = judge;
        this.screen = screen;
    }

    /** No more lines are sent. */
    public void stop() {
        stopped = true;
    }

    /** @return whether it can be looked at before it is sent */
    public boolean isCheckable() {
        return Files.isRegularFile(settings.file);
    }

    /**
     * Looks at all of it.
     *
     * @return null if it was stopped
     * @throws LinesException if it cannot be read
     */
    public @Nullable Checked check() {
        startedAt = System.nanoTime();
        var problems = new ArrayList<String>();
        var requests = 0L;
        var invalid = 0L;
        try (var reader = reader(judge, new IdNumbers())) {
            var total = bytesTotal();
            for (var line = reader.next(settings.fromLine);
                    line != null && requests < settings.requestsMax;
                    line = reader.next(settings.fromLine)) {
                switch (line) {
                    case RequestReader.Line.Request _ -> requests++;
                    case RequestReader.Line.Bad bad -> note(bad, ++invalid, problems);
                }
                if ((requests + invalid) % LINES_PER_LOOK == 0) {
                    if (stopped) {
                        return null;
                    }
                    screen.accept(new Counts(requests, 0, invalid, reader.bytes(), total, elapsed()));
                }
            }
            return new Checked(requests, invalid, problems, reader.allCompared());
        }
    }

    /**
     * Sends it.
     *
     * @param checked whether it was looked at before, so that lines need not be judged again
     * @param each is told of each request that is on its way, with the number of its line
     * @throws LinesException if it cannot be read
     * @throws dev.halfrate.processor.ops.StartupException if a request could not be sent
     */
    public Outcome send(RequestSender sender, boolean checked, ObjLongConsumer<String> each)
            throws InterruptedException {
        startedAt = System.nanoTime();
        var problems = new ArrayList<String>();
        var requests = 0L;
        var invalid = 0L;
        var known = checked && !settings.skipInvalid;
        try (var reader = known ? reader((_, _) -> Optional.empty(), null) : reader(judge, new IdNumbers())) {
            var total = bytesTotal();
            for (var line = reader.next(settings.fromLine);
                    line != null && requests < settings.requestsMax && !stopped;
                    line = reader.next(settings.fromLine)) {
                switch (line) {
                    case RequestReader.Line.Request(var number, var request, var value) -> {
                        requests++;
                        var sent = acknowledged.sending(number);
                        sender.send(
                                IdNumbers.bytes(request.customId()),
                                settings.form.apply(request, value),
                                new RecordHeaders(settings.headers),
                                _ -> sent.isStored());
                        each.accept(request.customId(), number);
                    }
                    case RequestReader.Line.Bad bad -> {
                        note(bad, ++invalid, problems);
                        if (!settings.skipInvalid) {
                            sender.flush();
                            return new Outcome.Broken(
                                    counts(requests, invalid, reader, total),
                                    acknowledged.through(),
                                    problems.getFirst());
                        }
                    }
                }
                if ((requests + invalid) % LINES_PER_LOOK == 0) {
                    screen.accept(counts(requests, invalid, reader, total));
                }
            }
            sender.flush();
            var counts = counts(requests, invalid, reader, total);
            return stopped ? new Outcome.Stopped(counts, acknowledged.through()) : new Outcome.Done(counts, problems);
        }
    }

    /** Up to which line all is with the broker, for whoever has to say so after a failure. */
    public long throughLine() {
        return acknowledged.through();
    }

    private RequestReader reader(Judge judging, @Nullable IdNumbers contents) {
        return new RequestReader(
                settings.file,
                value -> judging.apply(value, settings.headers),
                contents,
                settings.requestBytesMax + AROUND_REQUEST_BYTES);
    }

    private static void note(RequestReader.Line.Bad bad, long invalid, List<String> problems) {
        if (invalid <= PROBLEMS_SHOWN_MAX) {
            problems.add("line %d: %s".formatted(bad.number(), bad.problem()));
        }
    }

    private Counts counts(long requests, long invalid, RequestReader reader, long total) {
        return new Counts(requests, acknowledged.lines(), invalid, reader.bytes(), total, elapsed());
    }

    private long bytesTotal() {
        try {
            return isCheckable() ? Files.size(settings.file) : 0;
        } catch (IOException e) {
            throw LinesException.unreadable(settings.file, e);
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }
}

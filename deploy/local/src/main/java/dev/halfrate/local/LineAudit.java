package dev.halfrate.local;

import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.codec.Result;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds every line that was sent against its answer: one result, or one dead letter by its coordinates. Lines of
 * the same custom_id and content share an answer (the later ones are absorbed), unless it was no success: then
 * each may get its own.
 *
 * <p>Lines are sent and answers read by different threads.
 */
final class LineAudit {
    static final int EXAMPLES_MAX = 5;

    private static final ByteBuffer NO_CONTENT = ByteBuffer.allocate(0);

    /** Which record holds a line. */
    record Coordinates(int partition, long offset) {}

    /**
     * One line; the same object is handed back when it is stored.
     *
     * @param customId null if it cannot be read, so that only a dead letter can answer it
     */
    record Line(long number, @Nullable String customId, ByteBuffer content) {}

    /**
     * The account so far.
     *
     * @param absorbed repeated lines that another line's result answers
     * @param missing lines without an answer; surplus: answers too many, or to nothing that was sent
     * @param examples of what is missing or too much, at most {@value #EXAMPLES_MAX} each
     */
    record Verdict(long lines, long absorbed, long missing, long surplus, List<String> examples) {
        boolean isClean() {
            return missing == 0 && surplus == 0;
        }
    }

    private static final class Id {
        private final Map<ByteBuffer, Integer> linesByContent = new HashMap<>();
        private int lines;
        private int results;
        private int successes;

        int missing() {
            return Math.max(0, linesByContent.size() - results);
        }

        int surplus() {
            return Math.max(0, Math.max(results - lines, successes - linesByContent.size()));
        }

        int absorbed() {
            return Math.max(0, lines - Math.max(results, linesByContent.size()));
        }
    }

    private final RequestParser parser = new RequestParser();
    private final Map<String, Id> ids = new LinkedHashMap<>();
    private final Map<Coordinates, Line> stored = new HashMap<>();
    private final Map<Coordinates, Integer> deadLetters = new HashMap<>();
    private long lines;
    private long repeated;
    private long deadLettersExpected;

    /** Call before it is sent: the answer may be quicker than the acknowledgement. */
    synchronized Line sending(byte[] value) {
        var line = read(++lines, value);
        if (line.customId() == null) {
            deadLettersExpected++;
        } else {
            var id = ids.computeIfAbsent(line.customId(), _ -> new Id());
            id.lines++;
            if (id.linesByContent.merge(line.content(), 1, Integer::sum) > 1) {
                repeated++;
            }
        }
        return line;
    }

    synchronized void stored(Line line, Coordinates at) {
        stored.put(at, line);
        if (deadLetters.containsKey(at)) {
            settleByDeadLetter(line);
        }
    }

    synchronized void answered(Result result) {
        var id = ids.computeIfAbsent(result.customId(), _ -> new Id());
        id.results++;
        if (result.status() == Result.Status.SUCCEEDED) {
            id.successes++;
        }
    }

    synchronized void answered(DeadLetter letter) {
        var at = new Coordinates(letter.partition(), letter.offset());
        var line = stored.get(at);
        if (deadLetters.merge(at, 1, Integer::sum) == 1 && line != null) {
            settleByDeadLetter(line);
        }
    }

    /** Lines so far that another line's answer may do for. */
    synchronized long repeated() {
        return repeated;
    }

    synchronized Verdict verdict() {
        var missing = deadLettersExpected;
        var surplus = 0L;
        var absorbed = 0L;
        var examples = new ArrayList<String>();
        var missingShown = 0;
        var surplusShown = 0;
        for (var entry : ids.entrySet()) {
            var id = entry.getValue();
            missing += id.missing();
            surplus += id.surplus();
            absorbed += id.absorbed();
            if (id.missing() > 0 && missingShown++ < EXAMPLES_MAX) {
                examples.add("no result for custom_id " + entry.getKey());
            }
            if (id.surplus() > 0 && surplusShown++ < EXAMPLES_MAX) {
                examples.add("%d results for %d lines of custom_id %s".formatted(id.results, id.lines, entry.getKey()));
            }
        }
        if (deadLettersExpected > 0) {
            examples.add("no dead letter for %d lines without a usable custom_id".formatted(deadLettersExpected));
        }
        for (var letter : deadLetters.entrySet()) {
            var tooMany = letter.getValue() - (stored.containsKey(letter.getKey()) ? 1 : 0);
            if (tooMany > 0) {
                surplus += tooMany;
                if (surplusShown++ < EXAMPLES_MAX) {
                    examples.add("%d dead letters too many for partition %d, offset %d"
                            .formatted(
                                    tooMany,
                                    letter.getKey().partition(),
                                    letter.getKey().offset()));
                }
            }
        }
        return new Verdict(lines, absorbed, missing, surplus, List.copyOf(examples));
    }

    private void settleByDeadLetter(Line line) {
        var id = line.customId() == null ? null : ids.get(line.customId());
        if (id == null) {
            deadLettersExpected--;
        } else {
            id.lines--;
            id.linesByContent.computeIfPresent(line.content(), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    private Line read(long number, byte[] value) {
        return switch (parser.parse(value)) {
            case Parsed.Request request ->
                new Line(
                        number,
                        request.customId(),
                        ByteBuffer.wrap(ContentHash.of(
                                request.url(), ByteBuffer.wrap(value, request.bodyOffset(), request.bodyBytes()))));
            case Parsed.Rejected rejected ->
                new Line(number, rejected.customId(), ByteBuffer.wrap(ContentHash.of("", ByteBuffer.wrap(value))));
            case Parsed.Unusable _ -> new Line(number, null, NO_CONTENT);
        };
    }
}

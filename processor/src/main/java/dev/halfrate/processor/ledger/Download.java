package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.ResultsOutcome.BrokenOff;
import dev.halfrate.processor.provider.ResultsOutcome.Complete;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What an owner of a batch remembers of its result files from one try to read them to the next: where each broke off,
 * which items they answered, which strange lines were told of. To forget it costs time and nothing else.
 */
final class Download {
    /** Strange lines of one batch that are told of; more of them say the same. */
    static final int TOLD_MAX = 1_000;

    private final Map<String, ResultFile> files = new LinkedHashMap<>();
    private final Set<Place> told = new HashSet<>();
    private final BitSet answered = new BitSet();

    /** Reads a file from a position on. */
    @FunctionalInterface
    interface Reading {
        ResultsOutcome from(FilePosition position) throws InterruptedException;
    }

    private record Place(String file, long line) {}

    private static final class ResultFile {
        private FilePosition next = FilePosition.START;
        private ResultsOutcome outcome = new BrokenOff("not read");
        private boolean ours;
        private boolean strange;
    }

    /**
     * Reads what is left of a file.
     *
     * @param proven whether it is surely the batch's
     */
    void read(String file, boolean proven, Reading reading) throws InterruptedException {
        var present = files.computeIfAbsent(file, _ -> new ResultFile());
        if (present.outcome instanceof Complete) {
            return;
        }
        var outcome = reading.from(present.next);
        // An error page, or another batch's file: to take its lines as missing would buy them again.
        present.outcome = outcome instanceof Complete && proven && present.strange && !present.ours
                ? new BrokenOff("none of its lines is of this batch")
                : outcome;
    }

    /** A line of {@code file} answers an item. */
    void answered(String file, int item) {
        answered.set(item);
        var present = files.get(file);
        if (present != null) {
            present.ours = true;
        }
    }

    /** @return whether the line is to be told of */
    boolean strange(String file, long line) {
        var present = files.get(file);
        if (present != null) {
            present.strange = true;
        }
        return told.size() < TOLD_MAX && told.add(new Place(file, line));
    }

    /**
     * Ends a try, once all that it read is on its way to the actor.
     *
     * @return the first outcome that is not complete, or how many items have lines
     */
    ResultsOutcome end() {
        for (var file : files.values()) {
            if (file.outcome instanceof BrokenOff(var _, var next)) {
                file.next = next;
            }
        }
        return files.values().stream()
                .map(file -> file.outcome)
                .filter(outcome -> !(outcome instanceof Complete))
                .findFirst()
                .orElse(new Complete(answered.cardinality()));
    }
}

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

    private final boolean certain;
    private final Map<String, ResultFile> files = new LinkedHashMap<>();
    private final Set<Place> told = new HashSet<>();
    private final BitSet answered = new BitSet();

    /** @param certain whether the remote batch is surely ours */
    Download(boolean certain) {
        this.certain = certain;
    }

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
        private int foreign;
        private int corrupt;

        private void begin() {
            if (next.equals(FilePosition.START)) {
                foreign = 0;
                corrupt = 0;
            }
        }
    }

    /** Reads what is left of a file. */
    void read(String file, Reading reading) throws InterruptedException {
        var present = files.computeIfAbsent(file, _ -> new ResultFile());
        if (present.outcome instanceof Complete) {
            return;
        }
        present.begin();
        var outcome = reading.from(present.next);
        // An error page, or another batch's file: to take its lines as missing would buy them again.
        var strange = present.foreign + present.corrupt > 0;
        present.outcome = outcome instanceof Complete && certain && strange && !present.ours
                ? new BrokenOff("none of its lines is of this batch")
                : outcome;
    }

    /** A line of {@code file} answers an item. */
    void answered(String file, int item) {
        present(file).ours = true;
        answered.set(item);
    }

    /**
     * A line answers no item of this batch.
     *
     * @param readable whether its id could be read, which is then another's
     * @return whether the line is to be told of
     */
    boolean strange(String file, long line, boolean readable) {
        var present = present(file);
        present.foreign += readable ? 1 : 0;
        present.corrupt += readable ? 0 : 1;
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

    /** @return lines with ids that are another's */
    int foreign() {
        return files.values().stream().mapToInt(file -> file.foreign).sum();
    }

    /** @return lines that could not be read */
    int corrupt() {
        return files.values().stream().mapToInt(file -> file.corrupt).sum();
    }

    private ResultFile present(String file) {
        return files.computeIfAbsent(file, _ -> new ResultFile());
    }
}

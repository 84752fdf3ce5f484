package dev.halfrate.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The misfortunes that were scripted for lines, the first one that is for a line first. Safe for use by many threads. */
final class LineFaults {

    /** @param hits lines that it has met */
    record Scripted(LineFault fault, int hits) {

        boolean over() {
            return hits == Math.max(1, fault.times());
        }
    }

    private final List<Scripted> scripted = new ArrayList<>();

    synchronized void add(LineFault fault) {
        fault.check();
        if (scripted.size() == Faults.FAULTS_MAX) {
            throw RefusedException.badRequest("at most %d faults: delete them".formatted(Faults.FAULTS_MAX));
        }
        scripted.add(new Scripted(fault, 0));
    }

    synchronized void clear() {
        scripted.clear();
    }

    synchronized List<Scripted> list() {
        return List.copyOf(scripted);
    }

    /** What is to happen to this line, which counts for it from now on. */
    synchronized Optional<LineFault> next(String customId) {
        for (int i = 0; i < scripted.size(); i++) {
            Scripted entry = scripted.get(i);
            if (!entry.over() && customId.matches(entry.fault().customId())) {
                scripted.set(i, new Scripted(entry.fault(), entry.hits() + 1));
                return Optional.of(entry.fault());
            }
        }
        return Optional.empty();
    }
}

package dev.halfrate.simulator;

import java.util.ArrayList;
import java.util.List;

/** The faults that were scripted, the first one that is for a call first. Safe for use by many threads. */
final class Faults {

    static final int FAULTS_MAX = 1_000;

    /**
     * @param matched calls that it is for, those that it let through included
     * @param hits calls that it has met; counted when the call arrives
     */
    record Scripted(Fault fault, int matched, int hits) {

        boolean over() {
            return hits == Math.max(1, fault.times());
        }
    }

    private final List<Scripted> scripted = new ArrayList<>();

    synchronized void add(Fault fault) {
        fault.check();
        if (scripted.size() == FAULTS_MAX) {
            throw RefusedException.badRequest(
                    OpenAiError.invalidRequest("at most %d faults: delete them".formatted(FAULTS_MAX), null, null));
        }
        scripted.add(new Scripted(fault, 0, 0));
    }

    synchronized void clear() {
        scripted.clear();
    }

    synchronized List<Scripted> list() {
        return List.copyOf(scripted);
    }

    /** What is to happen to this call, which counts for it from now on. */
    synchronized Fault next(String method, String pathAndQuery, String host) {
        for (int i = 0; i < scripted.size(); i++) {
            Scripted entry = scripted.get(i);
            if (!entry.over() && entry.fault().isFor(method, pathAndQuery, host)) {
                boolean hit = entry.matched() >= entry.fault().skip();
                scripted.set(i, new Scripted(entry.fault(), entry.matched() + 1, entry.hits() + (hit ? 1 : 0)));
                if (hit) {
                    return entry.fault();
                }
            }
        }
        return Fault.NONE;
    }
}

package dev.halfrate.processor.doctor;

import java.util.Set;

/**
 * Something to look into.
 *
 * @param needs checks without whose success there is nothing to look at
 * @param after checks that are to have ended before, whatever they found
 */
record Check(String name, Set<String> needs, Set<String> after, Look look) {
    /** What is done; interrupted when it takes too long. */
    @FunctionalInterface
    interface Look {
        Verdict look() throws Exception;
    }

    static Check of(String name, Look look) {
        return new Check(name, Set.of(), Set.of(), look);
    }

    Check needing(String... others) {
        return new Check(name, Set.of(others), after, look);
    }

    Check after(Set<String> others) {
        return new Check(name, needs, others, look);
    }
}

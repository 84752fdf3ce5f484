package dev.halfrate.processor.doctor;

import java.util.List;

/**
 * What came of one check.
 *
 * @param found one line
 * @param todo what to do about it, a line each; none where there is nothing to be done
 */
record Verdict(Grade grade, String found, List<String> todo) {
    Verdict {
        todo = List.copyOf(todo);
    }

    static Verdict ok(String found) {
        return new Verdict(Grade.OK, found, List.of());
    }

    static Verdict warn(String found, String... todo) {
        return new Verdict(Grade.WARN, found, List.of(todo));
    }

    static Verdict fail(String found, String... todo) {
        return new Verdict(Grade.FAIL, found, List.of(todo));
    }

    static Verdict skipped(String why, String... todo) {
        return new Verdict(Grade.SKIPPED, why, List.of(todo));
    }
}

package dev.halfrate.processor.doctor;

import java.util.List;

/**
 * One line for an operator.
 *
 * @param check its name, the same at each run
 * @param found what there is
 * @param todo what to do about it, a line each
 */
public record Finding(Grade grade, String check, String found, List<String> todo) {
    public Finding {
        todo = List.copyOf(todo);
    }

    static Finding of(String check, Verdict verdict) {
        return new Finding(verdict.grade(), check, verdict.found(), verdict.todo());
    }
}

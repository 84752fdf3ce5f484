package dev.halfrate.trial;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.trial.Evidence.LedgerBatch;
import dev.halfrate.trial.Evidence.Sent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** Holds what was seen of a run against the two promises. */
final class Audit {
    private static final int EXAMPLES_MAX = 5;

    /**
     * @param doubts attempts beyond each batch's first
     * @param billedTwice lines and calls billed more often than once that the ledger does not account for
     * @param exposed those that it does account for: of twins, of attempts that could not be revoked, of missing lines,
     *     of calls without an answer, of hedges
     * @param exposure what it does account for, billed or not
     * @param violations one sentence each
     */
    record Verdict(
            int requests,
            int batches,
            int doubts,
            int lost,
            int answeredTwice,
            int billedTwice,
            int exposed,
            int exposure,
            List<String> violations) {}

    /** Billed once more than once each, or on top of the other. */
    private record Extra(int lines, int calls) {}

    private final Evidence evidence;
    private final List<String> violations = new ArrayList<>();
    private final Map<String, Set<String>> lines = new TreeMap<>();
    private final Map<String, Integer> records = new HashMap<>();

    private Audit(Evidence evidence) {
        this.evidence = evidence;
        for (var sent : evidence.sent()) {
            if (sent.customId() != null) {
                lines.computeIfAbsent(sent.customId(), _ -> new HashSet<>()).add(sent.content());
                records.merge(sent.customId(), 1, Integer::sum);
            }
        }
    }

    static Verdict of(Evidence evidence) {
        return new Audit(evidence).verdict();
    }

    private Verdict verdict() {
        var lost = lost();
        var twice = answeredTwice();
        strangers();
        ledger();
        var extra = billing();
        var exposure = new Extra(sum(LedgerBatch::extraLinesMax), sum(LedgerBatch::extraCallsMax));
        if (extra.lines > exposure.lines) {
            violations.add(
                    "%d lines were billed twice, the ledger accounts for %d".formatted(extra.lines, exposure.lines));
        }
        if (extra.calls > exposure.calls) {
            violations.add(
                    "%d calls were billed on top, the ledger accounts for %d".formatted(extra.calls, exposure.calls));
        }
        var late = sum(LedgerBatch::lateLines);
        if (late > extra.calls) {
            violations.add("the ledger knows of %d second answers, %d were billed".formatted(late, extra.calls));
        }
        var exposed = Math.min(extra.lines, exposure.lines) + Math.min(extra.calls, exposure.calls);
        evidence.leaks().forEach(leak -> violations.add("a secret, prompt or custom_id stands in " + leak));
        return new Verdict(
                evidence.sent().size(),
                evidence.batches().size(),
                evidence.batches().values().stream()
                        .mapToInt(batch -> batch.attempts().size() - 1)
                        .sum(),
                lost,
                twice,
                extra.lines + extra.calls - exposed,
                exposed,
                exposure.lines + exposure.calls,
                List.copyOf(violations));
    }

    private int lost() {
        var unanswered = lines.keySet().stream()
                .filter(id -> !evidence.answers().containsKey(id))
                .toList();
        report(unanswered, "no result for %s");
        var unburied = evidence.sent().stream()
                .filter(sent -> sent.customId() == null)
                .map(Sent::place)
                .filter(place -> !evidence.deadLetters().containsKey(place))
                .toList();
        report(unburied, "no dead letter for %s");
        return unanswered.size() + unburied.size();
    }

    /** Equal records share an answer while it may be a success; each of those that failed may have its own. */
    private int answeredTwice() {
        var twice = new ArrayList<String>();
        lines.forEach((id, contents) -> {
            var answers = evidence.answers().getOrDefault(id, List.of());
            var successes = answers.stream()
                    .filter(status -> status == Result.Status.SUCCEEDED)
                    .count();
            if (successes > contents.size() || answers.size() > records.getOrDefault(id, 0)) {
                twice.add(id + ": " + answers);
            }
        });
        report(twice, "too many results for %s");
        var letters = evidence.deadLetters().entrySet().stream()
                .filter(letter -> letter.getValue() > 1)
                .toList();
        report(letters, "too many dead letters for %s");
        return twice.size() + letters.size();
    }

    private void strangers() {
        report(
                evidence.answers().keySet().stream()
                        .filter(id -> !lines.containsKey(id))
                        .toList(),
                "a result for %s, which nobody sent");
        var usable = evidence.sent().stream()
                .filter(sent -> sent.customId() != null)
                .map(Sent::place)
                .collect(Collectors.toSet());
        report(
                evidence.deadLetters().keySet().stream()
                        .filter(usable::contains)
                        .toList(),
                "a dead letter for %s, which was accepted");
    }

    private void ledger() {
        evidence.batches().forEach((id, batch) -> {
            if (!batch.state().equals("SETTLED")) {
                violations.add("%s is %s".formatted(id, batch.state()));
            }
            var open = batch.attempts().stream()
                    .limit(Math.max(0, batch.attempts().size() - 1))
                    .filter(attempt -> !attempt.over())
                    .count();
            if (open > 0) {
                violations.add("%s began an attempt while an earlier one was open".formatted(id));
            }
        });
    }

    private int sum(ToIntFunction<LedgerBatch> of) {
        return evidence.batches().values().stream().mapToInt(of).sum();
    }

    private Extra billing() {
        var batchOfTag = new HashMap<String, String>();
        evidence.batches()
                .forEach((id, batch) -> batch.attempts().forEach(attempt -> batchOfTag.put(attempt.tag(), id)));
        var remotes = new TreeMap<String, Set<String>>();
        var times = new HashMap<String, Integer>();
        for (var line : evidence.billed()) {
            remotes.computeIfAbsent(line.tag(), _ -> new HashSet<>()).add(line.remoteBatchId());
            times.merge(line.content(), 1, Integer::sum);
        }
        remotes.forEach((tag, ids) -> {
            var batch = batchOfTag.get(tag);
            if (batch == null) {
                violations.add("the ledger does not know attempt %s, which was billed".formatted(tag));
                return;
            }
            var known = requireNonNull(evidence.batches().get(batch)).twins();
            if (ids.stream().filter(id -> !known.contains(id)).count() > 1) {
                violations.add("one attempt of %s was billed as %s".formatted(batch, ids));
            }
        });
        var calls = new HashMap<String, Integer>();
        evidence.calls().forEach(content -> calls.merge(content, 1, Integer::sum));
        var billed = new HashSet<>(times.keySet());
        billed.addAll(calls.keySet());
        unbilled(billed);
        var both = times.size() + calls.size() - billed.size();
        return new Extra(
                evidence.billed().size() - times.size(), evidence.calls().size() - calls.size() + both);
    }

    private void unbilled(Set<String> billed) {
        report(
                lines.entrySet().stream()
                        .filter(entry -> evidence.answers()
                                .getOrDefault(entry.getKey(), List.of())
                                .contains(Result.Status.SUCCEEDED))
                        .filter(entry -> entry.getValue().stream().noneMatch(billed::contains))
                        .map(Map.Entry::getKey)
                        .toList(),
                "%s was answered, and nobody was paid for it");
    }

    private void report(List<?> found, String sentence) {
        found.stream().limit(EXAMPLES_MAX).forEach(each -> violations.add(sentence.formatted(each)));
        if (found.size() > EXAMPLES_MAX) {
            violations.add("… and %d more of these".formatted(found.size() - EXAMPLES_MAX));
        }
    }
}

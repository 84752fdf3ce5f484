package dev.halfrate.processor.doctor;

import dev.halfrate.processor.doctor.AccountCheck.Skew;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;

/** Whether this machine's clock is right: signatures of webhooks and the search for lost batches depend on it. */
final class ClockCheck {
    private static final Duration WARN_FROM = Duration.ofSeconds(30);
    private static final Duration FAIL_FROM = Duration.ofMinutes(5);

    private ClockCheck() {}

    /** @param skews of vendors that told their time, by account */
    static Verdict judge(Map<String, Skew> skews) {
        if (skews.isEmpty()) {
            return Verdict.skipped("no vendor has told its time");
        }
        var others = skews.entrySet().stream()
                .filter(skew -> !skew.getValue().local())
                .toList();
        var most = (others.isEmpty() ? skews.entrySet().stream().toList() : others)
                .stream()
                        .max(Comparator.comparing(
                                skew -> skew.getValue().ahead().abs()))
                        .orElseThrow();
        var ahead = most.getValue().ahead();
        if (ahead.abs().compareTo(WARN_FROM) <= 0) {
            return Verdict.ok("within %s of the vendors'".formatted(Amounts.time(WARN_FROM)));
        }
        var found = "%s behind that of account %s".formatted(Amounts.time(ahead), most.getKey());
        if (ahead.isNegative()) {
            found = "%s ahead of that of account %s".formatted(Amounts.time(ahead), most.getKey());
        }
        if (most.getValue().local()) {
            return Verdict.warn(
                    found + ", which runs on this machine",
                    "nothing, if it is a simulator: its time is its own; otherwise look at that program");
        }
        var todo = "let this machine's clock be set: timedatectl, chronyc tracking; a container has its host's clock";
        return ahead.abs().compareTo(FAIL_FROM) > 0
                ? Verdict.fail(
                        found + ": signed webhooks are refused, and lost batches may be searched for in the wrong hour",
                        todo)
                : Verdict.warn(found, todo);
    }
}

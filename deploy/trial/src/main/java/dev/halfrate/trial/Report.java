package dev.halfrate.trial;

import java.io.PrintWriter;
import java.time.Duration;

/** One line for each case as it ends, and the figures of all. Safe for use by many threads. */
final class Report {
    private final PrintWriter out;
    private final String repeat;
    private int cases;
    private int failed;
    private int faults;
    private int requests;
    private int batches;
    private int doubts;
    private int lost;
    private int answeredTwice;
    private int billedTwice;
    private int exposed;
    private Duration longestRecovery = Duration.ZERO;

    /** @param repeat the command that repeats a case whose name follows */
    Report(PrintWriter out, String repeat) {
        this.out = out;
        this.repeat = repeat;
    }

    synchronized void add(CaseRun.Outcome outcome) {
        var verdict = outcome.verdict();
        var kept = verdict.violations().isEmpty();
        cases++;
        faults += outcome.faults();
        requests += verdict.requests();
        batches += verdict.batches();
        doubts += verdict.doubts();
        lost += verdict.lost();
        answeredTwice += verdict.answeredTwice();
        billedTwice += verdict.billedTwice();
        exposed += verdict.exposed();
        if (outcome.recovered().compareTo(longestRecovery) > 0) {
            longestRecovery = outcome.recovered();
        }
        out.printf(
                "%-20s %-6s reached after %4.1f s, recovered in %4.1f s, %d requests, %d batches, %d further attempts, %d exposed and %d of them billed%s%n",
                outcome.chosen().name(),
                kept ? "ok" : "FAILED",
                seconds(outcome.reached()),
                seconds(outcome.recovered()),
                verdict.requests(),
                verdict.batches(),
                verdict.doubts(),
                verdict.exposure(),
                verdict.exposed(),
                outcome.notes().isEmpty() ? "" : "; " + outcome.notes());
        if (!kept) {
            verdict.violations().forEach(violation -> out.println("    " + violation));
            fail(outcome.chosen());
        }
        out.flush();
    }

    /** A case that could not be brought to its end. */
    synchronized void broken(Case chosen, Duration after, Exception cause) {
        cases++;
        out.printf("%-20s FAILED after %.1f s: %s%n", chosen.name(), seconds(after), cause.getMessage());
        fail(chosen);
        out.flush();
    }

    synchronized void broken(Exception cause) {
        failed++;
        out.println("FAILED: " + cause);
        out.flush();
    }

    private void fail(Case chosen) {
        failed++;
        out.println("    to repeat it: ./halfrate trial " + repeat + chosen.name());
    }

    synchronized boolean isClean() {
        return failed == 0;
    }

    synchronized void summary() {
        out.printf(
                "%d cases, %d failed; %d faults injected; %,d requests in %,d batches, %d further attempts;"
                        + " lost %d, answered twice %d, billed twice %d (beside %d that the ledger accounts for); longest recovery %.1f s%n",
                cases,
                failed,
                faults,
                requests,
                batches,
                doubts,
                lost,
                answeredTwice,
                billedTwice,
                exposed,
                seconds(longestRecovery));
        out.flush();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1_000.0;
    }
}

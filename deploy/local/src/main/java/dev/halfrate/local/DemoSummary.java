package dev.halfrate.local;

import static dev.halfrate.local.ProgressView.count;
import static dev.halfrate.local.ProgressView.number;

import dev.halfrate.processor.money.Spend;
import dev.halfrate.simulator.BillingBook;
import java.util.ArrayList;
import java.util.Locale;

/** What is said after a demo. */
final class DemoSummary {
    private DemoSummary() {}

    static String of(Demo.Outcome outcome, BillingBook.Summary billing) {
        var progress = outcome.progress();
        var text = new StringBuilder();
        row(text, "requests", count(outcome.verdict().lines(), "line", "lines") + " sent");
        outcome.statuses()
                .forEach((status, results) ->
                        row(text, status.name().toLowerCase(Locale.ROOT), count(results, "result", "results")));
        if (progress.deadLetters() > 0) {
            row(text, "dead letters", number(progress.deadLetters()));
        }
        if (outcome.verdict().absorbed() > 0) {
            row(
                    text,
                    "repeated",
                    count(outcome.verdict().absorbed(), "line", "lines")
                            + " with the custom_id and content of another one, answered by its result");
        }
        row(text, "batches", count(outcome.batches().count(), "batch", "batches"));
        var spend = outcome.batches().spend();
        var usage = spend.usage();
        row(text, "tokens", "%s in, %s out".formatted(number(usage.inputTokens()), number(usage.outputTokens())));
        row(text, "cost", cost(spend));
        row(text, "time", "%.1f s".formatted(progress.elapsed().toMillis() / 1_000.0));
        row(text, "billed", billed(billing));
        return text.toString();
    }

    /** The one line that says why the demo did not succeed, or a few if there are examples. */
    static String failure(Demo.Outcome outcome, int stallSeconds) {
        var verdict = outcome.verdict();
        var lines = new ArrayList<String>();
        if (outcome.finished()) {
            lines.add(count(verdict.surplus(), "answer", "answers") + " too many");
        } else {
            lines.add("nothing moved for %d s; %s missing, %s too many, %s read, %s not settled"
                    .formatted(
                            stallSeconds,
                            count(verdict.missing(), "answer", "answers"),
                            number(verdict.surplus()),
                            number(outcome.progress().read()) + " of "
                                    + count(outcome.progress().total(), "line", "lines"),
                            count(outcome.batches().unsettled().size(), "batch", "batches")));
            outcome.batches().unsettled().stream()
                    .limit(LineAudit.EXAMPLES_MAX)
                    .map(batch -> "  batch %s is %s %s".formatted(batch.batchId(), batch.state(), batch.reason()))
                    .map(String::stripTrailing)
                    .forEach(lines::add);
        }
        verdict.examples().forEach(example -> lines.add("  " + example));
        return String.join(System.lineSeparator(), lines);
    }

    private static String cost(Spend spend) {
        var cost = spend.cost();
        var known = "$%s, at once it would have been $%s".formatted(cost.paid(), cost.synchronous());
        return spend.unpricedTokens() == 0
                ? known
                : known + "; %s tokens of models without a price".formatted(number(spend.unpricedTokens()));
    }

    private static String billed(BillingBook.Summary billing) {
        var lines = count(billing.linesBilled(), "line", "lines");
        var again = billing.contentsBilledMoreThanOnce();
        return again == 0
                ? lines + ", none twice"
                : "%s, %s more than once".formatted(lines, count(again, "content", "contents"));
    }

    private static void row(StringBuilder text, String label, String value) {
        text.append("  %-13s %s%n".formatted(label, value));
    }
}

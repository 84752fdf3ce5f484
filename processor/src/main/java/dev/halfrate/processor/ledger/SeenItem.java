package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.output.Judgement;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.ResultLine;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What was learned about one item, with all that its result needs.
 *
 * @param httpStatus of the vendor's answer, 0 if there was none
 * @param body the vendor's JSON, null if there was none
 * @param output what a rule for its result has taken out of the body; null for nothing
 * @param failure null if it succeeded
 */
public record SeenItem(
        ManifestItem item,
        ItemReport.Finding finding,
        Spend spend,
        int httpStatus,
        byte @Nullable [] body,
        Result.@Nullable Output output,
        Result.@Nullable Failure failure) {

    /** Learned without an answer of the vendor. */
    static SeenItem without(ManifestItem item, ItemReport.Finding finding, String code, String message) {
        var permanent = switch (finding) {
            case FAILED_FOR_GOOD, BODY_GONE -> true;
            case SUCCEEDED,
                    FAILED_FOR_NOW,
                    NOT_EXECUTED_EXPIRED,
                    NOT_EXECUTED_CANCELLED,
                    MISSING,
                    NO_ANSWER,
                    NOT_TAKEN,
                    WITHDRAWN -> false;
        };
        return new SeenItem(item, finding, Spend.NONE, 0, null, null, new Result.Failure(code, message, permanent));
    }

    /** @param price of its usage, empty if nobody knows it */
    static SeenItem answered(ManifestItem item, ResultLine.Answered line, Function<Usage, Optional<Cost>> price) {
        var error = line.error();
        var usage = line.usage();
        var spend = usage == null ? Spend.NONE : Spend.of(item.ref().getLineBytes(), usage, price.apply(usage));
        return error == null
                ? new SeenItem(item, ItemReport.Finding.SUCCEEDED, spend, line.httpStatus(), line.body(), null, null)
                : new SeenItem(
                        item,
                        error.permanent() ? ItemReport.Finding.FAILED_FOR_GOOD : ItemReport.Finding.FAILED_FOR_NOW,
                        spend,
                        line.httpStatus(),
                        line.body(),
                        null,
                        failure(error));
    }

    /** The same after a look at whether it answers as it should; what does not may be asked for again. */
    SeenItem judged(OutputRules rules, String endpoint) {
        if (finding != ItemReport.Finding.SUCCEEDED || body == null) {
            return this;
        }
        return switch (rules.judge(item.ref().getResultRule(), endpoint, body)) {
            case Judgement.Good(var taken) -> new SeenItem(item, finding, spend, httpStatus, body, taken, null);
            case Judgement.Bad(var message, var retriesMax) -> {
                var again = item.ref().getAttempts() < retriesMax;
                yield new SeenItem(
                        item,
                        again ? ItemReport.Finding.FAILED_FOR_NOW : ItemReport.Finding.FAILED_FOR_GOOD,
                        spend,
                        httpStatus,
                        body,
                        null,
                        new Result.Failure("output_invalid", message, false));
            }
        };
    }

    /** It was paid for, and would be again. */
    static SeenItem tooLong(ManifestItem item, long bytes) {
        return without(
                item,
                ItemReport.Finding.FAILED_FOR_GOOD,
                "result_too_large",
                "the vendor's answer is a line of %d bytes, too many to be read: ask for less".formatted(bytes));
    }

    static Result.Failure failure(ResultLine.LineError error) {
        return new Result.Failure(error.code(), error.message(), error.permanent());
    }

    ItemReport report(Instant now) {
        var ref = item.ref();
        return new ItemReport(
                item.item(), finding, ref.getAttempts(), ref.getMissing(), item.lifeOver(now), ref.getTag(), spend);
    }
}

package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.money.Spend;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was learned about one item, with all that its result needs.
 *
 * @param httpStatus of the vendor's answer, 0 if there was none
 * @param body the vendor's JSON, null if there was none
 * @param failure null if it succeeded
 */
public record SeenItem(
        ManifestItem item,
        ItemReport.Finding finding,
        Spend spend,
        int httpStatus,
        byte @Nullable [] body,
        Result.@Nullable Failure failure) {

    /** Learned without an answer of the vendor. */
    static SeenItem without(ManifestItem item, ItemReport.Finding finding, String code, String message) {
        var permanent = switch (finding) {
            case FAILED_FOR_GOOD, BODY_GONE -> true;
            case SUCCEEDED, FAILED_FOR_NOW, NOT_EXECUTED_EXPIRED, NOT_EXECUTED_CANCELLED, MISSING -> false;
        };
        return new SeenItem(item, finding, Spend.NONE, 0, null, new Result.Failure(code, message, permanent));
    }

    ItemReport report(Instant now) {
        var ref = item.ref();
        return new ItemReport(
                item.item(), finding, ref.getAttempts(), ref.getMissing(), item.lifeOver(now), ref.getTag(), spend);
    }
}

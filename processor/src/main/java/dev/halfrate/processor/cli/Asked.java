package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Commands;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for, as --json prints it. Whether anything came of it shows in the status, and on the topics.
 *
 * @param by who asked
 * @param wishId of the wish, as the audit topic has it
 * @param requests how many are meant, null where that is not known
 */
record Asked(
        String action,
        String by,
        String wishId,
        @Nullable String account,
        @Nullable String lane,
        @Nullable String batchId,
        @Nullable String topic,
        @Nullable Integer requests,
        @Nullable String resolution) {

    static Asked ofLanes(String action, Commands.Wish wish, String account, String lane) {
        return new Asked(action, wish.by(), wish.id(), none(account), none(lane), null, null, null, null);
    }

    static Asked ofBatch(String action, Commands.Wish wish, String batchId, @Nullable String resolution) {
        return new Asked(action, wish.by(), wish.id(), null, null, batchId, null, null, resolution);
    }

    /** These are told by records that anybody may write, without an auditor. */
    static Asked ofRequests(String topic, String account, int requests) {
        return new Asked("cancel", Operator.name(), "", none(account), null, null, topic, requests, null);
    }

    private static @Nullable String none(String text) {
        return text.isEmpty() ? null : text;
    }
}

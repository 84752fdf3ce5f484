package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch on the wire. */
record BatchObject(
        String id,
        String object,
        String endpoint,
        @Nullable String model,
        @Nullable Errors errors,
        @Nullable String inputFileId,
        String completionWindow,
        String status,
        @Nullable String outputFileId,
        @Nullable String errorFileId,
        long createdAt,
        @Nullable Long inProgressAt,
        @Nullable Long expiresAt,
        @Nullable Long finalizingAt,
        @Nullable Long completedAt,
        @Nullable Long failedAt,
        @Nullable Long expiredAt,
        @Nullable Long cancellingAt,
        @Nullable Long cancelledAt,
        RequestCounts requestCounts,
        BatchUsage usage,
        @Nullable JsonNode metadata) {

    record Errors(String object, List<BatchError> data) {}

    record RequestCounts(int total, int completed, int failed) {

        static final RequestCounts NONE = new RequestCounts(0, 0, 0);
    }

    record BatchUsage(
            long inputTokens,
            InputTokensDetails inputTokensDetails,
            long outputTokens,
            OutputTokensDetails outputTokensDetails,
            long totalTokens) {

        record InputTokensDetails(long cachedTokens) {}

        record OutputTokensDetails(long reasoningTokens) {}

        static BatchUsage of(Usage usage) {
            return new BatchUsage(
                    usage.inputTokens(),
                    new InputTokensDetails(usage.cacheRead()),
                    usage.outputTokens(),
                    new OutputTokensDetails(0),
                    usage.inputTokens() + usage.outputTokens());
        }
    }
}

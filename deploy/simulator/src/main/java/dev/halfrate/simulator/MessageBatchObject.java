package dev.halfrate.simulator;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One of Anthropic's batches on the wire. */
record MessageBatchObject(
        String id,
        String type,
        String processingStatus,
        RequestCounts requestCounts,
        @Nullable String endedAt,
        @Nullable String createdAt,
        @Nullable String expiresAt,
        @Nullable String archivedAt,
        @Nullable String cancelInitiatedAt,
        @Nullable String resultsUrl) {

    private static final DateTimeFormatter MICROSECONDS = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    record RequestCounts(int processing, int succeeded, int errored, int canceled, int expired) {}

    record Deleted(String id, String type) {}

    record Page(
            List<MessageBatchObject> data,
            boolean hasMore,
            @Nullable String firstId,
            @Nullable String lastId) {}

    static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : MICROSECONDS.format(time);
    }
}

package dev.halfrate.processor.provider.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.Counts;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.http.HttpCalls;
import dev.halfrate.processor.provider.http.Json;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/** Reads batch objects: whatever is missing, null or unheard of does not keep the rest from being read. */
final class MessageBatches {
    private static final Pattern STATUS = Pattern.compile("[A-Za-z_ -]{1,64}");

    private MessageBatches() {}

    /** @return empty if it is no batch object or has no usable id */
    static Optional<RemoteBatch> parse(JsonNode batch) {
        var id = Json.text(batch, "id");
        if (id == null || !HttpCalls.isSegment(id)) {
            return Optional.empty();
        }
        var vendorStatus = batch.path("processing_status").asText("");
        var status = status(vendorStatus);
        return Optional.of(new RemoteBatch(
                id,
                status,
                STATUS.matcher(vendorStatus).matches() ? vendorStatus : "unreadable",
                null,
                status == Status.COMPLETED ? id : null,
                null,
                counts(batch.path("request_counts")),
                List.of()));
    }

    /** A batch only ever ends; what expired or was cancelled in it, its rows say. */
    private static Status status(String word) {
        return switch (word) {
            case "in_progress" -> Status.IN_PROGRESS;
            case "canceling" -> Status.CANCELLING;
            case "ended" -> Status.COMPLETED;
            default -> Status.UNKNOWN;
        };
    }

    /** Every request is in exactly one of the counts at any time. */
    private static Counts counts(JsonNode counts) {
        var succeeded = counts.path("succeeded").asInt();
        var errored = counts.path("errored").asInt();
        var total = LongStream.of(
                        counts.path("processing").asInt(),
                        succeeded,
                        errored,
                        counts.path("canceled").asInt(),
                        counts.path("expired").asInt())
                .sum();
        return new Counts((int) Math.min(total, Integer.MAX_VALUE), succeeded, errored);
    }
}

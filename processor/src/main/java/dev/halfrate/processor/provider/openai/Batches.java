package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.BatchError;
import dev.halfrate.processor.provider.RemoteBatch.Counts;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.http.HttpCalls;
import dev.halfrate.processor.provider.http.Json;
import dev.halfrate.processor.provider.http.Refusals;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads batch objects: whatever is missing, null, empty or unheard of does not keep the rest from being read. */
final class Batches {
    private static final Pattern STATUS = Pattern.compile("[A-Za-z_ -]{1,64}");

    private Batches() {}

    /** @return empty if it is no batch object or has no usable id */
    static Optional<RemoteBatch> parse(JsonNode batch) {
        var id = Json.text(batch, "id");
        if (id == null || !HttpCalls.isSegment(id)) {
            return Optional.empty();
        }
        var vendorStatus = batch.path("status").asText("");
        return Optional.of(new RemoteBatch(
                id,
                status(vendorStatus),
                STATUS.matcher(vendorStatus).matches() ? vendorStatus : "unreadable",
                Json.text(batch, "input_file_id"),
                Json.text(batch, "output_file_id"),
                Json.text(batch, "error_file_id"),
                counts(batch.path("request_counts")),
                errors(batch)));
    }

    /** Some servers write InProgress, some canceled. */
    private static Status status(String word) {
        return switch (word.toLowerCase(Locale.ROOT).replace("_", "")) {
            case "validating", "pending", "queued" -> Status.VALIDATING;
            case "inprogress" -> Status.IN_PROGRESS;
            case "finalizing" -> Status.FINALIZING;
            case "cancelling", "canceling" -> Status.CANCELLING;
            case "completed" -> Status.COMPLETED;
            case "failed" -> Status.FAILED;
            case "expired" -> Status.EXPIRED;
            case "cancelled", "canceled" -> Status.CANCELLED;
            default -> Status.UNKNOWN;
        };
    }

    private static Counts counts(JsonNode counts) {
        return new Counts(
                counts.path("total").asInt(),
                counts.path("completed").asInt(),
                counts.path("failed").asInt());
    }

    /** Gateways have one error object instead of a list. */
    private static List<BatchError> errors(JsonNode batch) {
        var list = batch.path("errors").path("data");
        var single = batch.path("error");
        var errors = new ArrayList<BatchError>();
        for (var error : list.isEmpty() && single.isObject() ? List.of(single) : list) {
            var code = Refusals.code(error, "code");
            var line = error.path("line");
            errors.add(new BatchError(
                    kind(error),
                    code == null ? "unknown" : code,
                    message(code, error),
                    line.isIntegralNumber() && line.canConvertToInt() && line.intValue() > 0 ? line.intValue() : null,
                    Refusals.limitTokens(error)));
        }
        return errors;
    }

    private static Kind kind(JsonNode error) {
        var param = error.path("param").asText("");
        if (param.equals("file_id") || param.equals("input_file_id")) {
            return Kind.NOT_FOUND;
        }
        return ErrorCodes.kindOf(error).orElse(Kind.BAD_REQUEST);
    }

    /** Our words for the codes we know: the vendor's may quote the line. */
    private static String message(@Nullable String code, JsonNode error) {
        return switch (code) {
            case "invalid_json_line" -> "the line is not valid JSON";
            case "missing_required_parameter" -> "the line lacks a required parameter";
            case "duplicate_custom_id" -> "the line's custom_id stands on another line too";
            case "mismatched_model", "model_mismatch" -> "the line names another model than the file's first";
            case "invalid_url", "url_mismatch" -> "the line's url is not the batch's endpoint";
            case "model_not_found" -> "the model is unknown or cannot be batched";
            case "invalid_request" -> "the vendor's validation refused it";
            case "streaming_unsupported" -> "the line asks for streaming";
            case "token_limit_exceeded" -> "the limit of enqueued tokens is reached" + tokenLimit(error);
            case "empty_file" -> "the file is empty";
            case "too_many_tasks" -> "the file has too many lines";
            case null -> "the vendor named no code";
            default -> code;
        };
    }

    private static String tokenLimit(JsonNode error) {
        var limit = Refusals.limitTokens(error);
        return limit == 0 ? "" : String.format(Locale.ROOT, " (%,d)", limit);
    }
}

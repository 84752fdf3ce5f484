package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a batch create asks for, checked as far as the vendor does before it answers.
 *
 * @param inputFileId empty where lines come with the create
 * @param window how long the batch may take
 * @param windowName the same as it was written
 * @param model of lines that name none; null if they have to
 */
record BatchRequest(
        Dialect dialect,
        String inputFileId,
        Endpoint endpoint,
        Duration window,
        String windowName,
        @Nullable JsonNode metadata,
        Duration outputLife,
        @Nullable String model) {

    private static final int METADATA_PAIRS_MAX = 16;
    private static final int METADATA_KEY_LENGTH_MAX = 64;
    private static final int METADATA_VALUE_LENGTH_MAX = 512;

    /** @param body the create without its lines, if it had any */
    static BatchRequest parse(JsonNode body, Dialect dialect) {
        String inputFileId = dialect.inline() ? "" : requiredText(body, "input_file_id");
        String path = requiredText(body, "endpoint");
        Endpoint endpoint = dialect.endpoint(path)
                .orElseThrow(
                        () -> RefusedException.badRequest(OpenAiError.notOneOf("endpoint", path, dialect.endpoints())));
        String window = dialect == Dialect.OPENROUTER && !body.has("completion_window")
                ? "24h"
                : requiredText(body, "completion_window");
        Duration life = dialect.window(window)
                .orElseThrow(() -> RefusedException.badRequest(
                        OpenAiError.notOneOf("completion_window", window, dialect.windows())));
        return new BatchRequest(
                dialect,
                inputFileId,
                endpoint,
                life,
                window,
                dialect.takesAnyMetadata() ? anyMetadata(body.path("metadata")) : metadata(body.path("metadata")),
                outputLife(body.path("output_expires_after"), dialect),
                body.path("model").textValue());
    }

    private static String requiredText(JsonNode body, String param) {
        JsonNode value = body.path(param);
        if (value.isMissingNode() || value.isNull()) {
            throw RefusedException.badRequest(OpenAiError.missing(param));
        }
        if (!value.isTextual()) {
            throw RefusedException.badRequest(OpenAiError.wrongType(param, "a string", value.asToken()));
        }
        return value.textValue();
    }

    private static @Nullable JsonNode anyMetadata(JsonNode metadata) {
        if (metadata.isMissingNode() || metadata.isNull()) {
            return null;
        }
        if (!metadata.isObject()) {
            throw RefusedException.badRequest(OpenAiError.wrongType("metadata", "an object", metadata.asToken()));
        }
        return metadata;
    }

    private static @Nullable JsonNode metadata(JsonNode given) {
        JsonNode metadata = anyMetadata(given);
        if (metadata == null) {
            return null;
        }
        if (metadata.size() > METADATA_PAIRS_MAX) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Invalid 'metadata': too many properties. Expected an object with at most %d properties, but got an object with %d properties instead."
                            .formatted(METADATA_PAIRS_MAX, metadata.size()),
                    "metadata",
                    "object_above_max_properties"));
        }
        for (Map.Entry<String, JsonNode> pair : metadata.properties()) {
            String param = "metadata." + pair.getKey();
            JsonNode value = pair.getValue();
            if (!value.isTextual()) {
                throw RefusedException.badRequest(OpenAiError.wrongType(param, "a string", value.asToken()));
            }
            requireLength("metadata", pair.getKey(), METADATA_KEY_LENGTH_MAX);
            requireLength(param, value.textValue(), METADATA_VALUE_LENGTH_MAX);
        }
        return metadata;
    }

    private static void requireLength(String param, String text, int max) {
        int length = text.codePointCount(0, text.length());
        if (length > max) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Invalid '%s': string too long. Expected a string with maximum length %d, but got a string with length %d instead."
                            .formatted(param, max, length),
                    param,
                    "string_above_max_length"));
        }
    }

    private static Duration outputLife(JsonNode expiresAfter, Dialect dialect) {
        if (expiresAfter.isMissingNode() || expiresAfter.isNull()) {
            return FileStore.BATCH_FILE_LIFE;
        }
        JsonNode seconds = expiresAfter.path("seconds");
        if (!seconds.isMissingNode() && !seconds.isIntegralNumber()) {
            throw RefusedException.badRequest(
                    OpenAiError.wrongType("output_expires_after.seconds", "an integer", seconds.asToken()));
        }
        return ExpiresAfter.parse(
                "output_expires_after",
                dialect.fileLife(),
                expiresAfter.path("anchor").textValue(),
                seconds.isMissingNode() ? null : seconds.asText());
    }
}

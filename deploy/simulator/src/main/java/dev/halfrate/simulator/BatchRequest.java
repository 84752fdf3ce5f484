package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a batch create asks for, checked as far as the vendor does before it answers. */
record BatchRequest(
        String inputFileId, Endpoint endpoint, @Nullable Map<String, String> metadata, Duration outputLife) {

    static final String COMPLETION_WINDOW = "24h";

    private static final int METADATA_PAIRS_MAX = 16;
    private static final int METADATA_KEY_LENGTH_MAX = 64;
    private static final int METADATA_VALUE_LENGTH_MAX = 512;

    static BatchRequest parse(JsonNode body) {
        String inputFileId = requiredText(body, "input_file_id");
        String path = requiredText(body, "endpoint");
        Endpoint endpoint = Endpoint.of(path)
                .orElseThrow(
                        () -> RefusedException.badRequest(OpenAiError.notOneOf("endpoint", path, Endpoint.paths())));
        String window = requiredText(body, "completion_window");
        if (!window.equals(COMPLETION_WINDOW)) {
            throw RefusedException.badRequest(
                    OpenAiError.notOneOf("completion_window", window, List.of(COMPLETION_WINDOW)));
        }
        return new BatchRequest(
                inputFileId, endpoint, metadata(body.path("metadata")), outputLife(body.path("output_expires_after")));
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

    private static @Nullable Map<String, String> metadata(JsonNode metadata) {
        if (metadata.isMissingNode() || metadata.isNull()) {
            return null;
        }
        if (!metadata.isObject()) {
            throw RefusedException.badRequest(OpenAiError.wrongType("metadata", "an object", metadata.asToken()));
        }
        if (metadata.size() > METADATA_PAIRS_MAX) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Invalid 'metadata': too many properties. Expected an object with at most %d properties, but got an object with %d properties instead."
                            .formatted(METADATA_PAIRS_MAX, metadata.size()),
                    "metadata",
                    "object_above_max_properties"));
        }
        Map<String, String> checked = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> pair : metadata.properties()) {
            String param = "metadata." + pair.getKey();
            JsonNode value = pair.getValue();
            if (!value.isTextual()) {
                throw RefusedException.badRequest(OpenAiError.wrongType(param, "a string", value.asToken()));
            }
            requireLength("metadata", pair.getKey(), METADATA_KEY_LENGTH_MAX);
            requireLength(param, value.textValue(), METADATA_VALUE_LENGTH_MAX);
            checked.put(pair.getKey(), value.textValue());
        }
        return checked;
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

    private static Duration outputLife(JsonNode expiresAfter) {
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
                expiresAfter.path("anchor").textValue(),
                seconds.isMissingNode() ? null : seconds.asText());
    }
}

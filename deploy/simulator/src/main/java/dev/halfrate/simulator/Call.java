package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Optional;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/**
 * One API call on its way to the code that answers it.
 *
 * @param account who is calling: a short hash of the API key, empty where none is needed
 * @param id the part of the path that its route leaves open, or empty
 */
record Call(Request request, String account, String id) {

    private static final int JSON_BYTES_MAX = 1 << 20;

    Optional<String> query(String name) {
        Fields query = Request.extractQueryParameters(request);
        return Optional.ofNullable(query.getValue(name));
    }

    int limit(int max, int otherwise) {
        return query("limit")
                .map(text -> (int) ParameterRange.integers(1, max).parse("limit", text))
                .orElse(otherwise);
    }

    @Nullable
    String after() {
        return query("after").orElse(null);
    }

    JsonNode json() throws IOException {
        byte[] bytes = Content.Source.asInputStream(request).readNBytes(JSON_BYTES_MAX + 1);
        if (bytes.length > JSON_BYTES_MAX) {
            throw new RefusedException(
                    413, OpenAiError.invalidRequest("The body of your request is too large.", null, null));
        }
        try {
            JsonNode body = Json.MAPPER.readTree(bytes);
            if (body.isObject()) {
                return body;
            }
            throw notParsed();
        } catch (JacksonException _) {
            throw notParsed();
        }
    }

    private static RefusedException notParsed() {
        return RefusedException.badRequest(OpenAiError.invalidRequest(
                "We could not parse the JSON body of your request. The API expects a JSON object.", null, null));
    }
}

package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/**
 * One API call on its way to the code that answers it.
 *
 * @param account who is calling: a short hash of the API key, empty where none is needed
 * @param requestId what its answer is called
 * @param answerHeaders go out with the answer, also with a refusal
 * @param id the part of the path that its route leaves open, or empty
 */
record Call(Request request, String account, String requestId, HttpFields.Mutable answerHeaders, String id) {

    private static final int JSON_BYTES_MAX = 1 << 20;
    private static final int BUFFER_BYTES = 64 * 1024;

    Optional<String> query(String name) {
        Fields query = Request.extractQueryParameters(request);
        return Optional.ofNullable(query.getValue(name));
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
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
        byte[] bytes = bytes(JSON_BYTES_MAX);
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

    /** The whole body, exactly as it was sent. */
    byte[] bytes(int bytesMax) throws IOException {
        byte[] bytes = Content.Source.asInputStream(request).readNBytes(bytesMax + 1);
        if (bytes.length > bytesMax) {
            throw tooLarge();
        }
        return bytes;
    }

    /** Writes the body to a file, a little at a time. */
    void storeBody(Path file, long bytesMax) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long left = bytesMax;
        try (InputStream in = Content.Source.asInputStream(request);
                OutputStream out = Files.newOutputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                left -= read;
                if (left < 0) {
                    throw tooLarge();
                }
                out.write(buffer, 0, read);
            }
        }
    }

    private static RefusedException tooLarge() {
        return new RefusedException(
                413, OpenAiError.invalidRequest("The body of your request is too large.", null, null));
    }

    static RefusedException notParsed() {
        return RefusedException.badRequest(OpenAiError.invalidRequest(
                "We could not parse the JSON body of your request. The API expects a JSON object.", null, null));
    }
}

package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a test asks of the simulator as any of its HTTP clients could. */
final class SimulatorApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonFactory TOKENS = new JsonFactory();

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI baseUrl;

    SimulatorApi(URI baseUrl) {
        this.baseUrl = baseUrl;
    }

    /** An executed line: both bodies byte for byte. */
    record Exchange(String requestBody, String responseBody) {}

    /** @return of all batches, from the very files that were uploaded and can be downloaded */
    List<Exchange> exchanges() throws IOException, InterruptedException {
        var exchanges = new ArrayList<Exchange>();
        for (var batch : batches()) {
            var requests = bodies(file(batch.path("input_file_id").asText()), List.of("body"));
            var responses = bodies(file(batch.path("output_file_id").asText()), List.of("response", "body"));
            responses.forEach((id, response) ->
                    exchanges.add(new Exchange(Objects.requireNonNull(requests.get(id), id), response)));
        }
        return exchanges;
    }

    /** @return how often each content was billed */
    Map<String, Integer> timesBilled() throws IOException, InterruptedException {
        var times = new HashMap<String, Integer>();
        for (var line : get(baseUrl.resolve("/control/billing/entries")).lines().toList()) {
            times.merge(JSON.readTree(line).path("content").asText(), 1, Integer::sum);
        }
        return times;
    }

    /** @return of all lines that were billed */
    long inputTokens() throws IOException, InterruptedException {
        var tokens = 0L;
        for (var line : get(baseUrl.resolve("/control/billing/entries")).lines().toList()) {
            tokens += JSON.readTree(line).findValue("input_tokens").asLong();
        }
        return tokens;
    }

    /** @param limits of what an account may have */
    void limit(String limits) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(baseUrl.resolve("/control/limits"))
                .PUT(HttpRequest.BodyPublishers.ofString(limits))
                .build();
        var response = http.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
        if (response.statusCode() != 200) {
            throw new AssertionError("%d: %s".formatted(response.statusCode(), response.body()));
        }
    }

    /** @return of all kinds, newest first */
    List<JsonNode> batches() throws IOException, InterruptedException {
        var batches = new ArrayList<JsonNode>();
        var after = "";
        while (true) {
            var page = JSON.readTree(get(URI.create(baseUrl + "/batches?limit=100" + after)));
            page.path("data").forEach(batches::add);
            if (!page.path("has_more").asBoolean()) {
                return batches;
            }
            after = "&after=" + page.path("last_id").asText();
        }
    }

    private String file(String id) throws IOException, InterruptedException {
        return get(URI.create(baseUrl + "/files/" + id + "/content"));
    }

    private String get(URI uri) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer local")
                .build();
        var response = http.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
        if (response.statusCode() != 200) {
            throw new AssertionError("%s answered %d: %s".formatted(uri, response.statusCode(), response.body()));
        }
        return response.body();
    }

    private static Map<String, String> bodies(String lines, List<String> path) throws IOException {
        var bodies = new HashMap<String, String>();
        for (var line : lines.lines().toList()) {
            bodies.put(JSON.readTree(line).path("custom_id").asText(), raw(line.getBytes(UTF_8), path));
        }
        return bodies;
    }

    /** @return the bytes of the value under {@code path}, untouched by any parser */
    static String raw(byte[] json, List<String> path) throws IOException {
        var names = new ArrayList<>(path);
        try (var parser = TOKENS.createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var wanted = parser.currentName().equals(names.getFirst());
                var first = parser.nextToken();
                if (wanted && names.size() > 1 && first == JsonToken.START_OBJECT) {
                    names.removeFirst();
                } else if (wanted) {
                    var from = (int) parser.currentTokenLocation().getByteOffset();
                    parser.skipChildren();
                    var until = (int) parser.currentLocation().getByteOffset();
                    return new String(Arrays.copyOfRange(json, from, until), UTF_8);
                } else {
                    parser.skipChildren();
                }
            }
        }
        throw new AssertionError("nothing under " + path);
    }
}

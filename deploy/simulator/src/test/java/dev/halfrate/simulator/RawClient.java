package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Plain HTTP against a simulator, for what the vendor's client hides or cannot send. */
final class RawClient implements AutoCloseable {

    static final String BOUNDARY = "----boundary";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI base;
    private final String key;

    RawClient(URI baseUrl, String key) {
        this.base = baseUrl.resolve("/");
        this.key = key;
    }

    record Answer(int status, HttpResponse<byte[]> response) {

        String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        JsonNode json() {
            try {
                return Json.MAPPER.readTree(response.body());
            } catch (IOException e) {
                throw new AssertionError(text(), e);
            }
        }

        String header(String name) {
            return response.headers().firstValue(name).orElseThrow();
        }

        String error(String field) {
            return json().at("/error/" + field).asText();
        }
    }

    Answer get(String path) {
        return send("GET", path, BodyPublishers.noBody());
    }

    Answer post(String path, String json) {
        return send("POST", path, BodyPublishers.ofString(json), "Content-Type", "application/json");
    }

    Answer send(String method, String path, BodyPublisher body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).method(method, body);
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), response);
        } catch (IOException e) {
            throw new AssertionError(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(method + " " + path, e);
        }
    }

    /** A field of a form. */
    static String field(String name, String value) {
        return "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n".formatted(BOUNDARY, name, value);
    }

    static String filePart(String filename, String content) {
        return "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                        .formatted(BOUNDARY, filename)
                + "Content-Type: application/octet-stream\r\n\r\n%s\r\n".formatted(content);
    }

    /** Sent with a Content-Length. */
    Answer postForm(String... parts) {
        return form(BodyPublishers.ofString(String.join("", parts) + "--" + BOUNDARY + "--\r\n"));
    }

    /** Sent in chunks. */
    Answer postFormInChunks(String... parts) {
        byte[] form = (String.join("", parts) + "--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8);
        return form(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(form)));
    }

    Answer form(BodyPublisher body) {
        return send("POST", "/v1/files", body, "Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
    }

    /** Uploads a batch's input, and returns the file's id. */
    String upload(String lines) {
        Answer answer = postForm(field("purpose", "batch"), filePart("input.jsonl", lines));
        return answer.json().path("id").textValue();
    }

    /** Creates a batch, and returns its id. */
    String create(String fileId, String endpoint) {
        return post(
                        "/v1/batches",
                        "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                                .formatted(fileId, endpoint))
                .json()
                .path("id")
                .textValue();
    }

    JsonNode batch(String id) {
        return get("/v1/batches/" + id).json();
    }

    /** A batch's results: of its output file or of its error file. */
    ResultLines results(String batchId, String handle) {
        String fileId = batch(batchId).path(handle).textValue();
        return fileId == null
                ? new ResultLines(List.of(), List.of())
                : ResultLines.parse(get("/v1/files/" + fileId + "/content").text());
    }

    @Override
    public void close() {
        http.close();
    }
}

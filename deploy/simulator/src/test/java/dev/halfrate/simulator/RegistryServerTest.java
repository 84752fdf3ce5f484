package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryServerTest {
    private static final String ONE = record("");
    private static final String OPTIONAL =
            record(",{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"int\\\",\\\"default\\\":0}");
    private static final String REQUIRED = record(",{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"int\\\"}");

    @TempDir
    Path directory;

    /** @return a request with a schema, as JSON in JSON */
    private static String record(String moreFields) {
        return """
                {"schema": "{\\"type\\":\\"record\\",\\"name\\":\\"R\\",\\"fields\\":[{\\"name\\":\\"a\\",\\"type\\":\\"string\\"}%s]}"}""".formatted(moreFields);
    }

    private static HttpResponse<String> send(RegistryServer server, String method, String path, String body)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(server.url().resolve(path))
                    .method(method, BodyPublishers.ofString(body))
                    .build();
            return http.send(request, BodyHandlers.ofString());
        }
    }

    private static int register(RegistryServer server, String subject, String body) throws Exception {
        return send(server, "POST", "/subjects/" + subject + "/versions", body).statusCode();
    }

    @Test
    void aSubjectTakesOnlyWhatReadsItsLastVersion() throws Exception {
        try (var server = RegistryServer.start(0)) {
            assertThat(register(server, "s", ONE)).isEqualTo(200);
            assertThat(register(server, "s", REQUIRED)).isEqualTo(409);
            assertThat(register(server, "s", OPTIONAL)).isEqualTo(200);
            assertThat(send(server, "GET", "/subjects/s/versions", "").body()).isEqualTo("[1,2]");
            assertThat(send(server, "POST", "/compatibility/subjects/s/versions/latest", REQUIRED)
                            .body())
                    .isEqualTo("{\"is_compatible\":true}");

            assertThat(send(server, "PUT", "/config/s", "{\"compatibility\": \"NONE\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(register(server, "s", "{\"schema\": \"\\\"int\\\"\"}")).isEqualTo(200);
        }
    }

    @Test
    void whatItDoesNotHaveOrUnderstandItSaysInConfluentsCodes() throws Exception {
        try (var server = RegistryServer.start(0)) {
            assertThat(send(server, "GET", "/schemas/ids/7", "").body()).contains("40403");
            assertThat(send(server, "GET", "/subjects/none/versions", "").body())
                    .contains("40401");
            assertThat(send(server, "POST", "/subjects/s/versions", "{\"schema\": \"{}\"}")
                            .body())
                    .contains("42201");
            assertThat(send(server, "GET", "/schemas/ids/x", "").statusCode()).isEqualTo(422);
            assertThat(send(server, "POST", "/subjects/s/versions", "{").statusCode())
                    .isEqualTo(400);
            assertThat(send(server, "GET", "/nothing", "").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void idsAreTheSameAfterARestartWithItsJournal() throws Exception {
        var journal = directory.resolve("registry.jsonl");
        try (var server = RegistryServer.start(0, journal)) {
            register(server, "s", ONE);
            register(server, "s", OPTIONAL);
            register(server, "t", ONE);
        }
        try (var server = RegistryServer.start(0, journal)) {
            assertThat(send(server, "GET", "/schemas/ids/2", "").body()).contains("default");
            assertThat(send(server, "POST", "/subjects/t/versions", ONE).body()).isEqualTo("{\"id\":1}");
            assertThat(send(server, "GET", "/subjects", "").body()).isEqualTo("[\"s\",\"t\"]");
        }
    }
}

package dev.halfrate.processor;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** With Apicurio Registry, a server of somebody else's that speaks Confluent's interface, in a process of its own. */
@Tag("long")
class ApicurioIT extends ConfluentContract {
    private static final Duration UP_WITHIN = Duration.ofMinutes(2);

    @SuppressWarnings("NullAway.Init")
    private static Process process;

    @SuppressWarnings("NullAway.Init")
    private static URI url;

    @BeforeAll
    static void start() throws IOException {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        url = URI.create("http://localhost:%d/apis/ccompat/v7".formatted(port));
        var home = home();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "-Dquarkus.http.port=" + port,
                        "-jar",
                        "quarkus-run.jar")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        Path.of("target", "apicurio.log").toAbsolutePath().toFile())
                .start();
        try (var http = HttpClient.newHttpClient()) {
            await().atMost(UP_WITHIN)
                    .ignoreExceptions()
                    .until(() -> http.send(
                                            HttpRequest.newBuilder(URI.create(url + "/subjects"))
                                                    .build(),
                                            BodyHandlers.discarding())
                                    .statusCode()
                            == 200);
        }
    }

    /** Wherever the archive has it. */
    private static Path home() throws IOException {
        try (var files = Files.walk(Path.of("target", "apicurio"))) {
            return files.filter(file -> file.endsWith("quarkus-run.jar"))
                    .findFirst()
                    .map(Path::getParent)
                    .orElseThrow(() -> new IOException("the build has not unpacked Apicurio (profile long)"));
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        process.destroy();
        process.waitFor(30, TimeUnit.SECONDS);
    }

    @Override
    URI registry() {
        return url;
    }
}

package dev.halfrate.processor.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.config.RegistryConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The registry's REST interface: any of its URLs will do, and one that does not answer is asked again a few times. */
final class RegistryHttp implements AutoCloseable {
    static final int ROUNDS = 3;
    private static final Duration PAUSE = Duration.ofMillis(250);

    /** Far more than any schema has. */
    private static final int ANSWER_BYTES_MAX = 4 << 20;

    private static final int MESSAGE_CHARS_MAX = 300;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryConfig config;
    private final HttpClient http;
    private final int rounds;

    /** Index of the URL that answered last. */
    private volatile int preferred;

    /**
     * @param rounds in which each URL is asked before it counts as down
     * @throws RegistryException if the files of certificates and keys are of no use
     */
    RegistryHttp(RegistryConfig config, int rounds) {
        this.config = config;
        this.rounds = rounds;
        var builder = HttpClient.newBuilder()
                .version(Version.HTTP_1_1)
                .followRedirects(Redirect.NEVER)
                .connectTimeout(config.timeout());
        var context = RegistryTls.context(config.tls());
        this.http = (context == null ? builder : builder.sslContext(context)).build();
    }

    Reply get(String path) throws InterruptedException {
        return ask(path, null);
    }

    Reply post(String path, JsonNode body) throws InterruptedException {
        return ask(path, body);
    }

    private Reply ask(String path, @Nullable JsonNode body) throws InterruptedException {
        var urls = config.urls();
        Reply last = new Reply.Down("no URL");
        for (var round = 0; round < rounds; round++) {
            if (round > 0) {
                var pause = PAUSE.toMillis() << round;
                Thread.sleep(ThreadLocalRandom.current().nextLong(pause / 2, pause));
            }
            var first = preferred;
            for (var i = 0; i < urls.size(); i++) {
                var index = (first + i) % urls.size();
                last = ask(urls.get(index), path, body);
                if (!(last instanceof Reply.Down)) {
                    preferred = index;
                    return last;
                }
            }
        }
        return last;
    }

    private Reply ask(URI base, String path, @Nullable JsonNode body) throws InterruptedException {
        var server = base.getHost() + (base.getPort() < 0 ? "" : ":" + base.getPort());
        var answer = http.sendAsync(
                request(base, path, body), BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX));
        try {
            var response = answer.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
            return read(server, response.statusCode(), response.body());
        } catch (TimeoutException _) {
            answer.cancel(true);
            return new Reply.Down("%s did not answer in time".formatted(server));
        } catch (ExecutionException e) {
            // The cause's message may quote a header.
            var cause = e.getCause() == null ? e : e.getCause();
            return new Reply.Down("%s: %s".formatted(server, cause.getClass().getSimpleName()));
        }
    }

    private HttpRequest request(URI base, String path, @Nullable JsonNode body) {
        var root = base.toString().replaceAll("/+$", "");
        var request = HttpRequest.newBuilder(URI.create(root + path))
                .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        if (!config.user().isEmpty()) {
            var login = config.user() + ":" + config.password().reveal();
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8)));
        } else if (!config.token().reveal().isEmpty()) {
            request.header("Authorization", "Bearer " + config.token().reveal());
        }
        return body == null
                ? request.GET().build()
                : request.header("Content-Type", "application/vnd.schemaregistry.v1+json")
                        .POST(BodyPublishers.ofString(body.toString()))
                        .build();
    }

    static Reply read(String server, int status, byte[] body) {
        if (status >= 500 || status == 408 || status == 429 || (status >= 300 && status < 400)) {
            return new Reply.Down("%s answered with status %d".formatted(server, status));
        }
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (IOException _) {
            return new Reply.Down("%s answered with status %d and no JSON".formatted(server, status));
        }
        if (status / 100 == 2) {
            return new Reply.Ok(json);
        }
        var message = json.path("message").asText("");
        return new Reply.No(
                status,
                json.path("error_code").asInt(0),
                message.substring(0, Math.min(message.length(), MESSAGE_CHARS_MAX)));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}

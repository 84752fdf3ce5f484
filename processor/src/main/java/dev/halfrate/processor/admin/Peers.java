package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.admin.RequestSearch.Place;
import dev.halfrate.processor.admin.RequestSearch.Sighting;
import dev.halfrate.processor.config.PeersConfig;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Asks other processes of the application for requests of their lanes, in the name of whoever asks us. */
public final class Peers implements AutoCloseable {
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final int ANSWER_BYTES_MAX = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PeersConfig config;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_WITHIN)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    public Peers(PeersConfig config) {
        this.config = config;
    }

    /** What a process says, or why it does not. */
    public sealed interface Reply {
        record Sightings(List<Sighting> sightings) implements Reply {}

        record None(String why) implements Reply {}
    }

    /**
     * Asks nobody whom the configuration does not know, and goes nowhere else from there.
     *
     * @param address as the process advertises it, host:port
     * @param authorization of whoever asks; empty for none
     */
    public Reply ask(String address, String customId, String authorization) throws InterruptedException {
        var peer = config.peer(address);
        if (peer.isEmpty()) {
            return new Reply.None("a process says that it is at %s, which is none of admin.peers".formatted(address));
        }
        var encoded = URLEncoder.encode(customId, UTF_8).replace("+", "%20");
        var request = HttpRequest.newBuilder(peer.get().resolve("/api/requests/%s?here=true".formatted(encoded)))
                .timeout(ANSWER_WITHIN);
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        try {
            var answer =
                    http.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX));
            return answer.statusCode() == 200
                    ? new Reply.Sightings(sightings(JSON.readTree(answer.body())))
                    : new Reply.None("%s answers %d".formatted(address, answer.statusCode()));
        } catch (IOException e) {
            return new Reply.None(
                    "%s does not answer: %s".formatted(address, e.getClass().getSimpleName()));
        }
    }

    private static List<Sighting> sightings(JsonNode answer) throws IOException {
        var sightings = new ArrayList<Sighting>();
        for (var place : answer.path("places")) {
            var sighting = place.path("sighting");
            try {
                sightings.add(new Sighting(
                        Place.valueOf(sighting.path("place").asText().toUpperCase(Locale.ROOT)),
                        sighting.path("pool").asText(),
                        sighting.path("lane").asText(),
                        sighting.path("batch_id").asText(),
                        sighting.path("item").isInt() ? sighting.path("item").intValue() : null));
            } catch (IllegalArgumentException e) {
                throw new IOException("another release's", e);
            }
        }
        return sightings;
    }

    @Override
    public void close() {
        http.close();
    }
}

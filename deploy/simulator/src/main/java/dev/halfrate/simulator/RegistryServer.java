package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.halfrate.simulator.SubjectStore.RegistryError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A schema registry, for this machine alone, with the part of Confluent's REST interface that clients use. It
 * can be stopped and started again, with all that it had, on the port that it had.
 */
public final class RegistryServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SubjectStore store;
    private final AtomicInteger calls = new AtomicInteger();
    private final @Nullable SSLContext tls;
    private HttpServer server;
    private int port;
    private volatile String authorization = "";

    private RegistryServer(int port, @Nullable SSLContext tls, @Nullable Path journal) {
        try {
            this.store = new SubjectStore(journal);
        } catch (IOException e) {
            throw new SimulatorStartException(
                    "the schema registry cannot read %s: %s".formatted(journal, e.getMessage()), e);
        }
        this.port = port;
        this.tls = tls;
        this.server = listen();
        this.port = server.getAddress().getPort();
    }

    /**
     * @param port 0 for any free one
     * @throws SimulatorStartException if it cannot listen there
     */
    public static RegistryServer start(int port) {
        return new RegistryServer(port, null, null);
    }

    /**
     * With what was registered before, by the same ids.
     *
     * @param journal a file of its own
     */
    public static RegistryServer start(int port, Path journal) {
        return new RegistryServer(port, null, journal);
    }

    /** With TLS, and nobody let in without a certificate that {@code tls} trusts. */
    public static RegistryServer start(int port, SSLContext tls) {
        return new RegistryServer(port, tls, null);
    }

    public URI url() {
        return URI.create("%s://localhost:%d".formatted(tls == null ? "http" : "https", port));
    }

    /** @return questions so far */
    public int calls() {
        return calls.get();
    }

    /** @param header that all questions must have from now on as `Authorization`; empty for any */
    public void requireAuthorization(String header) {
        authorization = header;
    }

    /** As an operator does it with a client of another type. */
    public int register(String subject, String type, String schema) {
        var request =
                JsonNodeFactory.instance.objectNode().put("schema", schema).put("schemaType", type);
        return store.register(subject, request).path("id").asInt();
    }

    /** Goes away, and keeps what it has. */
    public synchronized void stop() {
        server.stop(0);
    }

    /** Comes back after {@link #stop}. */
    public synchronized void restart() {
        server = listen();
    }

    private HttpServer listen() {
        try {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            var listening = tls == null ? HttpServer.create(address, 0) : secure(address, tls);
            listening.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            listening.createContext("/", this::handle);
            listening.start();
            return listening;
        } catch (IOException e) {
            throw new SimulatorStartException(
                    "the schema registry cannot listen on port %d: %s".formatted(port, e.getMessage()), e);
        }
    }

    private static HttpServer secure(InetSocketAddress address, SSLContext tls) throws IOException {
        var secure = HttpsServer.create(address, 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                var needed = getSSLContext().getDefaultSSLParameters();
                needed.setNeedClientAuth(true);
                parameters.setSSLParameters(needed);
            }
        });
        return secure;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            calls.incrementAndGet();
            var given = exchange.getRequestHeaders().getFirst("Authorization");
            if (!authorization.isEmpty() && !authorization.equals(given)) {
                answer(exchange, 401, error(401, "Unauthorized"));
                return;
            }
            try {
                answer(
                        exchange,
                        200,
                        answer(exchange.getRequestMethod(), path(exchange), JSON.readTree(exchange.getRequestBody())));
            } catch (RegistryError e) {
                answer(exchange, e.status(), error(e.code(), String.valueOf(e.getMessage())));
            } catch (JsonProcessingException _) {
                answer(exchange, 400, error(400, "Unrecognized request"));
            } catch (NumberFormatException _) {
                answer(exchange, 422, error(42202, "The specified version is not a valid version id."));
            }
        }
    }

    private static List<String> path(HttpExchange exchange) {
        return Arrays.stream(exchange.getRequestURI().getRawPath().substring(1).split("/", -1))
                .map(part -> URLDecoder.decode(part, UTF_8))
                .toList();
    }

    private JsonNode answer(String method, List<String> path, JsonNode body) {
        var call = method + " " + shape(path);
        return switch (call) {
            case "GET " -> JsonNodeFactory.instance.objectNode();
            case "GET schemas/types" -> JsonNodeFactory.instance.arrayNode().add("AVRO");
            case "GET schemas/ids/*" -> store.byId(Integer.parseInt(path.get(2)));
            case "GET schemas/guids/*" -> store.byGuid(path.get(2));
            case "GET subjects" -> store.names();
            case "GET subjects/*/versions" -> store.versions(path.get(1));
            case "GET subjects/*/versions/*" -> store.version(path.get(1), path.get(3));
            case "POST subjects/*" -> store.lookUp(path.get(1), body);
            case "POST subjects/*/versions" -> store.register(path.get(1), body);
            case "POST compatibility/subjects/*/versions/*" -> store.compatible(path.get(2), path.get(4), body);
            case "GET config", "GET config/*" ->
                JsonNodeFactory.instance.objectNode().put("compatibilityLevel", store.level(subject(path)));
            case "PUT config", "PUT config/*" -> {
                var level = body.path("compatibility").asText();
                store.setLevel(subject(path), level);
                yield JsonNodeFactory.instance.objectNode().put("compatibility", level);
            }
            default -> throw new RegistryError(404, "HTTP 404 Not Found");
        };
    }

    private static String subject(List<String> path) {
        return path.size() > 1 ? path.get(1) : "";
    }

    /** With a star for each part that is a name or a number. */
    private static String shape(List<String> path) {
        var compatibility = path.getFirst().equals("compatibility") ? 1 : 0;
        var parts = new StringBuilder();
        for (var i = 0; i < path.size(); i++) {
            var named = path.getFirst().equals("schemas") ? i == 2 : (i - compatibility) % 2 == 1;
            parts.append(i == 0 ? "" : "/").append(named ? "*" : path.get(i));
        }
        return parts.toString();
    }

    private static JsonNode error(int code, String message) {
        return JsonNodeFactory.instance.objectNode().put("error_code", code).put("message", message);
    }

    private static void answer(HttpExchange exchange, int status, JsonNode json) throws IOException {
        var bytes = json.toString().getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        stop();
    }
}

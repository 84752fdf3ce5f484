package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.ops.StartupException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leads whoever may come in to their route, and says in one form what is wrong. */
final class Door extends Handler.Abstract {
    static final int BODY_BYTES_MAX = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Door.class);
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    private final RouteTable routes;
    private final Access access;
    private final MeterRegistry meters;

    Door(List<Route> routes, Access access, MeterRegistry meters) {
        this.routes = new RouteTable(routes);
        this.access = access;
        this.meters = meters;
        // Prometheus sees a counter grow only from a value that it has seen.
        var _ = counter(HttpStatus.INTERNAL_SERVER_ERROR_500);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        protect(response);
        var answer = answer(request, response);
        counter(answer.status()).increment();
        response.setStatus(answer.status());
        switch (answer) {
            case Answer.Json json -> {
                var problem = json.body() instanceof ProblemException.Problem;
                write(response, callback, problem ? PROBLEM : JSON, OperatorJson.write(json.body()) + "\n");
            }
            case Answer.Text text -> write(response, callback, text.type(), text.body());
            case Answer.File file -> write(response, callback, file, request.getHeaders());
        }
        return true;
    }

    private static void write(Response response, Callback callback, String type, String body) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.write(true, ByteBuffer.wrap(body.getBytes(UTF_8)), callback);
    }

    private static void write(Response response, Callback callback, Answer.File file, HttpFields asked) {
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache").put(HttpHeader.ETAG, file.tag());
        if (asked.getValuesList(HttpHeader.IF_NONE_MATCH).contains(file.tag())) {
            response.setStatus(HttpStatus.NOT_MODIFIED_304);
            response.write(true, ByteBuffer.allocate(0), callback);
        } else {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, file.type());
            response.write(true, ByteBuffer.wrap(file.body()), callback);
        }
    }

    /** Browsers are to keep, guess, frame and tell others nothing. */
    private static void protect(Response response) {
        response.getHeaders()
                .put(HttpHeader.CACHE_CONTROL, "no-store")
                .put(
                        "Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                .put("Cross-Origin-Opener-Policy", "same-origin")
                .put("Cross-Origin-Resource-Policy", "same-origin")
                .put("Referrer-Policy", "no-referrer")
                .put("X-Content-Type-Options", "nosniff");
    }

    private Counter counter(int status) {
        return Counter.builder("halfrate.admin.requests")
                .description("Requests to the admin port by their status")
                .tag("status", String.valueOf(status))
                .register(meters);
    }

    private Answer answer(Request request, Response response) {
        try {
            return ask(request, response);
        } catch (ProblemException e) {
            if (e.problem().status() == HttpStatus.UNAUTHORIZED_401) {
                response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"halfrate\"");
            }
            return new Answer.Json(e.problem().status(), e.problem());
        } catch (StartupException e) {
            return problem(HttpStatus.SERVICE_UNAVAILABLE_503, String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return problem(HttpStatus.SERVICE_UNAVAILABLE_503, "this process is stopping");
        } catch (RuntimeException e) {
            LOG.error("{} {}", request.getMethod(), request.getHttpURI().getPath(), e);
            return problem(HttpStatus.INTERNAL_SERVER_ERROR_500, "a defect; the log of this process has it");
        }
    }

    private static Answer problem(int status, String detail) {
        return new Answer.Json(status, new ProblemException(status, detail).problem());
    }

    private Answer ask(Request request, Response response) throws InterruptedException {
        var path = request.getHttpURI().getPath();
        var method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
        var match = routes.find(method, path).orElse(null);
        if (match == null) {
            var methods = routes.methods(path);
            if (methods.isEmpty()) {
                throw ProblemException.notFound("there is nothing here; /api/openapi.json has what there is");
            }
            response.getHeaders().put(HttpHeader.ALLOW, String.join(", ", methods));
            throw new ProblemException(HttpStatus.METHOD_NOT_ALLOWED_405, "not with this method");
        }
        var headers = request.getHeaders();
        var caller = access.admit(match.route(), headers);
        var body = match.route().acts() ? body(request) : new byte[0];
        return match.route()
                .handler()
                .answer(new Call(
                        caller,
                        headers.contains(HttpHeader.AUTHORIZATION) ? headers.get(HttpHeader.AUTHORIZATION) : "",
                        match.variables(),
                        query(request),
                        headers.contains("Idempotency-Key") ? headers.get("Idempotency-Key") : "",
                        body));
    }

    private static Map<String, String> query(Request request) {
        var query = new HashMap<String, String>();
        Fields fields;
        try {
            fields = Request.extractQueryParameters(request);
        } catch (RuntimeException _) {
            throw ProblemException.badRequest("the query cannot be read");
        }
        fields.forEach(field -> query.put(field.getName(), field.getValue()));
        return query;
    }

    /** What is no JSON a browser would send without asking us first. */
    private static byte[] body(Request request) {
        var body = new byte[BODY_BYTES_MAX + 1];
        var length = 0;
        try (var in = Content.Source.asInputStream(request)) {
            for (var read = 0; read >= 0 && length < body.length; length += Math.max(0, read)) {
                read = in.read(body, length, body.length - length);
            }
        } catch (IOException _) {
            throw new ProblemException(HttpStatus.REQUEST_TIMEOUT_408, "the body did not come");
        }
        if (length > BODY_BYTES_MAX) {
            throw new ProblemException(
                    HttpStatus.PAYLOAD_TOO_LARGE_413, "a body has at most %d bytes".formatted(BODY_BYTES_MAX));
        }
        var type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (length > 0 && (type == null || !type.matches("(?i)application/json *(;.*)?"))) {
            throw new ProblemException(HttpStatus.UNSUPPORTED_MEDIA_TYPE_415, "a body is application/json");
        }
        return Arrays.copyOf(body, length);
    }
}

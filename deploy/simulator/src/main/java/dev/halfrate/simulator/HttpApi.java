package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door: lets callers in by their key, finds the API they want, and writes its reply with the vendor's headers. Calls
 * that a fault was scripted for fare accordingly.
 */
final class HttpApi extends Handler.Abstract {

    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

    private static final long DRAINED_BYTES_MAX = 1L << 30;
    private static final int STEPS_PER_SECOND = 10;
    private static final int CONTENT_BUFFER_BYTES = 64 * 1024;
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final VendorApi openAi;
    private final VendorApi anthropic;
    private final ControlApi control;
    private final Faults faults;
    private final ApiKeys apiKeys;
    private final Ids ids;
    private final VirtualClock clock;

    HttpApi(
            VendorApi openAi,
            VendorApi anthropic,
            ControlApi control,
            Faults faults,
            ApiKeys apiKeys,
            Ids ids,
            VirtualClock clock) {
        this.openAi = openAi;
        this.anthropic = anthropic;
        this.control = control;
        this.faults = faults;
        this.apiKeys = apiKeys;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Fault fault = fault(request);
        pause(fault.delayBeforeMs());
        if (fault.reset() == Fault.Reset.BEFORE) {
            cut(request, callback);
            return true;
        }
        String requestId = ids.next("req_");
        HttpFields.Mutable headers = response.getHeaders();
        VendorApi vendor = Request.getPathInContext(request).startsWith("/v1/messages") ? anthropic : openAi;
        Reply reply = fault.status() == 0
                ? reply(vendor, request, requestId, headers)
                : error(request, requestId, headers, fault);
        if (fault.reset() == Fault.Reset.AFTER) {
            cut(request, callback);
            return true;
        }
        pause(fault.delayAnswerMs());
        vendor.putHeaders(headers, requestId, processingTime(request));
        headers.put(HttpHeader.DATE, HTTP_DATE.format(clock.now()));
        switch (reply) {
            case Reply.Json(int status, Object body) -> {
                byte[] json = Json.bytes(body);
                response.setStatus(status);
                headers.put(HttpHeader.CONTENT_TYPE, "application/json").put(HttpHeader.CONTENT_LENGTH, json.length);
                response.write(true, ByteBuffer.wrap(json), callback);
            }
            case Reply.Text(int status, String contentType, String body) -> {
                response.setStatus(status);
                headers.put(HttpHeader.CONTENT_TYPE, contentType);
                response.write(true, UTF_8.encode(body), callback);
            }
            case Reply.Content(var file, long bytes, String contentType)
            when fault.damagesFiles() -> {
                headers.put(HttpHeader.CONTENT_TYPE, contentType);
                writeDamaged(file, bytes, fault, request, response, callback);
            }
            case Reply.Content(var file, long bytes, String contentType) -> {
                headers.put(HttpHeader.CONTENT_TYPE, contentType).put(HttpHeader.CONTENT_LENGTH, bytes);
                ByteBufferPool pool = request.getComponents().getByteBufferPool();
                ByteBufferPool.Sized buffers = new ByteBufferPool.Sized(pool, false, CONTENT_BUFFER_BYTES);
                Content.copy(Content.Source.from(buffers, file, 0, bytes), response, callback);
            }
        }
        return true;
    }

    private Fault fault(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = String.valueOf(uri.getPathQuery());
        String host = String.valueOf(request.getHeaders().get(HttpHeader.HOST));
        return path.startsWith("/control/") ? Fault.NONE : faults.next(request.getMethod(), path, host);
    }

    private static Reply error(Request request, String requestId, HttpFields.Mutable headers, Fault fault) {
        drain(request, requestId);
        if (fault.retryAfter() != null) {
            headers.put(HttpHeader.RETRY_AFTER, fault.retryAfter());
        }
        return new Reply.Text(fault.status(), "application/json", Objects.requireNonNullElse(fault.body(), ""));
    }

    private static void writeDamaged(
            Path file, long bytes, Fault fault, Request request, Response response, Callback callback) {
        try {
            byte[] content = DamagedFile.read(file, bytes, fault);
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.length);
            boolean breaks = fault.breaksAfter() > 0 && fault.breaksAfter() < content.length;
            int end = breaks ? fault.breaksAfter() : content.length;
            int step = fault.bytesPerSecond() == 0 ? end : Math.max(1, fault.bytesPerSecond() / STEPS_PER_SECOND);
            OutputStream out = Content.Sink.asOutputStream(response);
            for (int from = 0; from < end; from += step) {
                pause(from == 0 ? 0 : 1_000 / STEPS_PER_SECOND);
                out.write(content, from, Math.min(step, end - from));
                out.flush();
            }
            if (breaks) {
                cut(request, callback);
            } else {
                out.close();
                callback.succeeded();
            }
        } catch (IOException e) {
            callback.failed(e);
        }
    }

    /** A reset, as a load balancer that gives up would send it. */
    private static void cut(Request request, Callback callback) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        try {
            if (endPoint.getTransport() instanceof SocketChannel channel) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            log.debug("the client went away", e);
        }
        endPoint.close();
        callback.failed(new EofException("cut by a fault"));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Reply reply(VendorApi vendor, Request request, String requestId, HttpFields.Mutable headers) {
        try {
            String path = Request.getPathInContext(request);
            if (path.startsWith("/control/")) {
                return control.answer(request);
            }
            String account = account(vendor, request);
            headers.put(vendor.accountHeader(), account);
            return vendor.answer(request, account);
        } catch (RefusedException e) {
            drain(request, requestId);
            // What is left of a body that could not be read may end the connection: nobody is to use it again.
            headers.put(HttpHeader.CONNECTION, "close");
            return vendor.refusal(e.status(), e.error(), requestId);
        } catch (EofException e) {
            log.debug("{}: the client went away", requestId, e);
            return vendor.refusal(400, OpenAiError.invalidRequest("The request ended early.", null, null), requestId);
        } catch (IOException | RuntimeException e) {
            log.error("{}: {} {} failed", requestId, request.getMethod(), request.getHttpURI(), e);
            return vendor.refusal(500, OpenAiError.server("The simulator failed: " + e.getMessage()), requestId);
        }
    }

    /** Takes in the rest of a refused call: a client that is still sending would get a reset instead of the reason. */
    private static void drain(Request request, String requestId) {
        InputStream rest = Content.Source.asInputStream(request);
        byte[] buffer = new byte[CONTENT_BUFFER_BYTES];
        try {
            int read = 0;
            for (long left = DRAINED_BYTES_MAX; read >= 0 && left > 0; left -= read) {
                read = rest.read(buffer);
            }
        } catch (IOException e) {
            log.debug("{}: the client went away", requestId, e);
        }
    }

    /** Each key is an organization of its own. */
    private String account(VendorApi vendor, Request request) {
        String key = vendor.key(request).orElseThrow(vendor::noKey);
        if (!apiKeys.accept(key)) {
            throw vendor.wrongKey(key);
        }
        return "org-" + Fingerprint.of("account", key.getBytes(UTF_8));
    }

    private static Duration processingTime(Request request) {
        return Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime());
    }
}

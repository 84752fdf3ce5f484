package dev.halfrate.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door: lets callers in by their key, finds the API they want, and writes its reply with the vendor's headers. */
final class HttpApi extends Handler.Abstract {

    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

    private static final long DRAINED_BYTES_MAX = 1L << 30;
    private static final int CONTENT_BUFFER_BYTES = 64 * 1024;
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final VendorApi openAi;
    private final VendorApi anthropic;
    private final ControlApi control;
    private final ApiKeys apiKeys;
    private final Ids ids;
    private final VirtualClock clock;

    HttpApi(VendorApi openAi, VendorApi anthropic, ControlApi control, ApiKeys apiKeys, Ids ids, VirtualClock clock) {
        this.openAi = openAi;
        this.anthropic = anthropic;
        this.control = control;
        this.apiKeys = apiKeys;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String requestId = ids.next("req_");
        HttpFields.Mutable headers = response.getHeaders();
        VendorApi vendor = Request.getPathInContext(request).startsWith("/v1/messages") ? anthropic : openAi;
        Reply reply = reply(vendor, request, requestId, headers);
        vendor.putHeaders(headers, requestId, processingTime(request));
        headers.put(HttpHeader.DATE, HTTP_DATE.format(clock.now()));
        switch (reply) {
            case Reply.Json(int status, Object body) -> {
                byte[] json = Json.bytes(body);
                response.setStatus(status);
                headers.put(HttpHeader.CONTENT_TYPE, "application/json").put(HttpHeader.CONTENT_LENGTH, json.length);
                response.write(true, ByteBuffer.wrap(json), callback);
            }
            case Reply.Html(int status, String html) -> {
                response.setStatus(status);
                headers.put(HttpHeader.CONTENT_TYPE, "text/html");
                response.write(true, StandardCharsets.UTF_8.encode(html), callback);
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
        return "org-" + Fingerprint.of("account", key.getBytes(StandardCharsets.UTF_8));
    }

    private static Duration processingTime(Request request) {
        return Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime());
    }
}

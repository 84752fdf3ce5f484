package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
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
    private static final int DRAIN_BUFFER_BYTES = 64 * 1024;
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final List<VendorApi> vendors;
    private final ControlApi control;
    private final Faults faults;
    private final Present<Habits> habits;
    private final ApiKeys apiKeys;
    private final Ids ids;
    private final VirtualClock clock;

    /** @param vendors the first that serves a path answers there; the last serves all */
    HttpApi(
            List<VendorApi> vendors,
            ControlApi control,
            Faults faults,
            Present<Habits> habits,
            ApiKeys apiKeys,
            Ids ids,
            VirtualClock clock) {
        this.vendors = List.copyOf(vendors);
        this.control = control;
        this.faults = faults;
        this.habits = habits;
        this.apiKeys = apiKeys;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Exchange exchange = new Exchange(request, response, callback);
        Fault fault = fault(request);
        Exchange.pause(fault.delayBeforeMs());
        if (fault.reset() == Fault.Reset.BEFORE) {
            exchange.cut();
            return true;
        }
        HttpFields.Mutable headers = response.getHeaders();
        VendorApi vendor = vendor(Request.getPathInContext(request));
        Call call = new Call(request, "", ids.next("req_"), headers, "");
        if (fault.reset() == Fault.Reset.DURING) {
            readSome(call);
            exchange.cut();
            return true;
        }
        Reply reply = fault.status() == 0 || fault.handled() ? reply(vendor, call) : drained(call);
        if (fault.reset() == Fault.Reset.AFTER) {
            exchange.cut();
            return true;
        }
        Exchange.pause(fault.delayAnswerMs());
        vendor.putHeaders(headers, call.requestId(), processingTime(request));
        headers.put(HttpHeader.DATE, HTTP_DATE.format(clock.now()));
        if (fault.headers() != null) {
            fault.headers().forEach(headers::put);
        }
        exchange.write(
                fault.status() == 0 ? reply : error(headers, fault),
                fault,
                habits.get().ranges());
        return true;
    }

    private VendorApi vendor(String path) {
        return vendors.stream()
                .filter(vendor -> vendor.serves(path))
                .findFirst()
                .orElseGet(vendors::getLast);
    }

    private Fault fault(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = String.valueOf(uri.getPathQuery());
        String host = String.valueOf(request.getHeaders().get(HttpHeader.HOST));
        return path.startsWith("/control/") ? Fault.NONE : faults.next(request.getMethod(), path, host);
    }

    private static Reply error(HttpFields.Mutable headers, Fault fault) {
        if (fault.retryAfter() != null) {
            headers.put(HttpHeader.RETRY_AFTER, fault.retryAfter());
        }
        return new Reply.Text(fault.status(), fault.contentType(), Objects.requireNonNullElse(fault.body(), ""));
    }

    private static Reply drained(Call call) {
        drain(call);
        return Reply.ok(Map.of());
    }

    private static void readSome(Call call) {
        try {
            var _ = Content.Source.asInputStream(call.request()).read();
        } catch (IOException e) {
            log.debug("{}: the client went away", call.requestId(), e);
        }
    }

    private Reply reply(VendorApi vendor, Call call) {
        Request request = call.request();
        try {
            if (Request.getPathInContext(request).startsWith("/control/")) {
                return control.answer(call);
            }
            String account = account(vendor, request);
            call.answerHeaders().put(vendor.accountHeader(), account);
            return vendor.answer(new Call(request, account, call.requestId(), call.answerHeaders(), ""));
        } catch (RefusedException e) {
            drain(call);
            // What is left of a body that could not be read may end the connection: nobody is to use it again.
            call.answerHeaders().put(HttpHeader.CONNECTION, "close");
            return vendor.refusal(e.status(), e.error(), call.requestId());
        } catch (EofException e) {
            log.debug("{}: the client went away", call.requestId(), e);
            OpenAiError error = OpenAiError.invalidRequest("The request ended early.", null, null);
            return vendor.refusal(400, error, call.requestId());
        } catch (IOException | RuntimeException e) {
            log.error("{}: {} {} failed", call.requestId(), request.getMethod(), request.getHttpURI(), e);
            OpenAiError error = OpenAiError.server("The simulator failed: " + e.getMessage());
            return vendor.refusal(500, error, call.requestId());
        }
    }

    /** Takes in the rest of a refused call: a client that is still sending would get a reset instead of the reason. */
    private static void drain(Call call) {
        InputStream rest = Content.Source.asInputStream(call.request());
        byte[] buffer = new byte[DRAIN_BUFFER_BYTES];
        try {
            int read = 0;
            for (long left = DRAINED_BYTES_MAX; read >= 0 && left > 0; left -= read) {
                read = rest.read(buffer);
            }
        } catch (IOException e) {
            log.debug("{}: the client went away", call.requestId(), e);
        }
    }

    /** Each key is an organization of its own, at each vendor another one; those that end alike behind an @ are one's. */
    private String account(VendorApi vendor, Request request) {
        String key = vendor.key(request).orElseThrow(vendor::noKey);
        if (!apiKeys.accept(key)) {
            throw vendor.wrongKey(key);
        }
        return "org-"
                + Fingerprint.of(
                        vendor.accountScope(),
                        key.substring(key.lastIndexOf('@') + 1).getBytes(UTF_8));
    }

    private static Duration processingTime(Request request) {
        return Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime());
    }
}

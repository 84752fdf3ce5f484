package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.Reply.Silence;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Calls to one base URL with one key, each of them sent once: over HTTP/1.1 (over HTTP/2 the client itself sends
 * again after a GOAWAY), without redirects, authenticator or proxy.
 */
public final class HttpCalls implements AutoCloseable {
    private static final String RESEND_PROPERTY = "jdk.httpclient.enableAllMethodRetry";
    private static final int ANSWER_BYTES_MAX = 16 << 20;
    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_-]{1,200}");

    private final HttpClient client;
    private final String baseUrl;
    private final String query;
    private final Secret key;
    private final KeyHeader keyHeader;
    private final Map<String, String> headers;
    private volatile String goodKey;

    /** The header that a vendor wants the key in. */
    public record KeyHeader(String name, String prefix) {}

    /**
     * @param keyHeader unless the account has another one
     * @param headers sent with every call, besides the account's own
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs again
     */
    public HttpCalls(AccountConfig account, KeyHeader keyHeader, Map<String, String> headers, Duration connectTimeout) {
        refuseResending();
        this.key = account.key();
        this.goodKey = key.reveal();
        if (!canBeSent(goodKey)) { // the client's own complaint would quote it
            throw new ConfigException("accounts.key must be visible ASCII without spaces or line breaks, got %s for %s"
                    .formatted(account.key(), account.name()));
        }
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(connectTimeout)
                .build();
        var http = account.http();
        this.baseUrl = account.baseUrl().toString().replaceAll("/+$", "");
        this.query = http.queryString();
        this.keyHeader = http.keyHeader().isEmpty() ? keyHeader : new KeyHeader(http.keyHeader(), "");
        var all = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        http.headers().forEach((name, value) -> all.put(name, value.reveal()));
        this.headers = all;
    }

    private static boolean canBeSent(String key) {
        return key.matches("[!-~]+");
    }

    /** @throws IllegalStateException if the JVM is told to send POSTs again when a connection breaks */
    private static void refuseResending() {
        var value = System.getProperty(RESEND_PROPERTY);
        if (value != null) {
            throw new IllegalStateException(
                    "-D%s=%s must not be set: it makes Java's HTTP client send a batch creation twice"
                            .formatted(RESEND_PROPERTY, value));
        }
    }

    /** @return whether a vendor's id may become part of a path */
    public static boolean isSegment(String id) {
        return SEGMENT.matcher(id).matches();
    }

    /** @return the base URL */
    String server() {
        return baseUrl;
    }

    /** @param path below the base URL; ids in it are the caller's to check */
    HttpRequest.Builder to(String path) {
        var mark = path.contains("?") ? "&" : "?";
        var request = HttpRequest.newBuilder(URI.create(baseUrl + path + (query.isEmpty() ? "" : mark + query)))
                .header("Accept-Encoding", "identity")
                .header("User-Agent", "halfrate");
        headers.forEach(request::setHeader);
        return request.setHeader(keyHeader.name(), keyHeader.prefix() + presentKey());
    }

    /** @return what a request says who is calling, secret as it is */
    String keyOf(HttpRequest request) {
        return request.headers().firstValue(keyHeader.name()).orElse("");
    }

    /** A key that is being changed may be half written. */
    private String presentKey() {
        var present = key.reveal();
        if (canBeSent(present)) {
            goodKey = present;
        }
        return goodKey;
    }

    /** Sends and reads the whole answer; {@code timeout} is for both. An interrupted thread stays interrupted. */
    Reply ask(HttpRequest.Builder request, Duration timeout) {
        var endNanos = System.nanoTime() + timeout.toNanos();
        try {
            var response = open(request, timeout);
            return whole(response, Duration.ofNanos(endNanos - System.nanoTime()));
        } catch (IOException e) {
            return Silence.of(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Silence("interrupted", true);
        }
    }

    /** Sends and waits for the headers of the answer; its body is the caller's to close. */
    HttpResponse<AnswerBody> open(HttpRequest.Builder request, Duration timeout)
            throws IOException, InterruptedException {
        var body = new AnswerBody();
        var sending = client.sendAsync(request.build(), _ -> body);
        @Nullable HttpResponse<AnswerBody> response = null;
        try {
            response = sending.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return response;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException _) {
            throw new HttpTimeoutException("no answer");
        } finally {
            if (response == null) {
                sending.cancel(true);
                body.close(); // it may have come just now, and nobody would read it
            }
        }
    }

    /** Reads what is left of an answer. */
    static Answer whole(HttpResponse<AnswerBody> response, Duration timeout) throws InterruptedException {
        var body = new byte[0];
        try {
            body = response.body().readAll(ANSWER_BYTES_MAX, System.nanoTime() + timeout.toNanos());
        } catch (IOException _) {
            // The status alone may say enough: a 413 often comes with a reset.
        }
        return new Answer(response.statusCode(), response.headers(), body);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}

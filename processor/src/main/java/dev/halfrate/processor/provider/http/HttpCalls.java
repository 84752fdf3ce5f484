package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;

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
    private final Map<String, String> headers;

    /**
     * @param headers made from the account's key
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs again
     */
    public HttpCalls(AccountConfig account, Function<String, Map<String, String>> headers, Duration connectTimeout) {
        refuseResending();
        var key = account.key().reveal();
        if (!key.matches("[!-~]+")) { // the client's own complaint would quote it
            throw new ConfigException("accounts.key must be visible ASCII without spaces or line breaks, got %s for %s"
                    .formatted(account.key(), account.name()));
        }
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(connectTimeout)
                .build();
        this.baseUrl = account.baseUrl().toString().replaceAll("/+$", "");
        this.headers = headers.apply(key);
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

    /** @param path below the base URL; ids in it are the caller's to check */
    HttpRequest.Builder to(String path) {
        var request = HttpRequest.newBuilder(URI.create(baseUrl + path))
                .header("Accept-Encoding", "identity")
                .header("User-Agent", "halfrate");
        headers.forEach(request::header);
        return request;
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
        var sending = client.sendAsync(request.build(), _ -> new AnswerBody());
        try {
            return sending.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException _) {
            throw new HttpTimeoutException("no answer");
        } finally {
            sending.cancel(true);
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

package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * The keys that an OpenID issuer publishes. It is asked by one thread at a time and with pauses, whoever shows whatever tokens: keys that are
 * known are used without waiting, and nobody waits longer than for one answer. Safe for threads.
 */
final class IssuerKeys implements JWKSource<SecurityContext> {
    /** From then on they are asked for anew, while those that are there are used. */
    static final Duration FRESH_FOR = Duration.ofMinutes(5);

    /** Withdrawn keys are not taken for longer. */
    static final Duration KEPT_FOR = Duration.ofMinutes(15);

    /** Between two questions because of keys that are not known. */
    static final Duration UNKNOWN_EVERY = Duration.ofSeconds(30);

    /** After a question without an answer. */
    static final Duration AWAY_FOR = Duration.ofSeconds(10);

    /** For description and keys together, however slowly they come. */
    static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);
    private static final int BYTES_MAX = 256 * 1024;

    private final String issuer;
    private final LongSupplier nanos;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_WITHIN)
            .build();

    private @Nullable JWKSet keys;
    private long keysAtNanos;
    private @Nullable CompletableFuture<JWKSet> asked;
    private long askedAtNanos;

    IssuerKeys(String issuer, LongSupplier nanos) {
        this.issuer = issuer;
        this.nanos = nanos;
    }

    /** @throws KeySourceException if there are none, and the issuer does not answer, or has not a moment ago */
    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
        var known = known();
        if (known != null) {
            var selected = selector.select(known);
            if (!selected.isEmpty()) {
                return selected;
            }
        }
        var answer = known == null ? askUnless(AWAY_FOR) : askUnless(UNKNOWN_EVERY);
        return selector.select(await(answer));
    }

    /** @return keys that may be used; those that are not fresh are asked for meanwhile */
    private synchronized @Nullable JWKSet known() {
        var age = nanos.getAsLong() - keysAtNanos;
        if (keys == null || age >= KEPT_FOR.toNanos()) {
            return null;
        }
        if (age >= FRESH_FOR.toNanos()) {
            var _ = askUnless(AWAY_FOR);
        }
        return keys;
    }

    /** @return the last question if it was asked within a time, or waits for its answer; otherwise a new one */
    private synchronized CompletableFuture<JWKSet> askUnless(Duration within) {
        var last = asked;
        var now = nanos.getAsLong();
        if (last != null && (!last.isDone() || now - askedAtNanos < within.toNanos())) {
            return last;
        }
        var question = new CompletableFuture<JWKSet>();
        asked = question;
        askedAtNanos = now;
        var asks = Thread.ofVirtual().name("issuer").unstarted(() -> ask(question));
        var _ = question.orTimeout(ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> asks.interrupt());
        asks.start();
        return question;
    }

    private void ask(CompletableFuture<JWKSet> question) {
        try {
            var published = read();
            synchronized (this) {
                keys = published;
                keysAtNanos = nanos.getAsLong();
            }
            question.complete(published);
        } catch (IOException | RuntimeException e) {
            question.completeExceptionally(e);
        } catch (InterruptedException e) {
            question.completeExceptionally(
                    new IOException("no answer within %d s".formatted(ANSWER_WITHIN.toSeconds())));
        }
    }

    private static JWKSet await(CompletableFuture<JWKSet> answer) throws KeySourceException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new KeySourceException(
                    e.getCause() instanceof TimeoutException
                            ? "no answer within %d s".formatted(ANSWER_WITHIN.toSeconds())
                            : String.valueOf(e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeySourceException("interrupted", e);
        }
    }

    private JWKSet read() throws IOException, InterruptedException {
        var description = URI.create(issuer.replaceAll("/$", "") + "/.well-known/openid-configuration");
        try {
            var json = JSONObjectUtils.parse(text(description));
            if (!issuer.equals(json.get("issuer"))) {
                throw new IOException("what is described there is another issuer");
            }
            var address = URI.create(JSONObjectUtils.getString(json, "jwks_uri"));
            if (!description.getScheme().equals(address.getScheme())) {
                throw new IOException("its keys are not at https");
            }
            return JWKSet.parse(text(address));
        } catch (ParseException | IllegalArgumentException e) {
            throw new IOException("its description or its keys cannot be read", e);
        }
    }

    private String text(URI address) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(address).build(),
                BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), BYTES_MAX));
        if (answer.statusCode() != HttpStatus.OK_200) {
            throw new IOException("it answers %d".formatted(answer.statusCode()));
        }
        return answer.body();
    }
}

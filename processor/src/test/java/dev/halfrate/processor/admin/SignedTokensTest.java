package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.OidcConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignedTokensTest {
    private static final RSAKey KEY = key("ours");
    private static final String AUDIENCE = "halfrate";

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicLong now = new AtomicLong();

    /** Until it is zero the issuer says nothing. */
    private volatile CountDownLatch silence = new CountDownLatch(0);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer issuer;
    private String url;
    private String named;
    private SignedTokens tokens;

    private static RSAKey key(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void start() throws IOException {
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        url = "http://127.0.0.1:%d/realm".formatted(issuer.getAddress().getPort());
        named = url;
        publish();
        issuer.start();
        tokens = tokens("roles");
    }

    private void publish() {
        issuer.setExecutor(threads);
        issuer.createContext("/realm/.well-known/openid-configuration", exchange -> {
            asked.incrementAndGet();
            awaitSpeech();
            answer(exchange, "{\"issuer\": \"%s\", \"jwks_uri\": \"%s/keys\"}".formatted(named, url));
        });
        issuer.createContext("/realm/keys", exchange -> {
            looks.incrementAndGet();
            answer(exchange, new JWKSet(KEY.toPublicJWK()).toString());
        });
    }

    @AfterEach
    void stop() {
        issuer.stop(0);
        threads.close();
    }

    private SignedTokens tokens(String claim) {
        return new SignedTokens(new OidcConfig(url, AUDIENCE, claim, List.of("look"), List.of("act")), now::get);
    }

    private static void answer(HttpExchange exchange, String body) throws IOException {
        var bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .subject("ada")
                .issuer(url)
                .audience(AUDIENCE)
                .expirationTime(Date.from(Instant.now().plus(Duration.ofMinutes(5))))
                .claim("roles", List.of("other", "look"));
    }

    private static String signed(JWTClaimsSet.Builder claims) {
        return signed(claims, JWSAlgorithm.RS256, "ours", KEY);
    }

    private static String signed(JWTClaimsSet.Builder claims, JWSAlgorithm algorithm, String id, RSAKey key) {
        try {
            return signed(claims, algorithm, id, new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static String signed(JWTClaimsSet.Builder claims, JWSAlgorithm algorithm, String id, JWSSigner signer) {
        try {
            var jwt = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(id).build(), claims.build());
            jwt.sign(signer);
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatTheIssuerSignedLetsItsHolderIn() {
        assertThat(tokens.holder(signed(claims()))).contains(new SignedTokens.Holder("ada", Optional.of(Role.READ)));
        assertThat(tokens.holder(signed(claims(), JWSAlgorithm.PS256, "ours", KEY)))
                .isPresent();
        assertThat(looks).hasValue(1);
    }

    @ParameterizedTest
    @CsvSource({"act, OPERATE", "look, READ", "nothing,", ","})
    void theClaimSaysWhatItsHolderMay(@Nullable String value, @Nullable Role role) {
        var one = tokens("groups").holder(signed(claims().claim("groups", value)));

        assertThat(one.orElseThrow().role()).isEqualTo(Optional.ofNullable(role));
    }

    @Test
    void whatIsNotForUsOrNotValidAnyMoreIsRefused() {
        assertThat(tokens.holder(signed(claims().audience("others")))).isEmpty();
        assertThat(tokens.holder(signed(claims().issuer("https://other.example"))))
                .isEmpty();
        assertThat(tokens.holder(
                        signed(claims().expirationTime(Date.from(Instant.now().minus(Duration.ofHours(1)))))))
                .isEmpty();
        assertThat(tokens.holder(
                        signed(claims().notBeforeTime(Date.from(Instant.now().plus(Duration.ofHours(1)))))))
                .isEmpty();
        assertThat(tokens.holder(signed(claims().expirationTime(null)))).isEmpty();
        assertThat(tokens.holder(signed(claims().subject(null)))).isEmpty();
    }

    @Test
    void whatTheIssuerDidNotSignIsRefused() throws JOSEException {
        assertThat(tokens.holder(signed(claims(), JWSAlgorithm.RS256, "ours", key("ours"))))
                .isEmpty();
        assertThat(tokens.holder(signed(claims(), JWSAlgorithm.RS256, "unknown", key("unknown"))))
                .isEmpty();
        assertThat(tokens.holder(new PlainJWT(claims().build()).serialize())).isEmpty();
        var published = KEY.toRSAPublicKey().getEncoded();
        assertThat(tokens.holder(signed(claims(), JWSAlgorithm.HS256, "ours", new MACSigner(published))))
                .isEmpty();
        assertThat(tokens.holder("no.token.atall")).isEmpty();
        assertThat(tokens.holder("")).isEmpty();
    }

    @Test
    void strangersDoNotMakeUsAskTheIssuerAllTheTime() {
        var strangers = key("unknown");
        for (var i = 0; i < 20; i++) {
            assertThat(tokens.holder(signed(claims(), JWSAlgorithm.RS256, "unknown-" + i, strangers)))
                    .isEmpty();
        }

        assertThat(tokens.holder(signed(claims()))).isPresent();
        assertThat(looks.get()).isLessThan(5);
    }

    @Test
    void whomTheIssuerLetsInMayWhatHisRoleAllows() {
        var access = new Access(new AdminConfig(
                "0.0.0.0",
                0,
                "",
                List.of(),
                List.of(),
                new OidcConfig(url, AUDIENCE, "roles", List.of("look"), List.of("act"))));
        var headers = HttpFields.build().put(HttpHeader.AUTHORIZATION, "Bearer " + signed(claims()));
        var nobody = HttpFields.build().put(HttpHeader.AUTHORIZATION, "Bearer " + signed(claims().claim("roles", "")));

        assertThat(access.admit(route(Role.READ), headers)).isEqualTo(new Caller("oidc:ada", Role.READ, true));
        assertThat(status(access, Role.OPERATE, headers)).isEqualTo(403);
        assertThat(status(access, Role.READ, nobody)).isEqualTo(403);
        assertThat(status(access, Role.READ, HttpFields.EMPTY)).isEqualTo(401);
    }

    private static Route route(Role role) {
        return Route.get("/", role, "", List.of(), String.class, _ -> new Answer.Text(200, "", ""));
    }

    private static int status(Access access, Role role, HttpFields headers) {
        try {
            access.admit(route(role), headers);
            return 200;
        } catch (ProblemException e) {
            return e.problem().status();
        }
    }

    @Test
    void anIssuerThatIsAwayIsNobodysFault() {
        issuer.stop(0);

        assertThatThrownBy(() -> tokens.holder(signed(claims())))
                .isInstanceOf(ProblemException.class)
                .hasMessage("the issuer's keys cannot be had");
    }

    @Test
    void aDescriptionOfAnotherIssuerIsNotBelieved() {
        named = "https://other.example";

        assertThatThrownBy(() -> tokens.holder(signed(claims()))).isInstanceOf(ProblemException.class);
    }

    // ---- an issuer that is slow or away ----

    @Test
    void aFailureIsRememberedSoThatNobodyAsksAgainAtOnce() throws IOException {
        var port = issuer.getAddress().getPort();
        issuer.stop(0);
        assertThatThrownBy(() -> tokens.holder(signed(claims()))).isInstanceOf(ProblemException.class);
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        publish();
        issuer.start();

        now.addAndGet(IssuerKeys.AWAY_FOR.toNanos() - 1);
        assertThatThrownBy(() -> tokens.holder(signed(claims()))).isInstanceOf(ProblemException.class);
        assertThat(looks).hasValue(0);

        now.incrementAndGet();
        assertThat(tokens.holder(signed(claims()))).isPresent();
    }

    private void awaitSpeech() throws IOException {
        try {
            silence.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void whoComesWhileTheIssuerIsSlowWaitsForOneAnswerOnly() throws Exception {
        silence = new CountDownLatch(1);
        var began = System.nanoTime();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var outcomes = new ArrayList<Future<Integer>>();
            for (var i = 0; i < 50; i++) {
                outcomes.add(callers.submit(() -> status(tokens, signed(claims()))));
            }
            for (var outcome : outcomes) {
                assertThat(outcome.get()).isEqualTo(503);
            }
        } finally {
            silence.countDown();
        }

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(IssuerKeys.ANSWER_WITHIN.multipliedBy(2));
        assertThat(asked).hasValue(1);
    }

    @Test
    void strangersKeepNobodyWaitingWhoseKeyIsKnown() throws Exception {
        assertThat(tokens.holder(signed(claims()))).isPresent();
        now.addAndGet(IssuerKeys.UNKNOWN_EVERY.toNanos());
        silence = new CountDownLatch(1);
        try (var strangers = Executors.newVirtualThreadPerTaskExecutor()) {
            var stranger = strangers.submit(() -> status(tokens, signed(claims(), JWSAlgorithm.RS256, "x", key("x"))));
            await().until(() -> asked.get() == 2);

            assertThat(tokens.holder(signed(claims()))).isPresent();
            assertThat(stranger.isDone()).isFalse();

            silence.countDown();
            assertThat(stranger.get()).isEqualTo(401);
        } finally {
            silence.countDown();
        }
    }

    @Test
    void keysAreAskedForAnewAndKeptForAWhileWhereTheIssuerIsAway() {
        assertThat(tokens.holder(signed(claims()))).isPresent();

        now.addAndGet(IssuerKeys.FRESH_FOR.toNanos());
        assertThat(tokens.holder(signed(claims()))).isPresent();
        await().until(() -> looks.get() == 2);

        issuer.stop(0);
        now.addAndGet(IssuerKeys.KEPT_FOR.toNanos() - 1);
        assertThat(tokens.holder(signed(claims()))).isPresent();
        now.addAndGet(IssuerKeys.KEPT_FOR.toNanos());
        assertThat(status(tokens, signed(claims()))).isEqualTo(503);
    }

    private static int status(SignedTokens tokens, String token) {
        try {
            return tokens.holder(token).isPresent() ? 200 : 401;
        } catch (ProblemException e) {
            return e.problem().status();
        }
    }
}

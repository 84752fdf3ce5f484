package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.CallbackUrl;
import dev.halfrate.processor.config.CallbackUrls;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over real sockets, against a server that answers byte for byte what it is told to. */
class PostTest {
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String OK = "HTTP/1.1 204 No Content\r\n\r\n";

    private final List<String> received = new CopyOnWriteArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    PostTest() throws IOException {}

    @AfterEach
    void stop() throws IOException {
        over.countDown();
        server.close();
    }

    /** Serves each connection with the next of the answers, the last one again and again. */
    private void answers(String... answers) {
        Thread.ofVirtual().start(() -> {
            for (var i = 0; ; i++) {
                try (var socket = server.accept()) {
                    received.add(request(socket.getInputStream()));
                    socket.getOutputStream().write(answers[Math.min(i, answers.length - 1)].getBytes(US_ASCII));
                } catch (IOException _) {
                    if (server.isClosed()) {
                        return;
                    }
                }
            }
        });
    }

    private static String request(InputStream in) throws IOException {
        var text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0) {
            text.append((char) in.read());
        }
        var length = text.toString().replaceAll("(?s).*Content-Length: ([0-9]+)\r\n.*", "$1");
        return text + new String(in.readNBytes(Integer.parseInt(length)), UTF_8);
    }

    private Reply post(String url, boolean allowPrivate, Duration timeout, Post.Resolver resolver) {
        return post(
                CallbackUrls.of(url.formatted(server.getLocalPort())),
                allowPrivate,
                timeout,
                resolver,
                (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    private static Reply post(
            CallbackUrl url, boolean allowPrivate, Duration timeout, Post.Resolver resolver, SSLSocketFactory tls) {
        try (var post = new Post(url, timeout, allowPrivate, resolver, tls, InstantSource.fixed(NOW))) {
            return post.send(Map.of("webhook-id", "settled-1"), "{\"a\":1}".getBytes(UTF_8));
        }
    }

    private Reply post(Duration timeout) {
        return post("http://localhost:%d/hook?team=7", true, timeout, InetAddress::getAllByName);
    }

    private static Reply answered(int status) {
        return new Reply.Answered(status, null);
    }

    @Test
    void aMessageArrivesAsItIs() {
        answers(OK);

        assertThat(post(TIMEOUT)).isEqualTo(answered(204));

        assertThat(received).hasSize(1);
        assertThat(received.getFirst())
                .startsWith("POST /hook?team=7 HTTP/1.1\r\nHost: localhost:%d\r\n".formatted(server.getLocalPort()))
                .contains(
                        "\r\nContent-Type: application/json\r\nContent-Length: 7\r\n", "\r\nwebhook-id: settled-1\r\n")
                .endsWith("\r\n\r\n{\"a\":1}");
    }

    @Test
    void aRedirectIsNotFollowed() {
        answers("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:%d/other\r\n\r\n"
                .formatted(server.getLocalPort()));

        assertThat(post(TIMEOUT)).isEqualTo(answered(307));
        assertThat(received).hasSize(1);
    }

    @Test
    void interimAnswersAreNone() {
        answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 410 Gone\r\n\r\n");

        assertThat(post(TIMEOUT)).isEqualTo(answered(410));
    }

    @Test
    void whatTheEndpointAsksForIsRead() {
        answers(
                "HTTP/1.1 429 Too Many\r\nretry-after:  120 \r\n\r\n",
                "HTTP/1.1 503 Busy\r\nRetry-After: Sun, 22 Nov 2026 08:10:00 GMT\r\n\r\n",
                "HTTP/1.1 503 Busy\r\nRetry-After: soon\r\n\r\n");

        assertThat(post(TIMEOUT)).isEqualTo(new Reply.Answered(429, Duration.ofMinutes(2)));
        assertThat(post(TIMEOUT)).isEqualTo(new Reply.Answered(503, Duration.ofMinutes(10)));
        assertThat(post(TIMEOUT)).isEqualTo(answered(503));
    }

    @Test
    void whatIsNoHttpOrHasNoEndIsNoAnswer() {
        answers("SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(10_000), "HTTP/1.1 2", "");

        for (var i = 0; i < 4; i++) {
            assertThat(post(TIMEOUT)).isInstanceOf(Reply.Silent.class);
        }
    }

    @Test
    void aBodyWithoutEndIsNotReadToItsEnd() {
        answers("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + "x".repeat(1_000_000));

        assertThat(post(TIMEOUT)).isEqualTo(answered(200));
    }

    @Test
    void whoIsSilentOrSlowIsNotWaitedForLongerThanConfigured() {
        Thread.ofVirtual().start(() -> {
            try (var socket = server.accept()) {
                socket.getOutputStream().write("HTTP/1.1 200 OK\r\nx: ".getBytes(US_ASCII));
                over.await();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        assertThat(post(Duration.ofMillis(200))).isEqualTo(new Reply.Silent("no answer in time"));
    }

    @Test
    void aHandshakeThatNobodyAnswersEndsAsWell() {
        Thread.ofVirtual().start(() -> {
            try (var _ = server.accept()) {
                over.await();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        assertThat(post("https://localhost:%d/", true, Duration.ofMillis(200), InetAddress::getAllByName))
                .isEqualTo(new Reply.Silent("no answer in time"));
    }

    @Test
    void closingEndsWhatIsUnderWay() {
        var post = new Post(
                CallbackUrls.of("http://localhost:%d".formatted(server.getLocalPort())),
                Duration.ofMinutes(1),
                true,
                InetAddress::getAllByName,
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system());
        Thread.ofVirtual().start(() -> {
            try (var _ = server.accept()) {
                post.close();
                over.await();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        assertThat(post.send(Map.of(), new byte[0])).isInstanceOf(Reply.Silent.class);
    }

    @Test
    void aPrivateAddressIsNotEvenConnectedTo() {
        answers(OK);
        var loopback = InetAddress.getLoopbackAddress();
        var refused = new Reply.Silent("the host has an address that is not of the internet at large");

        assertThat(post("http://localhost:%d", false, TIMEOUT, InetAddress::getAllByName))
                .isEqualTo(refused);
        assertThat(post("http://[::ffff:127.0.0.1]:%d", false, TIMEOUT, InetAddress::getAllByName))
                .isEqualTo(refused);
        assertThat(post(
                        "http://hooks.example.com:%d",
                        false, TIMEOUT, _ ->
                                new InetAddress[] {InetAddress.getByAddress(new byte[] {1, 1, 1, 1}), loopback}))
                .isEqualTo(refused);
        assertThat(received).isEmpty();
    }

    /** An attacker's name server says something harmless first. */
    @Test
    void theAddressThatIsConnectedToIsTheOneThatWasChecked() {
        answers(OK);
        var asked = new AtomicInteger();
        Post.Resolver rebinding = _ -> asked.getAndIncrement() == 0
                ? new InetAddress[] {InetAddress.getByAddress(new byte[] {(byte) 198, 51, 100, 1})}
                : new InetAddress[] {InetAddress.getLoopbackAddress()};

        post("http://hooks.example.com:%d", false, TIMEOUT, rebinding);
        assertThat(asked).hasValue(1);
        post("http://hooks.example.com:%d", false, TIMEOUT, rebinding);
        assertThat(asked).hasValue(2);
        assertThat(received).isEmpty();
    }

    @Test
    void whereItConnectsIsWhatTheLookUpSaidAndTheHostIsTheName() {
        answers(OK);

        var reply = post(
                "http://hooks.example.com:%d",
                true, TIMEOUT, _ -> new InetAddress[] {InetAddress.getLoopbackAddress()});

        assertThat(reply).isEqualTo(answered(204));
        assertThat(received.getFirst()).contains("\r\nHost: hooks.example.com:");
    }

    @Test
    void aHostThatIsNotFoundIsTriedLikeOneThatIsAway() {
        assertThat(post(
                        "http://hooks.example.com:%d",
                        false, TIMEOUT, _ -> {
                            throw new UnknownHostException("hooks.example.com");
                        }))
                .isEqualTo(new Reply.Silent("UnknownHostException"));
    }

    @Test
    void theCertificateMustBeOfTheName(@TempDir Path directory) throws Exception {
        var tls = certified(directory, "hooks.example.com");
        server.close();
        server = tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        answers(OK);
        Post.Resolver here = _ -> new InetAddress[] {InetAddress.getLoopbackAddress()};

        assertThat(post(secure("hooks.example.com"), true, TIMEOUT, here, tls.getSocketFactory()))
                .isEqualTo(answered(204));
        assertThat(post(secure("other.example.com"), true, TIMEOUT, here, tls.getSocketFactory()))
                .isEqualTo(new Reply.Silent("SSLHandshakeException"));
        assertThat(post(secure("hooks.example.com"), true, TIMEOUT, here, (SSLSocketFactory)
                        SSLSocketFactory.getDefault()))
                .as("nobody vouches for it")
                .isEqualTo(new Reply.Silent("SSLHandshakeException"));
        assertThat(received).hasSize(1);
    }

    private CallbackUrl secure(String host) {
        return CallbackUrls.of("https://%s:%d/".formatted(host, server.getLocalPort()));
    }

    private static SSLContext certified(Path directory, String host)
            throws IOException, InterruptedException, GeneralSecurityException {
        var file = directory.resolve("server.p12");
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        file.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        var store = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            store.load(in, "changeit".toCharArray());
        }
        var keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, "changeit".toCharArray());
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}

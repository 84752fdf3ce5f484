package dev.halfrate.processor.provider.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A vendor at a bare socket: sees every byte of every request, and answers or misbehaves as it is told. */
public final class RawVendor implements AutoCloseable {
    public static final String KEY = "sk-canary-7c1f0d";

    /** What is done once a request's head has come. */
    @FunctionalInterface
    public interface Behaviour {
        void on(Request request, Connection connection) throws IOException, InterruptedException;
    }

    /** @param head request line and headers as they came */
    public record Request(String head) {
        /** @return method and path, e.g. {@code POST /v1/batches} */
        public String line() {
            return head.substring(0, head.indexOf(" HTTP/"));
        }

        public String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /** One TCP connection and what came over it. */
    public record Connection(Socket socket, InputStream in) {
        public byte[] body(Request request) throws IOException {
            return in.readNBytes(Integer.parseInt("0" + request.header("Content-Length")));
        }

        public void send(String text) throws IOException {
            send(text.getBytes(UTF_8));
        }

        public void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        public void answer(int status, String body, String... headers) throws IOException {
            var lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            send("HTTP/1.1 %d Word\r\n%sContent-Length: %d\r\n\r\n%s"
                    .formatted(status, lines, body.getBytes(UTF_8).length, body));
        }

        /** A RST, not a FIN. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    private final ServerSocket server;
    private volatile Behaviour behaviour = (_, connection) -> connection.reset();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    public RawVendor() {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Until it is told, it resets every connection. */
    public void does(Behaviour behaviour) {
        this.behaviour = behaviour;
    }

    /** Reads each request to its end and gives all of them the same answer. */
    public void answers(int status, String body, String... headers) {
        does((request, connection) -> {
            connection.body(request);
            connection.answer(status, body, headers);
        });
    }

    public AccountConfig account() {
        return account("http://127.0.0.1:" + server.getLocalPort() + "/v1");
    }

    public static AccountConfig account(String baseUrl) {
        return account("openai", baseUrl);
    }

    public static AccountConfig account(String provider, String baseUrl) {
        return new AccountConfig(
                "main",
                provider,
                URI.create(baseUrl),
                new Secret(KEY),
                "main",
                List.of("*"),
                "24h",
                8,
                DoubtConfig.DEFAULT,
                SyncConfig.DEFAULT);
    }

    /** @param answer how long a small call may take; the rest is generous */
    public static Timeouts timeouts(Duration answer) {
        var generous = Duration.ofSeconds(20);
        return new Timeouts(generous, answer, generous, generous, generous);
    }

    public List<Request> requests() {
        return requests;
    }

    public long count(String line) {
        return requests.stream().filter(request -> request.line().equals(line)).count();
    }

    public int connections() {
        return sockets.size();
    }

    @Override
    public void close() {
        try {
            server.close();
            for (var socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var connection = new Connection(socket, new BufferedInputStream(socket.getInputStream()));
            for (var head = head(connection.in); !head.isEmpty(); head = head(connection.in)) {
                var request = new Request(head);
                requests.add(request);
                behaviour.on(request, connection);
            }
        } catch (IOException | InterruptedException _) {
            // the other side is gone, or the test over
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            var next = in.read();
            if (next < 0) {
                return "";
            }
            head.append(new String(new byte[] {(byte) next}, ISO_8859_1));
        }
        return head.toString();
    }
}

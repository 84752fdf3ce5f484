package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.config.CallbackUrl;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Posts to one URL, over HTTP/1.1 on a connection of its own each time.
 *
 * <p>The JDK's client resolves a host by itself, so an address that was looked up and checked before need not be the one that
 * it connects to (DNS rebinding). Here the host is resolved once for each post, every address is checked, and the socket
 * is connected to one of those, without asking again; the certificate is held against the name. No redirect is followed, and
 * no proxy or credentials of the JVM are used.
 */
final class Post implements AutoCloseable {
    private static final int HEAD_BYTES_MAX = 16 * 1024;
    private static final int BODY_BYTES_READ = 4 * 1024;
    private static final Duration BODY_WAIT = Duration.ofMillis(500);
    private static final int INTERIM_MAX = 5;
    private static final int ADDRESSES_MAX = 4;

    private final CallbackUrl url;
    private final Duration timeout;
    private final boolean allowPrivate;
    private final Resolver resolver;
    private final SSLSocketFactory tls;
    private final InstantSource clock;
    private final Set<Call> calls = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor alarm;

    /** Looks up a host. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /**
     * @param timeout of a whole post; only the look-up of the host may take longer, as the system has it
     * @param allowPrivate whether any address will do
     */
    Post(
            CallbackUrl url,
            Duration timeout,
            boolean allowPrivate,
            Resolver resolver,
            SSLSocketFactory tls,
            InstantSource clock) {
        this.url = url;
        this.timeout = timeout;
        this.allowPrivate = allowPrivate;
        this.resolver = resolver;
        this.tls = tls;
        this.clock = clock;
        this.alarm = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("callbacks-alarm").daemon().factory());
        alarm.setRemoveOnCancelPolicy(true);
    }

    /** An address that a callback must not go to. */
    static final class RefusedAddressException extends IOException {
        private static final long serialVersionUID = 1;

        RefusedAddressException() {
            super("the host has an address that is not of the internet at large");
        }
    }

    /**
     * Blocks.
     *
     * @param headers of this message, beside those of every one; ASCII
     */
    Reply send(Map<String, String> headers, byte[] body) {
        var call = new Call();
        calls.add(call);
        try (call) {
            var alarmed = alarm.schedule(call::expire, timeout.toNanos(), TimeUnit.NANOSECONDS);
            try {
                var socket = connect(call);
                return exchange(url.isSecure() ? secured(socket) : socket, headers, body);
            } finally {
                alarmed.cancel(false);
            }
        } catch (RefusedAddressException e) {
            return new Reply.Silent(String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            // A message may quote an address or the answer.
            return new Reply.Silent(
                    call.isExpired() ? "no answer in time" : e.getClass().getSimpleName());
        } finally {
            calls.remove(call);
        }
    }

    /** The sockets of one post, one after the other. Closing is what ends a connect, a handshake, a write or a read alike. */
    private static final class Call implements AutoCloseable {
        private @Nullable Socket socket;
        private boolean closed;
        private boolean expired;

        synchronized Socket socket() throws IOException {
            if (closed) {
                throw new IOException("too late");
            }
            closeSocket();
            var next = new Socket(Proxy.NO_PROXY);
            socket = next;
            return next;
        }

        synchronized void expire() {
            expired = true;
            close();
        }

        synchronized boolean isExpired() {
            return expired;
        }

        @Override
        public synchronized void close() {
            closed = true;
            closeSocket();
        }

        private void closeSocket() {
            try {
                if (socket != null) {
                    socket.close();
                }
            } catch (IOException _) {
                // It is closed.
            }
        }
    }

    private Socket connect(Call call) throws IOException {
        var found = resolver.resolve(url.host());
        // One that is refused among others is a trap rather than a choice.
        if (!allowPrivate && !Arrays.stream(found).allMatch(AddressRules::isPublic)) {
            throw new RefusedAddressException();
        }
        var addresses = Arrays.asList(found).subList(0, Math.min(found.length, ADDRESSES_MAX));
        var wait = Math.toIntExact(timeout.dividedBy(addresses.size()).toMillis());
        IOException failure = new UnknownHostException();
        for (var address : addresses) {
            var socket = call.socket();
            try {
                socket.setTcpNoDelay(true);
                socket.connect(new InetSocketAddress(address, url.port()), wait);
                return socket;
            } catch (IOException e) {
                failure = e;
            }
        }
        throw failure;
    }

    private SSLSocket secured(Socket socket) throws IOException {
        var secured = (SSLSocket) tls.createSocket(socket, url.host(), url.port(), true);
        var parameters = new SSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    private Reply exchange(Socket socket, Map<String, String> headers, byte[] body) throws IOException {
        var out = socket.getOutputStream();
        var head = new StringBuilder()
                .append("POST ")
                .append(url.target())
                .append(" HTTP/1.1\r\nHost: ")
                .append(url.authority())
                .append("\r\nUser-Agent: halfrate\r\nAccept-Encoding: identity\r\nConnection: close\r\n")
                .append("Content-Type: application/json\r\nContent-Length: ")
                .append(body.length)
                .append("\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        var message = new ByteArrayOutputStream(head.length() + body.length + 2);
        message.writeBytes(head.append("\r\n").toString().getBytes(US_ASCII));
        message.writeBytes(body);
        message.writeTo(out);
        out.flush();
        var in = new BufferedInputStream(socket.getInputStream());
        var reply = reply(in);
        drain(socket, in);
        return reply;
    }

    /** Some servers complain of whoever leaves before they have said all. */
    private static void drain(Socket socket, InputStream in) {
        try {
            socket.setSoTimeout(Math.toIntExact(BODY_WAIT.toMillis()));
            var left = BODY_BYTES_READ;
            for (var read = 0; read >= 0 && left > 0; left -= Math.max(0, read)) {
                read = in.read(new byte[left]);
            }
        } catch (IOException _) {
            // The status is known.
        }
    }

    /** @throws IOException if it is no answer */
    Reply reply(InputStream in) throws IOException {
        var left = HEAD_BYTES_MAX;
        for (var i = 0; i <= INTERIM_MAX; i++) {
            var line = line(in, left);
            if (!line.matches("HTTP/1\\.[01] [1-9][0-9]{2}( .*)?")) {
                throw new IOException("no HTTP");
            }
            var status = Integer.parseInt(line.substring(9, 12));
            left -= line.length();
            Duration retryAfter = null;
            for (line = line(in, left); !line.isEmpty(); line = line(in, left)) {
                left -= line.length();
                var colon = line.indexOf(':');
                if (colon > 0
                        && line.substring(0, colon).toLowerCase(Locale.ROOT).equals("retry-after")) {
                    retryAfter = retryAfter(line.substring(colon + 1).strip(), clock.instant());
                }
            }
            if (status >= 200) {
                return new Reply.Answered(status, retryAfter);
            }
        }
        throw new IOException("nothing but interim answers");
    }

    private static String line(InputStream in, int bytesMax) throws IOException {
        var line = new ByteArrayOutputStream();
        for (var read = in.read(); read != '\n'; read = in.read()) {
            if (read < 0 || line.size() >= bytesMax) {
                throw new IOException(read < 0 ? "broken off" : "too long");
            }
            line.write(read);
        }
        return line.toString(ISO_8859_1).stripTrailing();
    }

    /** @return null if it says neither seconds nor a date */
    static @Nullable Duration retryAfter(String value, Instant now) {
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            var until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
        } catch (DateTimeException _) {
            return null;
        }
    }

    /** What is under way ends at once, without an answer. */
    @Override
    public void close() {
        alarm.shutdownNow();
        calls.forEach(Call::close);
    }
}

package dev.halfrate.processor.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.DoSHandler;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A port that is listened on over HTTP. Strangers cost little: they are few, small and slow at most, and are told nothing of us. */
public final class HttpPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpPort.class);
    private static final int CONNECTIONS_MAX = 256;
    private static final int HEADER_BYTES_MAX = 8 * 1024;

    private final String name;
    private final Server server;

    private HttpPort(String name, Server server) {
        this.name = name;
        this.server = server;
    }

    /**
     * How it is listened.
     *
     * @param port 0 for one that is free
     * @param requestsPerSecondMax of one address; beyond that it gets a 429
     * @param idleMax of a connection on which nothing comes
     * @param paths which of them are taken as they came
     */
    public record Rules(String host, int port, int requestsPerSecondMax, Duration idleMax, UriCompliance paths) {}

    /**
     * @param name of the configuration's section, also of its threads
     * @param orElse what can be done if the port cannot be had
     * @throws UncheckedIOException if it cannot
     */
    public static HttpPort open(String name, Rules rules, Handler door, String orElse) {
        var threads = new QueuedThreadPool();
        threads.setName(name);
        threads.setDaemon(true);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor(name + "-"));
        var server = new Server(threads);
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES_MAX);
        http.setUriCompliance(rules.paths());
        var connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(rules.host());
        connector.setPort(rules.port());
        connector.setIdleTimeout(rules.idleMax().toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        server.setErrorHandler(new StatusOnly());
        server.setHandler(new DoSHandler(
                door,
                DoSHandler.ID_FROM_REMOTE_ADDRESS,
                new DoSHandler.LeakingBucketTrackerFactory(rules.requestsPerSecondMax()),
                new DoSHandler.StatusRejectHandler(HttpStatus.TOO_MANY_REQUESTS_429),
                CONNECTIONS_MAX));
        var opened = new HttpPort(name, server);
        try {
            server.start();
        } catch (Exception e) {
            opened.close();
            var why = e.getCause() instanceof BindException
                    ? "is in use"
                    : "cannot be listened on (" + e.getMessage() + ")";
            throw new UncheckedIOException(
                    "%s.port %d of %s %s: %s".formatted(name, rules.port(), rules.host(), why, orElse),
                    e instanceof IOException io ? io : new IOException(e));
        }
        return opened;
    }

    public int port() {
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("the server of {} did not stop in order", name, e);
        }
    }

    /** For what never reaches the door: no page, no cause, no name of who answers. */
    private static final class StatusOnly extends ErrorHandler {
        private static final String TEXT = "text/plain; charset=utf-8";

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders()
                    .put(HttpHeader.CONTENT_TYPE, TEXT)
                    .put(HttpHeader.CACHE_CONTROL, "no-store")
                    .put("X-Content-Type-Options", "nosniff");
            response.write(true, words(response.getStatus()), callback);
            return true;
        }

        private static ByteBuffer words(int status) {
            return ByteBuffer.wrap((HttpStatus.getMessage(status) + "\n").getBytes(UTF_8));
        }
    }
}

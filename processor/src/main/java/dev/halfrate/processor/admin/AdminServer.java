package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.DoSHandler;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.LoggerFactory;

/** Listens for operators, probes and collectors of metrics. */
public final class AdminServer implements AutoCloseable {
    private static final int REQUESTS_PER_SECOND_MAX = 200;
    private static final int CONNECTIONS_MAX = 256;
    private static final int HEADER_BYTES_MAX = 8 * 1024;
    private static final Duration IDLE_MAX = Duration.ofSeconds(30);
    private static final int TOO_MANY_REQUESTS = 429;

    private final Server server;

    private AdminServer(Server server) {
        this.server = server;
    }

    /** @throws UncheckedIOException if the port cannot be had */
    public static AdminServer start(AdminConfig config, Views views, MeterRegistry meters) {
        return start(config, Routes.of(views), meters);
    }

    static AdminServer start(AdminConfig config, List<Route> routes, MeterRegistry meters) {
        var threads = new QueuedThreadPool();
        threads.setName("admin");
        threads.setDaemon(true);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("admin-"));
        var server = new Server(threads);
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES_MAX);
        // Paths are matched as they came, and a custom_id may have any character in it.
        http.setUriCompliance(UriCompliance.DEFAULT.with(
                "ids",
                UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
                UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING));
        var connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(config.host());
        connector.setPort(config.port());
        connector.setIdleTimeout(IDLE_MAX.toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        server.setHandler(new DoSHandler(
                new Door(routes, new Access(config), meters),
                DoSHandler.ID_FROM_REMOTE_ADDRESS,
                new DoSHandler.LeakingBucketTrackerFactory(REQUESTS_PER_SECOND_MAX),
                new DoSHandler.StatusRejectHandler(TOO_MANY_REQUESTS),
                CONNECTIONS_MAX));
        var admin = new AdminServer(server);
        try {
            server.start();
        } catch (Exception e) {
            admin.close();
            var why = e.getCause() instanceof BindException
                    ? "is in use"
                    : "cannot be listened on (" + e.getMessage() + ")";
            throw new UncheckedIOException(
                    "admin.port %d of %s %s: free it, choose another, or 0 for none"
                            .formatted(config.port(), config.host(), why),
                    e instanceof IOException io ? io : new IOException(e));
        }
        LoggerFactory.getLogger(AdminServer.class)
                .info("operators: http://{}:{}/api/status", config.host(), admin.port());
        return admin;
    }

    public int port() {
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            LoggerFactory.getLogger(AdminServer.class).warn("the admin server did not stop in order", e);
        }
    }
}

package dev.halfrate.processor.webhook;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.WebhooksConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.DoSHandler;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.LoggerFactory;

/** Listens for the vendors' webhooks: {@code POST /webhooks/ACCOUNT}. Strangers cost little: they are few, small and slow at most. */
public final class WebhookServer implements AutoCloseable {
    private static final int REQUESTS_PER_SECOND_MAX = 100;
    private static final int CONNECTIONS_MAX = 256;
    private static final Duration IDLE_MAX = Duration.ofSeconds(10);
    private static final int TOO_MANY_REQUESTS = 429;

    private final Server server;

    private WebhookServer(Server server) {
        this.server = server;
    }

    /** Told of each message that is genuine and new. */
    @FunctionalInterface
    public interface Listener {
        void ended(String account, String remoteBatchId);
    }

    /**
     * @param accounts those without a secret are left out
     * @throws UncheckedIOException if the port cannot be had
     * @throws dev.halfrate.processor.config.ConfigException if a secret is not one
     */
    public static WebhookServer start(
            WebhooksConfig config,
            List<AccountConfig> accounts,
            MeterRegistry meters,
            InstantSource clock,
            Listener listener) {
        var door = new WebhookDoor(accounts, meters, clock, listener);
        var threads = new QueuedThreadPool();
        threads.setName("webhooks");
        threads.setDaemon(true);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("webhooks-"));
        var server = new Server(threads);
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        var connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(config.host());
        connector.setPort(config.port());
        connector.setIdleTimeout(IDLE_MAX.toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        server.setHandler(new DoSHandler(
                door,
                DoSHandler.ID_FROM_REMOTE_ADDRESS,
                new DoSHandler.LeakingBucketTrackerFactory(REQUESTS_PER_SECOND_MAX),
                new DoSHandler.StatusRejectHandler(TOO_MANY_REQUESTS),
                CONNECTIONS_MAX));
        var webhooks = new WebhookServer(server);
        try {
            server.start();
        } catch (Exception e) {
            webhooks.close();
            var why = e.getCause() instanceof BindException
                    ? "is in use"
                    : "cannot be listened on (" + e.getMessage() + ")";
            throw new UncheckedIOException(
                    "webhooks.port %d of %s %s: free it or choose another".formatted(config.port(), config.host(), why),
                    e instanceof IOException io ? io : new IOException(e));
        }
        LoggerFactory.getLogger(WebhookServer.class)
                .info("listens for webhooks on {}:{}", config.host(), webhooks.port());
        return webhooks;
    }

    public int port() {
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            LoggerFactory.getLogger(WebhookServer.class).warn("the webhook server did not stop in order", e);
        }
    }
}

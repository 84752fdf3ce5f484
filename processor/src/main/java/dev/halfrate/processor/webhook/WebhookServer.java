package dev.halfrate.processor.webhook;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.WebhooksConfig;
import dev.halfrate.processor.http.HttpPort;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.eclipse.jetty.http.UriCompliance;
import org.slf4j.LoggerFactory;

/** Listens for the vendors' webhooks: {@code POST /webhooks/ACCOUNT}. Strangers cost little: they are few, small and slow at most. */
public final class WebhookServer implements AutoCloseable {
    private static final int REQUESTS_PER_SECOND_MAX = 100;
    private static final Duration IDLE_MAX = Duration.ofSeconds(10);

    private final HttpPort http;

    private WebhookServer(HttpPort http) {
        this.http = http;
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
        var http = HttpPort.open(
                "webhooks",
                new HttpPort.Rules(
                        config.host(), config.port(), REQUESTS_PER_SECOND_MAX, IDLE_MAX, UriCompliance.DEFAULT),
                door,
                "free it or choose another");
        LoggerFactory.getLogger(WebhookServer.class).info("listens for webhooks on {}:{}", config.host(), http.port());
        return new WebhookServer(http);
    }

    public int port() {
        return http.port();
    }

    @Override
    public void close() {
        http.close();
    }
}

package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.http.HttpPort;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.http.UriCompliance;
import org.slf4j.LoggerFactory;

/** Listens for operators, probes and collectors of metrics. */
public final class AdminServer implements AutoCloseable {
    private static final int REQUESTS_PER_SECOND_MAX = 200;
    private static final Duration IDLE_MAX = Duration.ofSeconds(30);

    /** Paths are matched as they came, and a custom_id may have any character in it. */
    private static final UriCompliance PATHS = UriCompliance.DEFAULT.with(
            "ids", UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR, UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING);

    private final HttpPort http;

    private AdminServer(HttpPort http) {
        this.http = http;
    }

    /** @throws UncheckedIOException if the port cannot be had */
    public static AdminServer start(AdminConfig config, Views views, MeterRegistry meters) {
        return start(config, Routes.of(views), meters);
    }

    static AdminServer start(AdminConfig config, List<Route> routes, MeterRegistry meters) {
        var http = HttpPort.open(
                "admin",
                new HttpPort.Rules(config.host(), config.port(), REQUESTS_PER_SECOND_MAX, IDLE_MAX, PATHS),
                new Door(routes, new Access(config), meters),
                "free it, choose another, or 0 for none");
        LoggerFactory.getLogger(AdminServer.class)
                .info("operators: http://{}:{}/api/status", config.host(), http.port());
        return new AdminServer(http);
    }

    public int port() {
        return http.port();
    }

    @Override
    public void close() {
        http.close();
    }
}

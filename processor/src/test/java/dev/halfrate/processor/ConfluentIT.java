package dev.halfrate.processor;

import dev.halfrate.simulator.RegistryServer;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** With the registry that comes along with `halfrate local`. */
@Tag("long")
class ConfluentIT extends ConfluentContract {
    @SuppressWarnings("NullAway.Init")
    private static RegistryServer server;

    @BeforeAll
    static void start() {
        server = RegistryServer.start(0);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    URI registry() {
        return server.url();
    }
}

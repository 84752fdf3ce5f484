package dev.halfrate.local;

import dev.halfrate.processor.Service;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.BillingBook;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import dev.halfrate.simulator.SimulatorStartException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Broker, schema registry, simulator and, if wanted, the processor in this JVM. */
final class LocalStack implements AutoCloseable {
    static final int NO_PORT = -1;

    /**
     * How to start one.
     *
     * @param brokerPort 0 for any free one, as are simulatorPort, registryPort and adminPort
     * @param adminPort below 0 for none
     * @param directory of everything that is written
     * @param speed of the simulator: its seconds per real second
     * @param only whom all requests go to; null chooses by model
     * @param windows when they close
     */
    record Plan(
            int brokerPort,
            int simulatorPort,
            int registryPort,
            int adminPort,
            Path directory,
            long seed,
            double speed,
            boolean withProcessor,
            @Nullable Upstream only,
            LocalSettings.Windows windows) {

        Plan(
                int brokerPort,
                int simulatorPort,
                Path directory,
                long seed,
                double speed,
                boolean withProcessor,
                @Nullable Upstream only) {
            this(
                    brokerPort,
                    simulatorPort,
                    0,
                    NO_PORT,
                    directory,
                    seed,
                    speed,
                    withProcessor,
                    only,
                    LocalSettings.Windows.SMALL);
        }

        Path state() {
            return directory.resolve("state");
        }
    }

    /** What is running, the latest first. */
    private final Deque<AutoCloseable> running = new ArrayDeque<>();

    private final EmbeddedBroker broker;
    private final Simulator simulator;
    private final RegistryServer registry;
    private final HalfrateConfig config;
    private final @Nullable Service service;

    /** @throws StartupException saying in one line what is in the way */
    static LocalStack start(Plan plan) throws InterruptedException {
        return new LocalStack(plan);
    }

    private LocalStack(Plan plan) throws InterruptedException {
        try {
            broker = EmbeddedBroker.start(plan.brokerPort(), plan.directory().resolve("broker"));
            running.push(broker);
            simulator = startSimulator(plan);
            running.push(simulator);
            registry = startRegistry(plan);
            running.push(registry);
            config = LocalSettings.config(
                            broker.bootstrapServers(), simulator.baseUrl(), plan.state(), plan.only(), plan.windows())
                    .with(RegistryConfig.at(registry.url()), FormatsConfig.DEFAULT)
                    .with(admin(plan));
            if (plan.withProcessor()) {
                // A simulator that was just started is another account, wherever it listens.
                service = Service.start(config, Set.of(Guard.CHANGED_ACCOUNT, Guard.CHANGED_ORGANIZATION));
                running.push(service);
            } else {
                // Somebody may want to send before a processor is there to make the topics.
                TopicSetup.ensure(config);
                service = null;
            }
        } catch (RuntimeException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private static AdminConfig admin(Plan plan) {
        return plan.adminPort() < 0
                ? AdminConfig.NONE
                : new AdminConfig(
                        AdminConfig.NONE.host(), EmbeddedBroker.freePort(plan.adminPort(), "--admin-port"), List.of());
    }

    private static Simulator startSimulator(Plan plan) {
        try {
            return Simulator.start(SimulatorConfig.defaults()
                    .withPort(EmbeddedBroker.freePort(plan.simulatorPort(), "--simulator-port"))
                    .withSeed(plan.seed())
                    .withSpeed(plan.speed())
                    .withDataDirectory(plan.directory().resolve("simulator")));
        } catch (SimulatorStartException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static RegistryServer startRegistry(Plan plan) {
        try {
            return RegistryServer.start(
                    EmbeddedBroker.freePort(plan.registryPort(), "--registry-port"),
                    plan.directory().resolve("registry.jsonl"));
        } catch (SimulatorStartException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    HalfrateConfig config() {
        return config;
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    URI registryUrl() {
        return registry.url();
    }

    URI simulatorUrl() {
        return simulator.baseUrl();
    }

    /** What models of the simulator say is so long from now on, as far as requests allow it. */
    void answerAtLeast(int bytes) throws InterruptedException {
        var change = HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/habits"))
                .PUT(HttpRequest.BodyPublishers.ofString("{\"answer_bytes_min\": %d}".formatted(bytes)))
                .build();
        try (var http = HttpClient.newHttpClient()) {
            var status =
                    http.send(change, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status != 200) {
                throw new StartupException("the simulator answers %d to new habits".formatted(status));
            }
        } catch (IOException e) {
            throw new StartupException("the simulator does not answer: " + e.getMessage(), e);
        }
    }

    BillingBook billingBook() {
        return simulator.billingBook();
    }

    /** Completes with the reason if the processor gives up; never where there is none. */
    CompletableFuture<Throwable> failure() {
        return service == null ? new CompletableFuture<>() : service.failure();
    }

    /** Stops the processor first, while it still has whom to talk to. */
    @Override
    public synchronized void close() {
        while (!running.isEmpty()) {
            var last = running.pop();
            try {
                last.close();
            } catch (Exception e) {
                // The others have to be stopped all the same, and nobody waits for a result any more.
                LoggerFactory.getLogger(LocalStack.class)
                        .warn("{} did not stop cleanly", last.getClass().getSimpleName(), e);
            }
        }
    }
}

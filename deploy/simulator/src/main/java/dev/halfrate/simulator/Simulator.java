package dev.halfrate.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Running vendors. Everything they hold goes when it is closed. */
public final class Simulator implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Simulator.class);

    private static final int THREADS_MAX = 100;
    private static final int CONNECTIONS_WAITING_MAX = 1_024;
    private static final Duration IDLE_TIME_MAX = Duration.ofMinutes(2);

    /** How often, in real time, batches work although nobody is looking: a late poll then finds little left to do. */
    private static final Duration ADVANCE_INTERVAL = Duration.ofMillis(100);

    private final ShiftedClock clock;
    private final Path directory;
    private final FileStore files;
    private final BillingBook book;
    private final List<BatchStore<?>> stores;
    private final Webhooks webhooks;
    private final Server server;
    private final URI baseUrl;
    private final ScheduledExecutorService advancing;

    /** Starts on the real time of day, sped up as configured. */
    public static Simulator start(SimulatorConfig config) {
        return start(config, VirtualClock.startingAt(Instant.now(), config.speed()));
    }

    /**
     * Starts on a clock of the caller's, who then decides about the speed.
     *
     * @throws SimulatorStartException if the port is taken or the data directory cannot be used
     */
    public static Simulator start(SimulatorConfig config, VirtualClock clock) {
        Path directory = createDirectory(config.dataDirectory());
        try {
            return new Simulator(config, clock, directory);
        } catch (SimulatorStartException e) {
            deleteDirectory(directory);
            throw e;
        }
    }

    private Simulator(SimulatorConfig config, VirtualClock base, Path directory) {
        ShiftedClock clock = new ShiftedClock(base);
        Seed seed = new Seed(config.seed());
        Ids ids = new Ids(seed, clock.now());
        this.clock = clock;
        this.directory = directory;
        Present<Habits> habits = new Present<>(Habits.of(config));
        Present<Limits> limits = new Present<>(Limits.NONE);
        LineFaults lineFaults = new LineFaults();
        webhooks = new Webhooks(ids);
        List<VendorApi> vendors = new ArrayList<>();
        try {
            files = new FileStore(directory.resolve("files"), clock, habits);
            book = new BillingBook(directory.resolve("billing.jsonl"));
            BatchWork work = new BatchWork(
                    config,
                    seed,
                    new ModelEndpoints(seed, config.lineErrorRates(), new PromptCache()),
                    new MessageModel(seed, config.lineErrorRates(), new PromptCache()),
                    files,
                    book,
                    new EnqueuedTokens(limits),
                    webhooks,
                    lineFaults,
                    habits);
            SynchronousCalls calls = new SynchronousCalls(work, clock);
            BatchStore<Batch> batches = new BatchStore<>("batch_", directory.resolve("batches"), ids, work, clock);
            BatchStore<MessageBatch> messages =
                    new BatchStore<>("msgbatch_", directory.resolve("message-batches"), ids, work, clock);
            stores = List.of(batches, messages);
            RateLimits anthropicLimits = new RateLimits(limits, clock, config.speed());
            vendors.add(new AnthropicApi(messages, work, calls, anthropicLimits, directory.resolve("creates"), clock));
            FileUpload upload = new FileUpload(files, ids, clock);
            RateLimits openAiLimits = new RateLimits(limits, clock, config.speed());
            for (Dialect dialect : List.of(Dialect.values()).reversed()) {
                vendors.add(new OpenAiApi(dialect, upload, batches, work, calls, openAiLimits, clock));
            }
        } catch (IOException e) {
            throw unusable(config.dataDirectory(), e);
        }
        Faults faults = new Faults();
        ControlApi control =
                new ControlApi(stores, book, clock, config.speed(), faults, lineFaults, habits, limits, webhooks);
        HttpApi api = new HttpApi(vendors, control, faults, habits, config.apiKeys(), ids, clock);
        try {
            server = startServer(config, api);
        } catch (SimulatorStartException e) {
            webhooks.close();
            throw e;
        }
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        baseUrl = URI.create("http://%s:%d/v1".formatted(config.host(), port));
        advancing = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("simulator-advance").daemon().factory());
        var _ = advancing.scheduleWithFixedDelay(
                this::advance, ADVANCE_INTERVAL.toMillis(), ADVANCE_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Where clients are to be pointed, such as {@code http://127.0.0.1:4010/v1}. */
    public URI baseUrl() {
        return baseUrl;
    }

    /** The book, with everything in it that is due by now. Ask again to see what was billed later. */
    public BillingBook billingBook() {
        try {
            advanceBatches();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return book;
    }

    public VirtualClock clock() {
        return clock;
    }

    /** Cuts the connections and deletes the files. */
    @Override
    public void close() {
        advancing.close();
        webhooks.close();
        try {
            server.stop();
        } catch (Exception e) {
            log.warn("the simulator's HTTP server did not stop in order", e);
        }
        deleteDirectory(directory);
    }

    private void advanceBatches() throws IOException {
        for (BatchStore<?> store : stores) {
            store.advance();
        }
    }

    private void advance() {
        try {
            advanceBatches();
            files.deleteExpired();
        } catch (IOException | RuntimeException e) {
            log.error("the simulator cannot work on its batches, and tries again: {}", e.toString());
        }
    }

    private static Server startServer(SimulatorConfig config, HttpApi api) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS_MAX);
        threads.setName("simulator");
        threads.setDaemon(true);
        Server server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(config.host());
        connector.setPort(config.port());
        connector.setAcceptQueueSize(CONNECTIONS_WAITING_MAX);
        connector.setIdleTimeout(IDLE_TIME_MAX.toMillis());
        server.addConnector(connector);
        server.setHandler(api);
        try {
            server.start();
            return server;
        } catch (Exception e) {
            throw notStarted(config, server, e);
        }
    }

    private static SimulatorStartException notStarted(SimulatorConfig config, Server server, Exception failure) {
        try {
            server.stop();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
        if (failure.getCause() instanceof BindException) {
            return new SimulatorStartException(
                    "port %d on %s is in use: stop what holds it, or set simulator.port to another (0 = any free one)"
                            .formatted(config.port(), config.host()),
                    failure);
        }
        return new SimulatorStartException(
                "the simulator cannot listen on %s:%d: %s"
                        .formatted(config.host(), config.port(), failure.getMessage()),
                failure);
    }

    private static Path createDirectory(Path parent) {
        try {
            return Files.createTempDirectory(Files.createDirectories(parent), "halfrate-simulator-");
        } catch (IOException e) {
            throw unusable(parent, e);
        }
    }

    private static SimulatorStartException unusable(Path directory, IOException cause) {
        return new SimulatorStartException(
                "simulator.data-directory %s cannot be written to; set it to a directory that can: %s"
                        .formatted(directory, cause),
                cause);
    }

    private static void deleteDirectory(Path directory) {
        try {
            FileTree.delete(directory);
        } catch (IOException e) {
            log.warn("cannot delete {}: {}", directory, e.toString());
        }
    }
}

package dev.halfrate.processor;

import dev.halfrate.processor.admin.AdminServer;
import dev.halfrate.processor.admin.Peers;
import dev.halfrate.processor.admin.Views;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Follower;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.StatusDesk;
import dev.halfrate.processor.topology.LaneStreams;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A processor together with the operators' way in, which opens before the processor starts: a start may take long. */
public final class Service implements AutoCloseable {
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private volatile @Nullable Processor processor;
    private volatile boolean stopping;
    private @Nullable AdminServer admin;

    private Service() {}

    /**
     * @param accepted what an operator accepts for this start
     * @throws StartupException saying what to change
     * @throws dev.halfrate.processor.config.ConfigException likewise
     */
    public static Service start(HalfrateConfig config, Set<Guard> accepted) throws InterruptedException {
        var service = new Service();
        try {
            var meters = config.admin().port() == 0 ? new SimpleMeterRegistry() : service.open(config);
            var processor = Processor.start(config, accepted, meters);
            service.parts.push(processor);
            service.processor = processor;
            return service;
        } catch (InterruptedException | RuntimeException e) {
            service.close();
            throw e;
        }
    }

    private MeterRegistry open(HalfrateConfig config) {
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        parts.push(meters::close);
        bind(meters);
        var holdings = new Holdings();
        var audits = new AuditTrail();
        var follower = closing(new Follower(config, holdings, audits, InstantSource.system()));
        var desk = closing(new StatusDesk(config, holdings, InstantSource.system()));
        var requests = new RequestLookup(
                config, this::lanes, closing(new Peers(config.admin().asked())));
        var commands = closing(new Commands(config));
        var views =
                new Views(config, this::notReady, meters::scrape, meters, holdings, audits, desk, requests, commands);
        try {
            admin = closing(AdminServer.start(config.admin(), views, meters));
        } catch (UncheckedIOException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
        follower.start();
        return meters;
    }

    private void bind(MeterRegistry meters) {
        List.of(
                        new ClassLoaderMetrics(),
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        new FileDescriptorMetrics(),
                        new ProcessorMetrics(),
                        new UptimeMetrics())
                .forEach(binder -> binder.bindTo(meters));
        closing(new JvmGcMetrics()).bindTo(meters);
    }

    private List<String> notReady() {
        var started = processor;
        if (stopping) {
            return List.of("the process is stopping");
        }
        return started == null ? List.of("the process is starting") : started.notReady();
    }

    private Optional<LaneStreams> lanes() {
        return Optional.ofNullable(processor).flatMap(Processor::lanes);
    }

    /** @return where operators are listened to, 0 for nowhere */
    public int adminPort() {
        return admin == null ? 0 : admin.port();
    }

    /** Completes with the reason if the processor has to give up. */
    public CompletableFuture<Throwable> failure() {
        var started = processor;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started.failure();
    }

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    /** The processor first. */
    @Override
    public void close() {
        stopping = true;
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LoggerFactory.getLogger(Service.class).warn("while stopping", e);
            }
        }
    }
}

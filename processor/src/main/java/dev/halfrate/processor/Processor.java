package dev.halfrate.processor;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.callback.Callbacks;
import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.PriceTable;
import dev.halfrate.processor.intake.Intake;
import dev.halfrate.processor.ledger.LedgerWorker;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.Instance;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.processor.ops.TransactionWatch;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.http.Organization;
import dev.halfrate.processor.source.Source;
import dev.halfrate.processor.topology.AccountLimits;
import dev.halfrate.processor.topology.BudgetRules;
import dev.halfrate.processor.topology.LaneStreams;
import dev.halfrate.processor.topology.LaneStreamsSettings;
import dev.halfrate.processor.topology.LaneTopology;
import dev.halfrate.processor.tracing.Tracing;
import dev.halfrate.processor.webhook.WebhookServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The wiring diagram: intake, lanes and ledger worker in this process. */
public final class Processor implements AutoCloseable {
    private static final int STANDBYS = 0;

    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<Supplier<Optional<String>>> notReady = new ArrayList<>();

    private volatile @Nullable LaneStreams lanes;

    private Processor() {}

    /** As below, with nothing accepted. */
    public static Processor start(HalfrateConfig config, MeterRegistry meters) throws InterruptedException {
        return start(config, Set.of(), meters);
    }

    /**
     * Returns when every part has been started; it may take a while until partitions are assigned.
     *
     * @param accepted what an operator accepts for this start
     * @throws dev.halfrate.processor.ops.StartupException saying what to change
     * @throws dev.halfrate.processor.config.ConfigException if a source's template is none
     */
    public static Processor start(HalfrateConfig config, Set<Guard> accepted, MeterRegistry meters)
            throws InterruptedException {
        var processor = new Processor();
        try {
            processor.startParts(config, accepted, meters);
            return processor;
        } catch (InterruptedException | RuntimeException e) {
            processor.close();
            throw e;
        }
    }

    private void startParts(HalfrateConfig config, Set<Guard> accepted, MeterRegistry meters)
            throws InterruptedException {
        // Templates are compiled before anything is asked of others, the registry among them.
        var schemas = new AtomicReference<>(WriterSchemas.NONE);
        var sources = Source.of(
                config.sources(), Providers.endpoints(), schema -> schemas.get().find(schema));
        sources.forEach(this::closing);
        var outputs = OutputRules.of(config.results());
        var instance = closing(Instance.in(config.stateDir()));
        var workPartitions = TopicSetup.ensure(config);
        var organizations = Births.check(config, accepted);

        var providers = new LinkedHashMap<String, Provider>();
        for (var account : config.accounts()) {
            var name = account.name();
            var organization = account.http().checkOrganization()
                    ? new Organization(
                            organizations.getOrDefault(name, ""), seen -> Births.noteOrganization(config, name, seen))
                    : Organization.any();
            providers.put(name, closing(Providers.of(account, organization)));
        }
        Map<String, Capabilities> capabilities = providers.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> entry.getValue().capabilities()));

        var formats = closing(Formats.of(config, meters));
        schemas.set(formats.schemas());
        var tracing = closing(Tracing.of(config.tracing(), instance.id(), meters));
        var feeds = formats.feeds().withTraces(tracing::traceparent);
        var pricing = PriceTable.of(config.money());
        var ledger = closing(new LedgerWorker(
                config,
                feeds,
                instance.id(),
                providers,
                workPartitions,
                pricing,
                outputs,
                meters,
                tracing,
                failure::complete));
        var lanes = closing(new LaneStreams(
                new LaneTopology(
                        config.topics(),
                        config.resultTopics(),
                        workPartitions,
                        config.lanes(),
                        limits(config, capabilities),
                        new BudgetRules(
                                config.money().budgets(),
                                pricing,
                                config.money().outputTokensMax()),
                        feeds,
                        meters,
                        tracing),
                new LaneStreamsSettings(
                        config.application(),
                        config.stateDir().resolve("lanes"),
                        config.kafka(),
                        config.topics().replicationFactor(),
                        config.topics().inSyncReplicasMin(),
                        STANDBYS),
                config.admin().asked().address(),
                instance.id(),
                failure::complete));
        var intake = closing(Intake.ofRequests(
                config,
                feeds,
                formats.schemas(),
                capabilities,
                () -> Births.checkTopics(config),
                instance.id(),
                meters,
                tracing,
                failure::complete));
        if (config.webhooks().port() > 0) {
            closing(webhooks(config, meters, ledger));
        }
        var callbacks = closing(new Callbacks(config, new FeedReader(formats.schemas()), meters));
        var transactions = closing(new TransactionWatch(config, meters, InstantSource.system()));
        this.lanes = lanes;
        notReady.addAll(List.of(intake::notReady, lanes::notReady, ledger::notReady));
        // Downstream first: nothing is read before somebody takes it on.
        callbacks.start();
        ledger.start();
        lanes.start();
        intake.start();
        if (!sources.isEmpty()) {
            var events = closing(Intake.ofEvents(
                    config, sources, () -> Births.checkTopics(config), instance.id(), meters, failure::complete));
            notReady.add(events::notReady);
            events.start();
        }
        transactions.start();
    }

    private static WebhookServer webhooks(HalfrateConfig config, MeterRegistry meters, LedgerWorker ledger) {
        try {
            return WebhookServer.start(
                    config.webhooks(), config.accounts(), meters, InstantSource.system(), ledger::announce);
        } catch (UncheckedIOException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, AccountLimits> limits(HalfrateConfig config, Map<String, Capabilities> capabilities) {
        Function<AccountConfig, AccountLimits> limits = account -> {
            var vendor = requireNonNull(capabilities.get(account.name()));
            return new AccountLimits(
                    vendor.provider(),
                    vendor.requestsMax(),
                    vendor.bytesMax(),
                    vendor.search() == Capabilities.SearchQuality.PROBABLE,
                    account.promptCache().primersFrom() > 0,
                    account.limits());
        };
        return config.accounts().stream().collect(Collectors.toUnmodifiableMap(AccountConfig::name, limits));
    }

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    /** @return empty before they start */
    Optional<LaneStreams> lanes() {
        return Optional.ofNullable(lanes);
    }

    /** @return why this process does not do its share, for an operator; none if it does */
    public List<String> notReady() {
        var gaveUp = failure.getNow(null);
        return gaveUp == null
                ? notReady.stream().map(Supplier::get).flatMap(Optional::stream).toList()
                : List.of("the process gave up; its log says why");
    }

    /** Completes with the reason if the processor has to give up. */
    public CompletableFuture<Throwable> failure() {
        return failure;
    }

    /** Stops the parts in the reverse order of their start; a create under way is waited for as configured. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LoggerFactory.getLogger(Processor.class).warn("while stopping", e);
            }
        }
    }
}

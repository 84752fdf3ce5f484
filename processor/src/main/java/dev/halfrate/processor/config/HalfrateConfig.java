package dev.halfrate.processor.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The whole configuration.
 *
 * @param application prefix of consumer groups, transactional ids and internal topics; never change it in operation
 * @param stateDir local, disposable state; one directory for each running process
 * @param kafka settings for every Kafka client, bootstrap.servers first
 */
public record HalfrateConfig(
        String application,
        Path stateDir,
        Map<String, String> kafka,
        TopicsConfig topics,
        RequestsConfig requests,
        List<AccountConfig> accounts,
        LanesConfig lanes,
        LedgerConfig ledger,
        WebhooksConfig webhooks,
        List<CallbackConfig> callbacks,
        MoneyConfig money,
        RegistryConfig schemaRegistry,
        FormatsConfig formats,
        List<SourceConfig> sources,
        List<ResultRuleConfig> results,
        AdminConfig admin,
        LogConfig log,
        TracingConfig tracing) {

    public HalfrateConfig {
        checkApplication(application);
        KafkaSettings.check(kafka);
        accounts = new VendorsConfig(requests, accounts).accounts();
        for (var account : accounts) {
            var window = Durations.parse("accounts.completion-window", account.completionWindow());
            Check.that(
                    ledger.runningMax().compareTo(window) > 0,
                    "ledger.running-max",
                    "longer than the completion-window of %s, %s".formatted(account.name(), account.completionWindow()),
                    Durations.format(ledger.runningMax()));
        }
        for (var topic : topics.requests()) {
            Check.that(
                    accounts.stream().anyMatch(account -> account.takesTopic(topic)),
                    "accounts.topics",
                    "such that an account takes each of topics.requests",
                    "none for '" + topic + "'");
        }
        Check.that(
                webhooks.port() == 0
                        || accounts.stream()
                                .anyMatch(account -> !account.webhookSecrets().isEmpty()),
                "webhooks.port",
                "0 as long as no account has webhook-secrets",
                String.valueOf(webhooks.port()));
        CallbackConfig.check(callbacks);
        callbacks = List.copyOf(callbacks);
        for (var budget : money.budgets()) {
            Check.that(
                    accounts.stream().anyMatch(account -> account.pool().equals(budget.pool())),
                    "money.budgets.pool",
                    "the pool of an account",
                    "'" + budget.pool() + "'");
        }
        results = ResultRuleConfig.check(results, topics);
        sources = new SourcesConfig(topics, sources).sources();
        for (var source : sources) {
            for (var to : new ResultTopics(topics.results(), results).all()) {
                Check.that(
                        !source.topic().equals(to),
                        "results.to",
                        "no source's topic, or what comes out would go in again",
                        "'" + to + "'");
            }
            var rule = source.result();
            Check.that(
                    !SourceConfig.isFixed(rule)
                            || rule.isEmpty()
                            || results.stream().anyMatch(known -> known.name().equals(rule)),
                    "sources.result",
                    "the name of one of results, or a template",
                    "'" + rule + "'");
            Check.that(
                    source.account().isEmpty()
                            || !SourceConfig.isFixed(source.account())
                            || accounts.stream()
                                    .anyMatch(account ->
                                            account.name().equals(source.account()) && account.takesTopic(source.to())),
                    "sources.account",
                    "the name of an account that takes topic " + source.to() + ", or a template",
                    "'" + source.account() + "'");
        }
        Check.that(
                schemaRegistry.isThere() || !formats.needsRegistry(),
                "schema-registry.urls",
                "there where formats.results or formats.batches is avro",
                "none");
        checkReadable(callbacks, CallbackConfig.Event.RESULT, "formats.results", formats.results());
        checkReadable(callbacks, CallbackConfig.Event.BATCH_SETTLED, "formats.batches", formats.batches());
        kafka = Map.copyOf(kafka);
    }

    /** What endpoints are told is read from the public topics. */
    private static void checkReadable(
            List<CallbackConfig> callbacks, CallbackConfig.Event event, String key, String format) {
        Check.that(
                format.equals(FormatsConfig.JSON)
                        || format.equals(FormatsConfig.AVRO)
                        || callbacks.stream()
                                .noneMatch(callback -> callback.events().contains(event)),
                key,
                "json or avro where one of callbacks is told of them",
                "'" + format + "'");
    }

    /** Without webhooks, callbacks, sources, a schema registry, tracing and a way in for operators, and with the usual prices. */
    public HalfrateConfig(
            String application,
            Path stateDir,
            Map<String, String> kafka,
            TopicsConfig topics,
            RequestsConfig requests,
            List<AccountConfig> accounts,
            LanesConfig lanes,
            LedgerConfig ledger) {
        this(
                application,
                stateDir,
                kafka,
                topics,
                requests,
                accounts,
                lanes,
                ledger,
                WebhooksConfig.NONE,
                List.of(),
                MoneyConfig.DEFAULT,
                RegistryConfig.NONE,
                FormatsConfig.DEFAULT,
                List.of(),
                List.of(),
                AdminConfig.NONE,
                LogConfig.DEFAULT,
                TracingConfig.OFF);
    }

    /** The same with another registry and other formats. */
    public HalfrateConfig with(RegistryConfig otherRegistry, FormatsConfig otherFormats) {
        return new HalfrateConfig(
                application,
                stateDir,
                kafka,
                topics,
                requests,
                accounts,
                lanes,
                ledger,
                webhooks,
                callbacks,
                money,
                otherRegistry,
                otherFormats,
                sources,
                results,
                admin,
                log,
                tracing);
    }

    /** The same with spans that go elsewhere. */
    public HalfrateConfig with(TracingConfig otherTracing) {
        return new HalfrateConfig(
                application,
                stateDir,
                kafka,
                topics,
                requests,
                accounts,
                lanes,
                ledger,
                webhooks,
                callbacks,
                money,
                schemaRegistry,
                formats,
                sources,
                results,
                admin,
                log,
                otherTracing);
    }

    /** The same with another way in for operators. */
    public HalfrateConfig with(AdminConfig otherAdmin) {
        return new HalfrateConfig(
                application,
                stateDir,
                kafka,
                topics,
                requests,
                accounts,
                lanes,
                ledger,
                webhooks,
                callbacks,
                money,
                schemaRegistry,
                formats,
                sources,
                results,
                otherAdmin,
                log,
                tracing);
    }

    /** Apart, because names of topics are made of it before there is a whole configuration. */
    static void checkApplication(String application) {
        Check.matches("application", application, "[a-zA-Z0-9._-]{1,100}");
    }

    /** @return host:port of one or more brokers, with commas */
    public String bootstrapServers() {
        return kafka.getOrDefault("bootstrap.servers", "");
    }

    /** @return where results go */
    public ResultTopics resultTopics() {
        return new ResultTopics(topics.results(), results);
    }

    /** @return the consumer group that reads requests */
    public String intakeGroup() {
        return application + "-intake";
    }

    /** @return the consumer group that reads sources' events */
    public String sourcesGroup() {
        return application + "-sources";
    }

    /** @return the topics that sources' events are read from, each once */
    public List<String> sourceTopics() {
        return sources.stream().map(SourceConfig::topic).distinct().toList();
    }

    /** @return the consumer group that reads the lane-inbox */
    public String lanesGroup() {
        return application + "-lanes";
    }

    /** @return the topic from which one of the lanes' stores is restored */
    public String lanesChangelog(String store) {
        return lanesGroup() + "-" + store + "-changelog";
    }

    /** @return the consumer group that reads the work topic */
    public String ledgerGroup() {
        return application + "-ledger";
    }

    /** @return the consumer group that reads what an endpoint is told */
    public String callbackGroup(CallbackConfig callback) {
        return "%s-callbacks-%s".formatted(application, callback.name());
    }

    /** @return the topic that holds which topics the application began with */
    public String birthsTopic() {
        return application + "-births";
    }

    /** @throws IllegalArgumentException if no account has this name */
    public AccountConfig account(String name) {
        return accounts.stream()
                .filter(account -> account.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no account named " + name));
    }

    /** @return the effective configuration for the log, a line for each key, secrets hidden */
    public List<String> describe() {
        return Description.of(this);
    }

    /** Kafka's settings may hold passwords. */
    @Override
    public String toString() {
        return "HalfrateConfig" + describe();
    }
}

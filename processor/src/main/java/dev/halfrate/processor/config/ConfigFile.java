package dev.halfrate.processor.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.halfrate.processor.money.Budget;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * The configuration file: YAML in kebab-case, every key documented in docs/configuration.md. Whatever is
 * missing has a default, except the accounts and where Kafka is.
 */
public final class ConfigFile {
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    private final Map<String, String> environment;

    private ConfigFile(Map<String, String> environment) {
        this.environment = environment;
    }

    /** @throws ConfigException naming the file or the key, the rule and the value */
    public static HalfrateConfig load(Path file) {
        return parse(text(file));
    }

    /**
     * Reads only what is said about requests and vendors; the file may lack all else.
     *
     * @throws ConfigException naming the file or the key, the rule and the value
     */
    public static VendorsConfig loadVendors(Path file) {
        return parseVendors(text(file), System.getenv());
    }

    /**
     * Reads only what is said about topics and sources; the file may lack all else, and secrets that are not theirs need not
     * be there.
     *
     * @throws ConfigException naming the file or the key, the rule and the value
     */
    public static SourcesConfig loadSources(Path file) {
        return new ConfigFile(System.getenv()).readSources(tree(text(file)));
    }

    /**
     * @return the files that secrets are in, in the order of their keys, each once
     * @throws ConfigException naming the file
     */
    public static Set<Path> secretFiles(Path file) {
        var files = new LinkedHashSet<Path>();
        addSecretFiles(tree(text(file)), files);
        return files;
    }

    private static void addSecretFiles(JsonNode node, Set<Path> files) {
        if (node.isObject() && node.size() == 1 && node.path("file").isTextual()) {
            files.add(path("file", node.path("file").asText()));
        }
        node.forEach(child -> addSecretFiles(child, files));
    }

    static VendorsConfig parseVendors(String yaml, Map<String, String> environment) {
        return new ConfigFile(environment).readVendors(tree(yaml));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ConfigException("%s cannot be read as a UTF-8 file: %s"
                    .formatted(file, e.getClass().getSimpleName()));
        }
    }

    /** @throws ConfigException naming the key, the rule and the value */
    public static HalfrateConfig parse(String yaml) {
        return parse(yaml, System.getenv());
    }

    /** Like {@link #parse(String)}, with another environment to take secrets from. */
    public static HalfrateConfig parse(String yaml, Map<String, String> environment) {
        return new ConfigFile(environment).read(tree(yaml));
    }

    private static JsonNode tree(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            // The message would quote the file, and with it a password perhaps.
            var at = e.getLocation();
            throw new ConfigException(
                    "the configuration is not valid YAML%s: look for a repeated key, a missing quote or a wrong indent"
                            .formatted(
                                    at == null
                                            ? ""
                                            : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr())));
        }
    }

    private HalfrateConfig read(JsonNode tree) {
        var file = new ConfigSection("", tree);
        var application = file.text("application", "halfrate");
        HalfrateConfig.checkApplication(application);
        var stateDir = path(file.path("state-dir"), file.text("state-dir", "./state"));
        var kafka = kafka(file.section("kafka"));
        var topics = topics(file.section("topics"), application);
        var requests = requests(file.section("requests"));
        var accounts = accounts(file.sections("accounts"));
        var lanes = lanes(file.section("lanes"));
        var ledger = ledger(file.section("ledger"));
        var webhooks = webhooks(file.section("webhooks"));
        var callbacks = file.sections("callbacks").stream().map(this::callback).toList();
        var money = money(file.section("money"));
        var sources = sources(file.sections("sources"), topics);
        var registry = registry(file.section("schema-registry"));
        var formats = formats(file.section("formats"));
        var results = file.sections("results").stream().map(ConfigFile::result).toList();
        var admin = admin(file.section("admin"));
        var log = log(file.section("log"));
        var tracing = tracing(file.section("tracing"));
        // Before the records complain that something is missing: it may just be misspelt.
        file.refuseUnknown();
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
                registry,
                formats,
                sources,
                results,
                admin,
                log,
                tracing);
    }

    private VendorsConfig readVendors(JsonNode tree) {
        var file = new ConfigSection("", tree);
        file.text("application", "");
        file.text("state-dir", "");
        List.of(
                        "kafka",
                        "topics",
                        "lanes",
                        "ledger",
                        "webhooks",
                        "money",
                        "schema-registry",
                        "formats",
                        "admin",
                        "log",
                        "tracing")
                .forEach(file::section);
        file.sections("sources");
        file.sections("callbacks");
        file.sections("results");
        var requests = requests(file.section("requests"));
        var accounts = accounts(file.sections("accounts"));
        file.refuseUnknown();
        return new VendorsConfig(requests, accounts);
    }

    private SourcesConfig readSources(JsonNode tree) {
        var file = new ConfigSection("", tree);
        file.text("state-dir", "");
        List.of(
                        "kafka",
                        "requests",
                        "lanes",
                        "ledger",
                        "webhooks",
                        "money",
                        "schema-registry",
                        "formats",
                        "admin",
                        "log",
                        "tracing")
                .forEach(file::section);
        file.sections("accounts");
        file.sections("callbacks");
        file.sections("results");
        var topics = topics(file.section("topics"), file.text("application", "halfrate"));
        var sources = sources(file.sections("sources"), topics);
        file.refuseUnknown();
        return new SourcesConfig(topics, sources);
    }

    private List<SourceConfig> sources(List<ConfigSection> sections, TopicsConfig topics) {
        return sections.stream().map(section -> source(section, topics)).toList();
    }

    private SourceConfig source(ConfigSection source, TopicsConfig topics) {
        var config = new SourceConfig(
                source.requiredText("name"),
                source.requiredText("topic"),
                source.text("to", topics.requests().getFirst()),
                source.requiredText("custom-id"),
                source.requiredText("url"),
                new BodyConfig(source.tree("body")),
                source.text("when", ""),
                source.text("account", ""),
                source.text("mode", ""),
                source.text("tag", ""),
                source.text("deadline", ""),
                source.text("result", ""),
                source.text("deserializer", ""),
                properties(source.section("deserializer-properties")));
        source.refuseUnknown();
        return config;
    }

    private Map<String, Secret> properties(ConfigSection section) {
        var properties = new LinkedHashMap<String, Secret>();
        for (var name : section.keys()) {
            properties.put(
                    name, section.isSection(name) ? secret(section.section(name)) : new Secret(section.text(name, "")));
        }
        return properties;
    }

    private Map<String, String> kafka(ConfigSection kafka) {
        var settings = new LinkedHashMap<String, String>();
        for (var key : kafka.keys()) {
            settings.put(key, kafka.isSection(key) ? secret(kafka.section(key)).reveal() : kafka.text(key, ""));
        }
        return settings;
    }

    private static TopicsConfig topics(ConfigSection topics, String application) {
        var config = new TopicsConfig(
                topics.textOrTexts("requests", List.of("llm.requests")),
                topics.text("results", "llm.results"),
                topics.text("result-parts", "llm.results.parts"),
                topics.text("batches", "llm.batches"),
                topics.text("dead-letters", "llm.dlq"),
                topics.text("diagnostics", "llm.diagnostics"),
                topics.text("audit", "llm.audit"),
                topics.text("lane-inbox", application + "-lane-inbox"),
                topics.text("work", application + "-work"),
                topics.text("ledger", application + "-ledger"),
                topics.flag("create", true),
                topics.integer("partitions", 8),
                topics.integer("replication-factor", 3));
        topics.refuseUnknown();
        return config;
    }

    private static RequestsConfig requests(ConfigSection requests) {
        var config = new RequestsConfig(
                requests.duration("ttl", Duration.ofHours(72)),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, requests.size("line-bytes-max", 20_000_000))),
                requests.texts("echo-headers", List.of()),
                requests.texts("echo-metadata", List.of()));
        requests.refuseUnknown();
        return config;
    }

    private List<AccountConfig> accounts(List<ConfigSection> sections) {
        var accounts = new ArrayList<AccountConfig>();
        for (var section : sections) {
            accounts.add(account(section));
        }
        return accounts;
    }

    private AccountConfig account(ConfigSection account) {
        var name = account.requiredText("name");
        var provider = account.text("provider", "openai");
        var host = provider.equals("anthropic") ? "api.anthropic.com" : "api.openai.com";
        var config = new AccountConfig(
                name,
                provider,
                uri(account.path("base-url"), account.text("base-url", "https://%s/v1".formatted(host))),
                secret(account.section("key")),
                account.text("pool", name),
                account.texts("models", List.of("*")),
                account.texts("topics", List.of("*")),
                account.text("completion-window", "24h"),
                account.integer("requests-in-flight-max", 8),
                doubts(account.section("doubts")),
                account.text("api-version", ""),
                account.texts("betas", List.of()),
                http(account.section("http")),
                limits(account.section("limits")),
                files(account.section("files")),
                create(account.section("create")),
                sync(account.section("sync")),
                promptCache(account.section("prompt-cache")),
                mode(account),
                secrets(account.sections("webhook-secrets")));
        account.refuseUnknown();
        return config;
    }

    private HttpConfig http(ConfigSection http) {
        var headers = properties(http.section("headers"));
        var query = new LinkedHashMap<String, String>();
        var parameters = http.section("query");
        for (var name : parameters.keys()) {
            query.put(name, parameters.text(name, ""));
        }
        var config = new HttpConfig(
                http.text("key-header", ""),
                headers,
                query,
                http.flag("plain", false),
                http.flag("check-organization", true));
        http.refuseUnknown();
        return config;
    }

    private static LimitsConfig limits(ConfigSection limits) {
        var config = new LimitsConfig(
                limits.integer("requests-max", 0),
                limits.size("bytes-max", 0),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, limits.size("line-bytes-max", 0))),
                limits.integer("creates-per-hour", 0),
                limits.integer("uploads-per-minute", 0),
                enqueuedTokens(limits));
        limits.refuseUnknown();
        return config;
    }

    /** One number holds for each model. */
    private static List<LimitsConfig.ModelTokens> enqueuedTokens(ConfigSection limits) {
        if (!limits.isSection("enqueued-tokens")) {
            var tokens = limits.count("enqueued-tokens", 0);
            return tokens == 0 ? List.of() : List.of(new LimitsConfig.ModelTokens("*", tokens));
        }
        var models = limits.section("enqueued-tokens");
        return models.keys().stream()
                .map(model -> new LimitsConfig.ModelTokens(model, models.count(model, 0)))
                .toList();
    }

    private static CreateConfig create(ConfigSection create) {
        var config = new CreateConfig(create.text("inline-field", ""), create.text("idempotency-header", ""));
        create.refuseUnknown();
        return config;
    }

    private static FilesConfig files(ConfigSection files) {
        var config = new FilesConfig(files.duration("expire-after", Duration.ZERO), files.flag("delete", false));
        files.refuseUnknown();
        return config;
    }

    private static DoubtConfig doubts(ConfigSection doubts) {
        var policy = doubts.text("policy", "by-vendor");
        var config = new DoubtConfig(
                switch (policy) {
                    case "by-vendor" -> DoubtConfig.Policy.BY_VENDOR;
                    case "resubmit-if-revoked" -> DoubtConfig.Policy.RESUBMIT_IF_REVOKED;
                    case "resubmit-after-quiesce" -> DoubtConfig.Policy.RESUBMIT_AFTER_QUIESCE;
                    case "hold" -> DoubtConfig.Policy.HOLD;
                    default ->
                        throw new ConfigException(
                                "%s must be one of: by-vendor, resubmit-if-revoked, resubmit-after-quiesce, hold; got '%s'"
                                        .formatted(doubts.path("policy"), policy));
                },
                doubts.integer("lines-max", DoubtConfig.DEFAULT.linesMax()));
        doubts.refuseUnknown();
        return config;
    }

    private static CacheConfig promptCache(ConfigSection cache) {
        var mark = cache.text("mark", "none");
        var config = new CacheConfig(
                switch (mark) {
                    case "none" -> CacheConfig.Mark.NONE;
                    case "5m" -> CacheConfig.Mark.FIVE_MINUTES;
                    case "1h" -> CacheConfig.Mark.HOUR;
                    default ->
                        throw new ConfigException(
                                "%s must be one of: none, 5m, 1h; got '%s'".formatted(cache.path("mark"), mark));
                },
                cache.integer("primers-from", CacheConfig.NONE.primersFrom()));
        cache.refuseUnknown();
        return config;
    }

    private static Mode mode(ConfigSection account) {
        var mode = account.text("mode", "batch");
        return switch (mode) {
            case "batch" -> Mode.BATCH;
            case "sync" -> Mode.SYNC;
            case "auto" -> Mode.AUTO;
            default ->
                throw new ConfigException(
                        "%s must be one of: batch, sync, auto; got '%s'".formatted(account.path("mode"), mode));
        };
    }

    private static SyncConfig sync(ConfigSection sync) {
        var inDoubt = sync.text("in-doubt", "call-again");
        var config = new SyncConfig(
                sync.integer("calls-max", SyncConfig.DEFAULT.callsMax()),
                sync.duration("timeout", SyncConfig.DEFAULT.timeout()),
                sync.integer("attempts-max", SyncConfig.DEFAULT.attemptsMax()),
                switch (inDoubt) {
                    case "call-again" -> SyncConfig.InDoubt.CALL_AGAIN;
                    case "skip" -> SyncConfig.InDoubt.SKIP;
                    default ->
                        throw new ConfigException("%s must be one of: call-again, skip; got '%s'"
                                .formatted(sync.path("in-doubt"), inDoubt));
                });
        sync.refuseUnknown();
        return config;
    }

    private static LanesConfig lanes(ConfigSection lanes) {
        var ageMax = lanes.duration("age-max", Duration.ofMinutes(15));
        var config = new LanesConfig(
                lanes.integer("requests-max", 50_000),
                lanes.size("bytes-max", 209_715_200),
                lanes.count("tokens-max", 0),
                ageMax,
                lanes.integer("requests-min", 1),
                belowMin(lanes),
                lanes.duration("below-min-age-max", Collections.max(List.of(ageMax, Duration.ofHours(6)))),
                lanes.integer("batches-in-flight-max", 20),
                lanes.duration("duplicates-horizon", Duration.ofHours(24)),
                lanes.integer("duplicates-max", 2_000_000));
        lanes.refuseUnknown();
        return config;
    }

    private static BelowMin belowMin(ConfigSection lanes) {
        var word = lanes.text("below-min", "wait");
        return switch (word) {
            case "wait" -> BelowMin.WAIT;
            case "sync" -> BelowMin.SYNC;
            default ->
                throw new ConfigException(
                        "%s must be one of: wait, sync; got '%s'".formatted(lanes.path("below-min"), word));
        };
    }

    private static LedgerConfig ledger(ConfigSection ledger) {
        var config = new LedgerConfig(
                ledger.durations(
                        "poll-delays",
                        List.of(
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(120),
                                Duration.ofSeconds(300),
                                Duration.ofSeconds(600))),
                ledger.fraction("poll-jitter", 0.2),
                ledger.duration("create-timeout", Duration.ofMinutes(5)),
                ledger.duration("quiesce-margin", Duration.ofSeconds(120)),
                ledger.duration("listings-apart", Duration.ofSeconds(60)),
                ledger.duration("running-max", Duration.ofHours(26)),
                ledger.duration("sweep-every", Duration.ofMinutes(15)),
                ledger.integer("doubts-max", 3),
                ledger.integer("item-attempts-max", 3),
                ledger.durations(
                        "item-retry-delays",
                        List.of(Duration.ofSeconds(60), Duration.ofSeconds(300), Duration.ofSeconds(900))),
                ledger.integer("missing-retries-max", 2),
                ledger.text("on-vendor-cancel", "return"),
                ledger.duration("retry-delay-max", Duration.ofMinutes(15)),
                ledger.duration("probe-interval", Duration.ofMinutes(1)),
                ledger.duration("stop-wait", Duration.ofSeconds(20)),
                ledger.duration("hedge-margin", Duration.ofMinutes(5)),
                ledger.size("spool-bytes-max", 4_000_000_000L));
        ledger.refuseUnknown();
        return config;
    }

    private static MoneyConfig money(ConfigSection money) {
        var config = new MoneyConfig(
                money.text("prices", MoneyConfig.DEFAULT.prices()),
                money.texts("tags", MoneyConfig.DEFAULT.tags()),
                money.integer("output-tokens-max", MoneyConfig.DEFAULT.outputTokensMax()),
                money.sections("budgets").stream().map(ConfigFile::budget).toList());
        money.refuseUnknown();
        return config;
    }

    private static Budget budget(ConfigSection budget) {
        var period = budget.text("period", "month");
        var atLimit = budget.text("at-limit", "wait");
        var config = new Budget(
                budget.requiredText("name"),
                budget.requiredText("pool"),
                budget.text("tag", ""),
                switch (period) {
                    case "day" -> Budget.Period.DAY;
                    case "week" -> Budget.Period.WEEK;
                    case "month" -> Budget.Period.MONTH;
                    case "total" -> Budget.Period.TOTAL;
                    default ->
                        throw new ConfigException("%s must be one of: day, week, month, total; got '%s'"
                                .formatted(budget.path("period"), period));
                },
                usd(budget),
                switch (atLimit) {
                    case "wait" -> Budget.AtLimit.WAIT;
                    case "reject" -> Budget.AtLimit.REJECT;
                    default ->
                        throw new ConfigException(
                                "%s must be wait or reject; got '%s'".formatted(budget.path("at-limit"), atLimit));
                });
        budget.refuseUnknown();
        return config;
    }

    private static BigDecimal usd(ConfigSection budget) {
        var text = budget.requiredText("usd");
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException _) {
            throw new ConfigException("%s must be a number of dollars, got '%s'".formatted(budget.path("usd"), text));
        }
    }

    private static WebhooksConfig webhooks(ConfigSection webhooks) {
        var config = new WebhooksConfig(
                webhooks.text("host", WebhooksConfig.NONE.host()),
                webhooks.integer("port", WebhooksConfig.NONE.port()));
        webhooks.refuseUnknown();
        return config;
    }

    private AdminConfig admin(ConfigSection admin) {
        var config = new AdminConfig(
                admin.text("host", AdminConfig.DEFAULT.host()),
                admin.integer("port", AdminConfig.DEFAULT.port()),
                admin.isSection("advertised")
                        ? secret(admin.section("advertised")).reveal()
                        : admin.text("advertised", PeersConfig.NONE.advertised()),
                admin.texts("peers", PeersConfig.NONE.hosts()),
                admin.sections("tokens").stream().map(this::token).toList(),
                oidc(admin.section("oidc")));
        admin.refuseUnknown();
        return config;
    }

    private static OidcConfig oidc(ConfigSection oidc) {
        var config = new OidcConfig(
                oidc.text("issuer", OidcConfig.NONE.issuer()),
                oidc.text("audience", OidcConfig.NONE.audience()),
                oidc.text("role-claim", OidcConfig.NONE.roleClaim()),
                oidc.texts("read-values", OidcConfig.NONE.readValues()),
                oidc.texts("operate-values", OidcConfig.NONE.operateValues()));
        oidc.refuseUnknown();
        return config;
    }

    private AdminConfig.Token token(ConfigSection token) {
        var role = token.requiredText("role");
        var config = new AdminConfig.Token(
                token.requiredText("name"),
                switch (role) {
                    case "read" -> AdminConfig.Role.READ;
                    case "operate" -> AdminConfig.Role.OPERATE;
                    default ->
                        throw new ConfigException(
                                "%s must be read or operate; got '%s'".formatted(token.path("role"), role));
                },
                secret(token.section("token")));
        token.refuseUnknown();
        return config;
    }

    private CallbackConfig callback(ConfigSection callback) {
        var config = new CallbackConfig(
                callback.requiredText("name"),
                CallbackUrl.parse(
                        callback.isSection("url")
                                ? secret(callback.section("url")).reveal()
                                : callback.requiredText("url")),
                secrets(callback.sections("secrets")),
                callback.texts("events", List.of("batch.settled")).stream()
                        .map(word -> event(callback, word))
                        .toList(),
                callback.texts("accounts", List.of("*")),
                callback.texts("models", List.of("*")),
                callback.texts("tags", List.of("*")),
                callback.duration("timeout", Duration.ofSeconds(15)),
                callback.duration("retry-for", Duration.ofHours(24)),
                callback.integer("requests-in-flight-max", 4),
                callback.flag("include-response", false),
                callback.flag("plain", false),
                callback.flag("allow-private", false));
        callback.refuseUnknown();
        return config;
    }

    private static CallbackConfig.Event event(ConfigSection callback, String word) {
        return switch (word) {
            case "batch.settled" -> CallbackConfig.Event.BATCH_SETTLED;
            case "result" -> CallbackConfig.Event.RESULT;
            default ->
                throw new ConfigException(
                        "%s must be of: batch.settled, result; got '%s'".formatted(callback.path("events"), word));
        };
    }

    private RegistryConfig registry(ConfigSection registry) {
        var subjects = registry.text("subjects", "topic");
        var tls = registry.section("tls");
        var tlsConfig = new RegistryTlsConfig(
                tls.text("ca", ""),
                optionalSecret(tls, "ca-password"),
                tls.text("certificate", ""),
                tls.text("key", ""),
                tls.text("keystore", ""),
                optionalSecret(tls, "keystore-password"));
        tls.refuseUnknown();
        var config = new RegistryConfig(
                registry.textOrTexts("urls", List.of()).stream()
                        .map(url -> uri(registry.path("urls"), url))
                        .toList(),
                registry.text("user", ""),
                optionalSecret(registry, "password"),
                optionalSecret(registry, "token"),
                tlsConfig,
                registry.duration("timeout", RegistryConfig.NONE.timeout()),
                registry.flag("register", RegistryConfig.NONE.register()),
                switch (subjects) {
                    case "topic" -> RegistryConfig.Subjects.TOPIC;
                    case "record" -> RegistryConfig.Subjects.RECORD;
                    case "topic-record" -> RegistryConfig.Subjects.TOPIC_RECORD;
                    default ->
                        throw new ConfigException("%s must be one of: topic, record, topic-record; got '%s'"
                                .formatted(registry.path("subjects"), subjects));
                });
        registry.refuseUnknown();
        return config;
    }

    private static LogConfig log(ConfigSection log) {
        var config = LogConfig.of(log.text("format", "text"), log.text("level", "info"));
        log.refuseUnknown();
        return config;
    }

    private FormatsConfig formats(ConfigSection formats) {
        var properties = new LinkedHashMap<String, Secret>();
        var section = formats.section("serializer-properties");
        for (var name : section.keys()) {
            properties.put(
                    name, section.isSection(name) ? secret(section.section(name)) : new Secret(section.text(name, "")));
        }
        var config = new FormatsConfig(
                formats.text("results", FormatsConfig.JSON), formats.text("batches", FormatsConfig.JSON), properties);
        formats.refuseUnknown();
        return config;
    }

    private TracingConfig tracing(ConfigSection tracing) {
        var config = new TracingConfig(
                tracing.isSection("endpoint")
                        ? secret(tracing.section("endpoint")).reveal()
                        : tracing.text("endpoint", TracingConfig.OFF.endpoint()),
                properties(tracing.section("headers")),
                tracing.fraction("sample", TracingConfig.OFF.sample()),
                tracing.text("service-name", TracingConfig.OFF.serviceName()),
                tracing.flag("custom-ids", TracingConfig.OFF.customIds()));
        tracing.refuseUnknown();
        return config;
    }

    private static ResultRuleConfig result(ConfigSection result) {
        var extract = result.text("extract", "none");
        var config = new ResultRuleConfig(
                result.requiredText("name"),
                result.texts("topics", List.of()),
                result.texts("accounts", List.of()),
                result.texts("models", List.of()),
                result.texts("tags", List.of()),
                result.text("to", ""),
                switch (extract) {
                    case "none" -> ResultRuleConfig.Extract.NONE;
                    case "text" -> ResultRuleConfig.Extract.TEXT;
                    case "json" -> ResultRuleConfig.Extract.JSON;
                    case "tool" -> ResultRuleConfig.Extract.TOOL;
                    default ->
                        throw new ConfigException("%s must be one of: none, text, json, tool; got '%s'"
                                .formatted(result.path("extract"), extract));
                },
                schema(result),
                result.integer("retries-max", 2));
        result.refuseUnknown();
        return config;
    }

    /** A JSON Schema stands here or in a file, whichever its owner likes. */
    private static String schema(ConfigSection result) {
        var file = result.text("schema-file", "");
        if (file.isEmpty()) {
            return result.isThere("schema") ? result.tree("schema").toString() : "";
        }
        if (result.isThere("schema")) {
            throw new ConfigException(
                    "%s must be left out where there is a schema".formatted(result.path("schema-file")));
        }
        return tree(text(path(result.path("schema-file"), file))).toString();
    }

    private Secret optionalSecret(ConfigSection section, String key) {
        return section.isThere(key) ? secret(section.section(key)) : Secret.NONE;
    }

    private List<Secret> secrets(List<ConfigSection> sections) {
        return sections.stream().map(this::secret).toList();
    }

    /** A secret never stands in the file itself: {@code {env: NAME}} or {@code {file: PATH}}. */
    private Secret secret(ConfigSection secret) {
        var name = secret.text("env", "");
        var file = secret.text("file", "");
        secret.refuseUnknown();
        if (name.isEmpty() == file.isEmpty()) {
            throw new ConfigException("%s must be {env: NAME} or {file: PATH}".formatted(secret.path()));
        }
        return name.isEmpty() ? fromFile(secret, file) : new Secret(fromEnvironment(secret, name));
    }

    private String fromEnvironment(ConfigSection secret, String name) {
        var value = environment.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new ConfigException(
                    "%s must name an environment variable that is set, got '%s'".formatted(secret.path("env"), name));
        }
        return value.strip();
    }

    private static Secret fromFile(ConfigSection secret, String file) {
        var key = secret.path("file");
        try {
            return Secret.in(path(key, file));
        } catch (NoSuchElementException _) {
            throw new ConfigException("%s must name a file with a secret in it, '%s' is empty".formatted(key, file));
        } catch (IOException e) {
            throw new ConfigException("%s must name a readable file, got '%s' (%s)"
                    .formatted(key, file, e.getClass().getSimpleName()));
        }
    }

    private static Path path(String key, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new ConfigException("%s must be a path, got '%s'".formatted(key, text));
        }
    }

    private static URI uri(String key, String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            // Not quoted: somebody may have put credentials into it.
            throw new ConfigException("%s must be an http(s) URL without credentials".formatted(key));
        }
    }
}

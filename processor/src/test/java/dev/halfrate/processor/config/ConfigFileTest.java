package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Budget;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("KEY", "sk-secret", "JAAS", "user secret", "BLANK", " ");

    private static final String SMALLEST = """
            kafka:
              bootstrap.servers: localhost:9092
            accounts:
              - name: main
                key: {env: KEY}
            """;

    private static final String EXPLICIT = """
            application: app
            state-dir: /var/lib/halfrate
            kafka:
              bootstrap.servers: a:1,b:2
              security.protocol: SASL_SSL
              sasl.jaas.config: {env: JAAS}
              request.timeout.ms: 5000
            topics:
              requests: t.requests
              results: t.results
              result-parts: t.parts
              batches: t.batches
              dead-letters: t.dlq
              diagnostics: t.diagnostics
              audit: t.audit
              lane-inbox: t.inbox
              work: t.work
              ledger: t.ledger
              create: false
              partitions: 4
              replication-factor: 1
            requests:
              ttl: 2h
              line-bytes-max: 1MiB
            accounts:
              - name: one
                provider: openai
                base-url: http://localhost:8080/v1
                key: {env: KEY}
                pool: shared
                models: [gpt-4*, o3]
                completion-window: 7d
                requests-in-flight-max: 3
                doubts: {policy: hold, lines-max: 7}
                sync: {calls-max: 20, timeout: 2m, attempts-max: 3, in-doubt: skip}
              - name: two
                key: {env: KEY}
            lanes:
              requests-max: 10
              bytes-max: 200KB
              age-max: 2s
              batches-in-flight-max: 5
              duplicates-horizon: 0s
              duplicates-max: 7
            ledger:
              poll-delays: [100ms, 1s]
              poll-jitter: 0
              create-timeout: 10s
              quiesce-margin: 1s
              listings-apart: 500ms
              running-max: 8d
              sweep-every: 1m
              doubts-max: 1
              item-attempts-max: 2
              item-retry-delays: [1s, 2m]
              missing-retries-max: 0
              on-vendor-cancel: cancel
              retry-delay-max: 1m
              probe-interval: 2s
              stop-wait: 3s
              hedge-margin: 1m
              spool-bytes-max: 20MiB
            """;

    @ParameterizedTest
    @CsvSource({
        "http://vendor.example/v1, false, false",
        "http://vendor.example/v1, true, true",
        "http://localhost/v1, false, true",
        "http://127.0.0.1:8080/v1, false, true",
        "http://[::1]:8080/v1, false, true",
        "http://127.0.0.1.example/v1, false, false",
        "https://vendor.example/v1, false, true"
    })
    void plainHttpToOtherMachinesHasToBeAllowed(String url, boolean plain, boolean taken) {
        var yaml = SMALLEST + "    base-url: \"%s\"\n    http: {plain: %s}\n".formatted(url, plain);

        if (taken) {
            assertThat(ConfigFile.parse(yaml, ENVIRONMENT).accounts()).hasSize(1);
        } else {
            assertThatThrownBy(() -> ConfigFile.parse(yaml, ENVIRONMENT))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("accounts.base-url must be https");
        }
    }

    @Test
    void aBatchMayRunForLongerThanItsWindow() {
        assertThatThrownBy(() -> ConfigFile.parse(SMALLEST + "    completion-window: 7d\n", ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessage("ledger.running-max must be longer than the completion-window of main, 7d, got 26h");
    }

    @Test
    void whatIsMissingHasDefaults() {
        var config = ConfigFile.parse(SMALLEST, ENVIRONMENT);

        assertThat(config)
                .usingRecursiveComparison()
                .isEqualTo(new HalfrateConfig(
                                "halfrate",
                                Path.of("./state"),
                                Map.of("bootstrap.servers", "localhost:9092"),
                                new TopicsConfig(
                                        List.of("llm.requests"),
                                        "llm.results",
                                        "llm.results.parts",
                                        "llm.batches",
                                        "llm.dlq",
                                        "llm.diagnostics",
                                        "llm.audit",
                                        "halfrate-lane-inbox",
                                        "halfrate-work",
                                        "halfrate-ledger",
                                        true,
                                        8,
                                        3),
                                new RequestsConfig(Duration.ofHours(72), 20_000_000),
                                List.of(new AccountConfig(
                                        "main",
                                        "openai",
                                        URI.create("https://api.openai.com/v1"),
                                        new Secret("sk-secret"),
                                        "main",
                                        List.of("*"),
                                        "24h",
                                        8,
                                        DoubtConfig.DEFAULT,
                                        SyncConfig.DEFAULT)),
                                new LanesConfig(
                                        50_000,
                                        209_715_200,
                                        Duration.ofMinutes(15),
                                        20,
                                        Duration.ofHours(24),
                                        2_000_000),
                                new LedgerConfig(
                                        List.of(
                                                Duration.ofSeconds(30),
                                                Duration.ofSeconds(60),
                                                Duration.ofSeconds(120),
                                                Duration.ofSeconds(300),
                                                Duration.ofSeconds(600)),
                                        0.2,
                                        Duration.ofMinutes(5),
                                        Duration.ofMinutes(2),
                                        Duration.ofMinutes(1),
                                        Duration.ofHours(26),
                                        Duration.ofMinutes(15),
                                        3,
                                        3,
                                        List.of(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofMinutes(15)),
                                        2,
                                        "return",
                                        Duration.ofMinutes(15),
                                        Duration.ofMinutes(1),
                                        Duration.ofSeconds(20),
                                        Duration.ofMinutes(5),
                                        4_000_000_000L))
                        .with(AdminConfig.DEFAULT));
    }

    @Test
    void rulesForResultsAreTaken(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("schema.json"), "{\"type\": \"object\"}");
        var config = ConfigFile.parse(SMALLEST + """
                        requests: {echo-headers: [x-a], echo-metadata: [b]}
                        results:
                          - name: one
                            topics: ["llm.*"]
                            tags: [red]
                            to: llm.one
                            extract: json
                            schema: {type: array}
                            retries-max: 0
                          - {name: two, extract: tool, schema-file: %s}
                        """.formatted(file), ENVIRONMENT);

        assertThat(config.results())
                .containsExactly(
                        new ResultRuleConfig(
                                "one",
                                List.of("llm.*"),
                                List.of(),
                                List.of(),
                                List.of("red"),
                                "llm.one",
                                ResultRuleConfig.Extract.JSON,
                                "{\"type\":\"array\"}",
                                0),
                        new ResultRuleConfig(
                                "two",
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(),
                                "",
                                ResultRuleConfig.Extract.TOOL,
                                "{\"type\":\"object\"}",
                                2));
        assertThat(config.resultTopics().all()).containsExactly("llm.results", "llm.one");
        assertThat(config.resultTopics().of("one")).isEqualTo("llm.one");
        assertThat(config.resultTopics().of("gone")).isEqualTo("llm.results");
        assertThat(config.requests().echoHeaders()).containsExactly("x-a");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {name: a, extract: text, schema: {}}       | results.schema
                    {name: a, extract: xml}                    | results[0].extract
                    {name: a, to: llm.requests}                | results.to
                    {name: a, to: halfrate-work}               | results.to
                    {name: "a b"}                              | results.name
                    {name: a, retries-max: 11}                 | results.retries-max
                    {name: a, schema: {}, schema-file: x}      | results[0].schema-file
                    {name: a, model: x}                        | results[0].model
                    """)
    void aRuleThatCannotBeMeantIsRefused(String rule, String key) {
        assertThatThrownBy(() -> ConfigFile.parse(SMALLEST + "results: [" + rule + "]\n", ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(key);
    }

    @Test
    void whatIsSetIsTaken() {
        var config = ConfigFile.parse(EXPLICIT, ENVIRONMENT);

        assertThat(config)
                .usingRecursiveComparison()
                .isEqualTo(new HalfrateConfig(
                                "app",
                                Path.of("/var/lib/halfrate"),
                                Map.of(
                                        "bootstrap.servers", "a:1,b:2",
                                        "security.protocol", "SASL_SSL",
                                        "sasl.jaas.config", "user secret",
                                        "request.timeout.ms", "5000"),
                                new TopicsConfig(
                                        List.of("t.requests"),
                                        "t.results",
                                        "t.parts",
                                        "t.batches",
                                        "t.dlq",
                                        "t.diagnostics",
                                        "t.audit",
                                        "t.inbox",
                                        "t.work",
                                        "t.ledger",
                                        false,
                                        4,
                                        1),
                                new RequestsConfig(Duration.ofHours(2), 1 << 20),
                                List.of(
                                        new AccountConfig(
                                                "one",
                                                "openai",
                                                URI.create("http://localhost:8080/v1"),
                                                new Secret("sk-secret"),
                                                "shared",
                                                List.of("gpt-4*", "o3"),
                                                "7d",
                                                3,
                                                new DoubtConfig(DoubtConfig.Policy.HOLD, 7),
                                                new SyncConfig(20, Duration.ofMinutes(2), 3, SyncConfig.InDoubt.SKIP)),
                                        new AccountConfig(
                                                "two",
                                                "openai",
                                                URI.create("https://api.openai.com/v1"),
                                                new Secret("sk-secret"),
                                                "two",
                                                List.of("*"),
                                                "24h",
                                                8,
                                                DoubtConfig.DEFAULT,
                                                SyncConfig.DEFAULT)),
                                new LanesConfig(10, 200_000, Duration.ofSeconds(2), 5, Duration.ZERO, 7),
                                new LedgerConfig(
                                        List.of(Duration.ofMillis(100), Duration.ofSeconds(1)),
                                        0,
                                        Duration.ofSeconds(10),
                                        Duration.ofSeconds(1),
                                        Duration.ofMillis(500),
                                        Duration.ofDays(8),
                                        Duration.ofMinutes(1),
                                        1,
                                        2,
                                        List.of(Duration.ofSeconds(1), Duration.ofMinutes(2)),
                                        0,
                                        "cancel",
                                        Duration.ofMinutes(1),
                                        Duration.ofSeconds(2),
                                        Duration.ofSeconds(3),
                                        Duration.ofMinutes(1),
                                        20L << 20))
                        .with(AdminConfig.DEFAULT));
    }

    @Test
    void requestsMayBeReadFromSeveralTopics() {
        assertThat(ConfigFile.parse(SMALLEST + "topics: {requests: one}\n", ENVIRONMENT)
                        .topics()
                        .requests())
                .containsExactly("one");
        assertThat(ConfigFile.parse(SMALLEST + "topics: {requests: [one, two]}\n", ENVIRONMENT)
                        .topics()
                        .requests())
                .containsExactly("one", "two");
    }

    @Test
    void aTopicWhoseRequestsNoAccountTakesIsRefused() {
        assertThatThrownBy(() -> ConfigFile.parse(
                        SMALLEST + "    topics: [llm.*]\ntopics: {requests: [llm.requests, urgent]}\n", ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessage("accounts.topics must be such that an account takes each of topics.requests,"
                        + " got none for 'urgent'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            lanes: {requests-max: 0} | lanes.requests-max must be 1..50000, got 0
            lanes: {requests-max: many} | lanes.requests-max must be an integer, got 'many'
            lanes: {requests-max: 99999999999} | lanes.requests-max must be an integer, got '99999999999'
            lanes: {requests-max: [1]} | lanes.requests-max must be an integer, got a list
            lanes: {bytes-max: 1TB} | lanes.bytes-max must be a size such as 20000000, 200MB, 20MiB or 4GB, got '1TB'
            lanes: {bytes-max: 1GB} | lanes.bytes-max must be 1000..256000000, got 1000000000
            lanes: {age-max: 15} | lanes.age-max must be a duration such as 250ms, 30s, 15m, 72h or 7d, got '15'
            lanes: {age-max: 50ms} | lanes.age-max must be 100ms..1d, got 50ms
            lanes: {max-age: 15m} | lanes.max-age is no key of the configuration, known here: age-max, batches-in-flight-max, below-min, below-min-age-max, bytes-max, duplicates-horizon, duplicates-max, requests-max, requests-min, tokens-max
            lanes: {agemax: 15m} | lanes.agemax is no key of the configuration, did you mean lanes.age-max?
            lanes: 7 | lanes must be a map of keys and values, got '7'
            topics: {requests: [llm.requests, llm.dlq]} | topics.requests must be topics that Halfrate does not write to, or it would read what it wrote, got 'llm.dlq'
            topics: {create: 1} | topics.create must be true or false, got '1'
            topics: {requests: a b} | topics.requests must match [a-zA-Z0-9._-]{1,249}, got 'a b'
            topics: {requests: {a: b}} | topics.requests must be a single value, got a map
            topics: {requests: []} | topics.requests must be a name, or a list of at least one, got none
            topics: {requests: [a, b, a]} | topics.requests must be a list of different names, got 'a' twice
            requests: {line-bytes-max: 4GB} | requests.line-bytes-max must be 1000..100000000, got 2147483647
            ledger: {poll-delays: []} | ledger.poll-delays must be a list of at least one duration, got none
            ledger: {poll-delays: 30s} | ledger.poll-delays must be a list, got '30s'
            ledger: {poll-delays: [30s, soon]} | ledger.poll-delays must be a duration such as 250ms, 30s, 15m, 72h or 7d, got 'soon'
            ledger: {poll-jitter: 2} | ledger.poll-jitter must be 0..1, got 2.0
            ledger: {item-retry-delays: []} | ledger.item-retry-delays must be a list of at least one duration, got none
            ledger: {item-retry-delays: [2d]} | ledger.item-retry-delays must be 0s..1d, got 2d
            ledger: {missing-retries-max: 21} | ledger.missing-retries-max must be 0..20, got 21
            ledger: {on-vendor-cancel: ask} | ledger.on-vendor-cancel must be one of: return, cancel, got 'ask'
            ledgr: {poll-jitter: 2} | ledgr is no key of the configuration, did you mean ledger?
            application: a/b | application must match [a-zA-Z0-9._-]{1,100}, got 'a/b'
            """)
    void whatBreaksARuleIsRefusedWithKeyRuleAndValue(String line, String message) {
        assertThatThrownBy(() -> ConfigFile.parse(SMALLEST + line, ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {name: a, key: {env: NONE}} | accounts[0].key.env must name an environment variable that is set, got 'NONE'
            {name: a, key: {env: BLANK}} | accounts[0].key.env must name an environment variable that is set, got 'BLANK'
            {name: a, key: {file: /no/such/file}} | accounts[0].key.file must name a readable file, got '/no/such/file' (NoSuchFileException)
            {name: a} | accounts[0].key must be {env: NAME} or {file: PATH}
            {name: a, key: {env: KEY, file: x}} | accounts[0].key must be {env: NAME} or {file: PATH}
            {name: a, key: {enw: KEY}} | accounts[0].key.enw is no key of the configuration, did you mean accounts[0].key.env?
            {key: {env: KEY}} | accounts[0].name is missing
            {name: Main, key: {env: KEY}} | accounts.name must match [a-z0-9][a-z0-9-]{0,62}, got 'Main'
            {name: a, key: {env: KEY}, base-url: `ftp://x`} | accounts.base-url must be an http(s) URL without credentials, got 'ftp://x'
            {name: a, key: {env: KEY}, baseurl: `http://x`} | accounts[0].baseurl is no key of the configuration, did you mean accounts[0].base-url?
            {name: a, key: {env: KEY}, provider: antropic} | accounts.provider must be one of: anthropic, openai, got 'antropic'
            {name: a, key: {env: KEY}, models: []} | accounts.models must be a list of at least one pattern, got none
            {name: a, key: {env: KEY}, provider: anthropic, files: {delete: true}} | accounts.files must be left out: with anthropic batches have no files, got a value
            {name: a, key: {env: KEY}, provider: anthropic, create: {inline-field: x}} | accounts.create must be left out: with anthropic requests are always inline, got a value
            {name: a, key: {env: KEY}, provider: anthropic, webhook-secrets: [{env: KEY}]} | accounts.webhook-secrets must be left out: with anthropic nobody tells when a batch has ended, got a value
            {name: a, key: {env: KEY}, prompt-cache: {mark: 1h}} | accounts.prompt-cache.mark must be left out: with openai nothing has to be marked to be cached, got a value
            {name: a, key: {env: KEY}, provider: anthropic, prompt-cache: {mark: 2h}} | accounts[0].prompt-cache.mark must be one of: none, 5m, 1h; got '2h'
            {name: a, key: {env: KEY}, betas: [x]} | accounts.api-version and accounts.betas must be left out: only anthropic has them; another vendor's own headers go into accounts.http.headers, got openai
            {name: a, key: {env: KEY}, http: {key-header: Host}} | accounts.http.key-header must be none of accept-encoding, authorization, connection, content-length, content-type, expect, host, upgrade, x-api-key, got 'Host'
            {name: a, key: {env: KEY}, sync: {calls-max: 0}} | accounts.sync.calls-max must be 1..1000, got 0
            {name: a, key: {env: KEY}, sync: {timeout: 2h}} | accounts.sync.timeout must be 1s..1h, got 2h
            {name: a, key: {env: KEY}, sync: {attempts-max: 21}} | accounts.sync.attempts-max must be 1..20, got 21
            {name: a, key: {env: KEY}, sync: {calls: 3}} | accounts[0].sync.calls is no key of the configuration, known here: attempts-max, calls-max, in-doubt, timeout
            {name: a, key: {env: KEY}, sync: {in-doubt: again}} | accounts[0].sync.in-doubt must be one of: call-again, skip; got 'again'
            """)
    void badAccountIsRefused(String account, String message) {
        var yaml = "kafka: {bootstrap.servers: x}\naccounts: [%s]".formatted(account.replace('`', '\''));

        assertThatThrownBy(() -> ConfigFile.parse(yaml, ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void logsAreTextsOrObjects() {
        var yaml = "kafka: {bootstrap.servers: x}\naccounts: [{name: a, key: {env: KEY}}]\nlog: %s";

        assertThat(ConfigFile.parse(yaml.formatted("{format: json, level: debug}"), ENVIRONMENT)
                        .log())
                .isEqualTo(new LogConfig(LogConfig.Format.JSON, LogConfig.Level.DEBUG));
        assertThatThrownBy(() -> ConfigFile.parse(yaml.formatted("{format: xml}"), ENVIRONMENT))
                .hasMessage("log.format must be one of: text, json, got 'xml'");
        assertThatThrownBy(() -> ConfigFile.parse(yaml.formatted("{level: trace}"), ENVIRONMENT))
                .hasMessage("log.level must be one of: error, warn, info, debug, got 'trace'");
    }

    @Test
    void budgetsAreOfAPoolAndATag() {
        var yaml = """
                kafka: {bootstrap.servers: x}
                accounts: [{name: a, key: {env: KEY}}]
                money:
                  tags: [trial]
                  budgets:
                    - {name: all, pool: a, usd: 500}
                    - {name: research, pool: a, tag: research, period: day, usd: 12.50, at-limit: %s}
                """;

        var money = ConfigFile.parse(yaml.formatted("reject"), ENVIRONMENT).money();

        assertThat(money.budgets())
                .containsExactly(
                        new Budget("all", "a", "", Budget.Period.MONTH, new BigDecimal("500"), Budget.AtLimit.WAIT),
                        new Budget(
                                "research",
                                "a",
                                "research",
                                Budget.Period.DAY,
                                new BigDecimal("12.5"),
                                Budget.AtLimit.REJECT));
        assertThat(money.ownTags()).containsExactlyInAnyOrder("trial", "research");
        assertThatThrownBy(() -> ConfigFile.parse(yaml.formatted("stop"), ENVIRONMENT))
                .hasMessage("money.budgets[1].at-limit must be wait or reject; got 'stop'");
        assertThatThrownBy(() -> ConfigFile.parse(yaml.formatted("wait").replace("pool: a", "pool: b"), ENVIRONMENT))
                .hasMessage("money.budgets.pool must be the pool of an account, got 'b'");
    }

    @Test
    void aLimitOfEnqueuedTokensIsForEachModelOrForSome() {
        var yaml = """
                kafka: {bootstrap.servers: x}
                accounts:
                  - name: a
                    key: {env: KEY}
                    limits: {enqueued-tokens: %s}
                """;

        var each = ConfigFile.parse(yaml.formatted("90000"), ENVIRONMENT);
        var some = ConfigFile.parse(yaml.formatted("{gpt-4o*: 2000000, o4*: 90000}"), ENVIRONMENT);

        assertThat(each.account("a").limits().enqueuedTokensOf("any")).isEqualTo(90_000);
        assertThat(some.account("a").limits().enqueuedTokensOf("gpt-4o-mini")).isEqualTo(2_000_000);
        assertThat(some.account("a").limits().enqueuedTokensOf("o4")).isEqualTo(90_000);
        assertThat(some.account("a").limits().enqueuedTokensOf("other")).isZero();
    }

    @Test
    void vendorsNeedNoKafka() {
        var config = ConfigFile.parseVendors("accounts: [{name: a, key: {env: KEY}}]", ENVIRONMENT);

        assertThat(config.accounts())
                .singleElement()
                .satisfies(account -> assertThat(account.sync()).isEqualTo(SyncConfig.DEFAULT));
    }

    @Test
    void vendorsAreReadFromAWholeFileToo() {
        var config = ConfigFile.parseVendors(EXPLICIT, ENVIRONMENT);

        assertThat(config.requests()).isEqualTo(new RequestsConfig(Duration.ofHours(2), 1 << 20));
        assertThat(config.accounts()).extracting(AccountConfig::name).containsExactly("one", "two");
    }

    @Test
    void whatIsMisspeltIsRefusedForVendorsToo() {
        assertThatThrownBy(() ->
                        ConfigFile.parseVendors("acounts: []\naccounts: [{name: a, key: {env: KEY}}]", ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessage("acounts is no key of the configuration, did you mean accounts?");
    }

    @Test
    void theProviderDecidesWhereAnAccountIs() {
        var account = ConfigFile.parse(
                        "kafka: {bootstrap.servers: x}\naccounts: [{name: a, key: {env: KEY}, provider: anthropic}]",
                        ENVIRONMENT)
                .account("a");

        assertThat(account.provider()).isEqualTo("anthropic");
        assertThat(account.baseUrl()).isEqualTo(URI.create("https://api.anthropic.com/v1"));
    }

    @Test
    void accountsThatWouldTakeEachOthersBatchesAreRefused() {
        var yaml = """
                kafka: {bootstrap.servers: x}
                accounts:
                  - {name: a, key: {env: KEY}, provider: anthropic}
                  - {name: b, key: {env: KEY}, provider: %s}
                """;

        assertThatThrownBy(() -> ConfigFile.parse(yaml.formatted("anthropic"), ENVIRONMENT))
                .hasMessage("accounts.key must be of a workspace that no other account uses, where the provider is"
                        + " anthropic, got the same for 'a' and 'b'");
        assertThat(ConfigFile.parse(yaml.formatted("openai"), ENVIRONMENT).accounts())
                .hasSize(2);
    }

    @Test
    void accountsAndBrokersAreRequired() {
        assertThatThrownBy(() -> ConfigFile.parse("kafka: {bootstrap.servers: x}"))
                .hasMessage("accounts must be a list of at least one account, got none");
        assertThatThrownBy(() -> ConfigFile.parse("accounts: [{name: a, key: {env: KEY}}]", ENVIRONMENT))
                .hasMessageStartingWith("kafka.bootstrap.servers is missing");
        assertThatThrownBy(() -> ConfigFile.parse("")).hasMessageStartingWith("kafka.bootstrap.servers is missing");
    }

    @ParameterizedTest
    @CsvSource({
        "acks,1",
        "enable.idempotence,false",
        "transactional.id,x",
        "isolation.level,read_uncommitted",
        "group.id,x",
        "auto.offset.reset,latest",
        "enable.auto.commit,true",
        "processing.guarantee,at_least_once",
        "producer.acks,1",
        "main.consumer.isolation.level,read_uncommitted"
    })
    void kafkaSettingsThatThePromisesRestOnAreRefused(String key, String value) {
        var yaml = SMALLEST.replace("accounts:", "  %s: %s\naccounts:".formatted(key, value));

        assertThatThrownBy(() -> ConfigFile.parse(yaml, ENVIRONMENT))
                .hasMessage("kafka.%s must not be set: Halfrate's promises rest on its own value".formatted(key));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `lanes: {age-max: "secret}`
            `lanes: {age-max: 1s}\nlanes: {secret: 1s}`
            `secret: {a: 1, a: 2}`
            """)
    void whatIsNoYamlIsRefusedWithoutQuotingIt(String yaml) {
        assertThatThrownBy(() -> ConfigFile.parse(SMALLEST + yaml.replace("\\n", "\n"), ENVIRONMENT))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("the configuration is not valid YAML at line ")
                .hasMessageNotContaining("secret");
    }

    @Test
    void descriptionHasEveryKeyAndNoSecret() {
        var config = ConfigFile.parse(EXPLICIT, ENVIRONMENT);

        assertThat(config.describe())
                .contains(
                        "application: app",
                        "kafka.sasl.jaas.config: ***",
                        "kafka.security.protocol: SASL_SSL",
                        "requests.ttl: 2h",
                        "accounts[0].key: ***",
                        "accounts[0].models: gpt-4*, o3",
                        "accounts[1].name: two",
                        "ledger.poll-delays: 100ms, 1s",
                        "ledger.spool-bytes-max: 20971520")
                .noneMatch(line -> line.replace("webhook-secrets", "").contains("secret"));
        assertThat(config.toString().replace("webhook-secrets", "")).doesNotContain("secret");
    }

    @Test
    void secretMayStandInAFile(@TempDir Path dir) throws IOException {
        var file = Files.writeString(dir.resolve("key"), "sk-from-file\n");

        var config = ConfigFile.parse(SMALLEST.replace("env: KEY", "file: " + file));

        assertThat(config.accounts().getFirst().key().reveal()).isEqualTo("sk-from-file");
    }

    @Test
    void filesOfSecretsAreKnown(@TempDir Path dir) throws IOException {
        var file = Files.writeString(dir.resolve("halfrate.yaml"), """
                        kafka: {bootstrap.servers: none, sasl.jaas.config: {file: /jaas}}
                        accounts: [{name: a, key: {file: /key}}, {name: b, key: {env: KEY}, webhook-secrets: [{file: /key}]}]
                        """);

        assertThat(ConfigFile.secretFiles(file)).containsExactly(Path.of("/jaas"), Path.of("/key"));
    }

    @Test
    void fileThatCannotBeReadIsNamed(@TempDir Path dir) throws IOException {
        var missing = dir.resolve("missing.yaml");
        var latin1 = Files.write(dir.resolve("latin1.yaml"), new byte[] {'a', (byte) 0xE4});

        assertThatThrownBy(() -> ConfigFile.load(missing))
                .hasMessage(missing + " cannot be read as a UTF-8 file: NoSuchFileException");
        assertThatThrownBy(() -> ConfigFile.load(latin1))
                .hasMessage(latin1 + " cannot be read as a UTF-8 file: MalformedInputException");
    }
}

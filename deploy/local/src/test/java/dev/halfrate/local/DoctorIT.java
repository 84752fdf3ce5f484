package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.Right;
import dev.halfrate.processor.ops.Rights;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.ApiKeys;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor says of one thing after the other that is wrong, and that it leaves no trace. */
@Tag("long")
class DoctorIT {
    private static final Duration ALL_WITHIN = Duration.ofSeconds(55);
    private static final String KEY = "local";

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private Admin admin;
    private Simulator simulator;
    private HalfrateConfig config;
    private Path file;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        simulator = Simulator.start(SimulatorConfig.defaults()
                .withSpeed(1)
                .withApiKeys(ApiKeys.of(KEY))
                .withDataDirectory(directory.resolve("simulator")));
        config = LocalSettings.config(broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"));
        write(config);
    }

    @AfterEach
    void stop() {
        assertThat(simulator.billingBook().summary().createsReceived()).isZero();
        assertThat(simulator.billingBook().summary().linesBilled()).isZero();
        simulator.close();
        admin.close();
        broker.close();
    }

    private void write(HalfrateConfig other) throws Exception {
        file = RunConfig.write(other, directory);
        for (var account : other.accounts()) {
            Files.setPosixFilePermissions(
                    directory.resolve(account.name() + ".key"), PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void allIsWellBeforeTheFirstStartAndBesideAProcessAndNothingIsMade() throws Exception {
        // Before
        var before = doctor();
        assertThat(before.exitCode()).as(before.toString()).isEqualTo(CommandLines.DONE);
        assertThat(before.grades()).doesNotContainValue("fail").doesNotContainValue("skipped");
        assertThat(before.found("topics")).contains("0 are there and fit, the next start makes 11");
        assertThat(before.found("next start")).contains("the first one");
        assertThat(before.found("replicas")).isEqualTo("no topic is there yet");
        assertThat(before.found("account simulator")).contains("takes the key of openai-organization=");
        assertThat(topics()).isEmpty();
        assertThat(admin.listGroups().all().get()).isEmpty();
        assertThat(config.stateDir()).doesNotExist();

        // Beside
        try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> processor.notReady().isEmpty());
            var beside = doctor();
            assertThat(beside.exitCode()).as(beside.toString()).isEqualTo(CommandLines.DONE);
            assertThat(beside.found("topics")).isEqualTo("all 11 are there and fit");
            assertThat(beside.found("state directory")).contains("is in use by a process that runs here");
            assertThat(beside.found("next start")).isEqualTo("topics, offsets and accounts are as they were");
            assertThat(beside.grade("replicas")).isEqualTo("warn");
            assertThat(processor.failure()).isNotDone();
        }
    }

    @Test
    void aWrongPortIsExplainedAndTheRestGoesOn() throws Exception {
        write(LocalSettings.config(
                "127.0.0.1:" + EmbeddedBroker.freePort(), simulator.baseUrl(), directory.resolve("state")));

        var diagnosis = doctor();

        assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.FAILED);
        assertThat(diagnosis.found("kafka")).contains("connection refused");
        assertThat(diagnosis.todo("kafka")).contains("nothing listens there");
        assertThat(diagnosis.grade("topics")).isEqualTo("skipped");
        assertThat(diagnosis.grade("account simulator")).isEqualTo("ok");
        assertThat(diagnosis.grade("clock")).isEqualTo("ok");
    }

    @Test
    void aPortThatIsNotKafkasIsExplained() throws Exception {
        try (var other = new ServerSocket(0)) {
            write(LocalSettings.config(
                    "127.0.0.1:" + other.getLocalPort(), simulator.baseUrl(), directory.resolve("state")));

            var diagnosis = doctor();

            assertThat(diagnosis.found("kafka"))
                    .contains("takes connections, but does not answer as Kafka with PLAINTEXT");
        }
    }

    @Test
    void aClusterWithOldTransactionsIsToldHowToUpgrade() throws Exception {
        admin.updateFeatures(
                        Map.of(
                                "transaction.version",
                                new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                        new UpdateFeaturesOptions())
                .all()
                .get();

        await().untilAsserted(() -> {
            var diagnosis = doctor();
            assertThat(diagnosis.grade("transaction.version")).isEqualTo("fail");
            assertThat(diagnosis.todo("transaction.version")).contains("kafka-features.sh", "transaction.version=2");
        });
    }

    @Test
    void aTopicThatForgetsTooSoonIsShownByBothCommands() throws Exception {
        TopicSetup.ensure(config);
        set("llm.requests", "retention.ms", "3600000");

        await().untilAsserted(() -> assertThat(doctor().grade("topics")).isEqualTo("fail"));

        assertThat(doctor().todo("topics")).contains("--entity-name llm.requests --add-config retention.ms=604800000");
        var topics = run("topics");
        assertThat(topics.exitCode()).isEqualTo(CommandLines.FAILED);
        assertThat(topics.words())
                .contains("topic llm.requests has retention.ms=3600000, it must be more than 259200000");
    }

    @Test
    void missingTopicsAreShownAndMadeOnRequestWhateverTheConfigurationSays() throws Exception {
        // Given
        Files.writeString(file, Files.readString(file).replace("create: true", "create: false"));

        // When, then
        assertThat(doctor().todo("topics")).contains("kafka-topics.sh", "--topic halfrate-ledger");
        var missing = run("topics", "--json");
        assertThat(missing.exitCode()).isEqualTo(CommandLines.FAILED);
        assertThat(new ObjectMapper().readTree(missing.words()).path("topics"))
                .allSatisfy(topic -> assertThat(topic.path("state").asText()).isEqualTo("missing"));
        assertThat(topics()).isEmpty();

        // When
        var made = run("topics", "--create");

        // Then a start takes them as they are
        assertThat(made.exitCode()).as(made.words()).isEqualTo(CommandLines.DONE);
        assertThat(topics()).hasSize(11);
        assertThat(TopicSetup.ensure(config)).isEqualTo(2);
        assertThat(run("topics", "--create").words()).contains("nothing was missing");
        assertThat(doctor().grade("topics")).isEqualTo("ok");
    }

    @Test
    void anOffsetThatIsGoneIsSeenBeforeTheStartIsRefused() throws Exception {
        TopicSetup.ensure(config);
        Births.check(config, Set.of());
        admin.deleteConsumerGroups(List.of(config.ledgerGroup())).all().get();

        var diagnosis = doctor();

        assertThat(diagnosis.grade("next start")).isEqualTo("fail");
        assertThat(diagnosis.todo("next start")).contains("group halfrate-ledger has no offset any more");
    }

    @Test
    void aTransactionThatNobodyEndsIsSeen() throws Exception {
        TopicSetup.ensure(config);
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put("transactional.id", "nobody");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            var anHourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
            producer.send(new ProducerRecord<>("halfrate-ledger", 1, anHourAgo, new byte[0], new byte[0]))
                    .get();

            assertThat(doctor().found("transactions")).contains("halfrate-ledger-1 since ");
            producer.abortTransaction();
        }
    }

    @Test
    void aRefusedKeyIsExplainedAndNeverShown() throws Exception {
        Files.writeString(directory.resolve("simulator.key"), "canary-5f1e");

        var diagnosis = doctor();

        assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.FAILED);
        assertThat(diagnosis.found("account simulator")).contains("refuses the key (HTTP 401");
        assertThat(diagnosis.grade("account simulator-anthropic")).isEqualTo("ok");
        assertThat(diagnosis.toString()).doesNotContain("canary");
        assertThat(run("doctor").words()).doesNotContain("canary");
    }

    @Test
    void aKeyThatAnybodyCanReadIsAWarning() throws Exception {
        Files.setPosixFilePermissions(directory.resolve("simulator.key"), PosixFilePermissions.fromString("rw-r--r--"));

        var diagnosis = doctor();

        assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.DONE);
        assertThat(diagnosis.grade("configuration")).isEqualTo("warn");
        assertThat(diagnosis.todo("configuration")).contains("chmod 600").contains("simulator.key");
    }

    @Test
    void aRegistryIsLookedIntoAndMissedWhenItIsAway() throws Exception {
        try (var registry = RegistryServer.start(0)) {
            write(config.with(RegistryConfig.at(registry.url()), config.formats()));
            assertThat(doctor().grade("schema registry")).isEqualTo("ok");
        }

        var diagnosis = doctor();
        assertThat(diagnosis.grade("schema registry")).isEqualTo("fail");
        assertThat(diagnosis.found("schema registry")).contains("does not answer");
    }

    @Test
    void aVendorWithAnotherTimeIsAWarningWhereItIsThisMachines() throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            http.send(
                    HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/clock"))
                            .POST(BodyPublishers.ofString("{\"advance_seconds\": 3600}"))
                            .build(),
                    BodyHandlers.discarding());
        }

        var diagnosis = doctor();

        assertThat(diagnosis.grade("clock")).isEqualTo("warn");
        assertThat(diagnosis.found("clock")).contains("behind that of account").contains("runs on this machine");
    }

    @Test
    void aStateDirectoryThatIsNoneAndADiskThatIsTooSmallAreSeen() throws Exception {
        var yaml = Files.readString(file);
        var nowhere = Files.createFile(directory.resolve("a-file"));
        Files.writeString(
                file,
                yaml.replace("state-dir: " + config.stateDir(), "state-dir: " + nowhere.resolve("state"))
                        .replace("spool-bytes-max: 1000000000", "spool-bytes-max: 900000000000000"));

        var diagnosis = doctor();

        assertThat(diagnosis.grade("state directory")).isEqualTo("fail");
        assertThat(diagnosis.found("state directory")).contains("is a file, not a directory");
        assertThat(diagnosis.grade("disk")).isEqualTo("warn");
    }

    @Test
    void everythingDownIsToldWithinAMinute() throws Exception {
        // Given a broker that takes connections and says nothing, and vendors likewise
        try (var silent = new ServerSocket(0)) {
            write(LocalSettings.config(
                            "127.0.0.1:" + silent.getLocalPort(),
                            URI.create("http://127.0.0.1:" + silent.getLocalPort()),
                            directory.resolve("state"))
                    .with(
                            RegistryConfig.at(URI.create("http://127.0.0.1:" + silent.getLocalPort())),
                            config.formats()));
            var began = System.nanoTime();

            var diagnosis = doctor();

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(ALL_WITHIN);
            assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.FAILED);
            assertThat(diagnosis.grade("account simulator")).isEqualTo("fail");
            assertThat(diagnosis.grade("clock")).isEqualTo("skipped");
        }
    }

    @Test
    void aConfigurationThatCannotBeReadIsAFindingToo() throws Exception {
        Files.writeString(file, "acounts: []");

        var diagnosis = doctor();

        assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.MISUSED);
        assertThat(diagnosis.grade("configuration")).isEqualTo("fail");
    }

    @Test
    void aMissingRightIsNamedWithTheCommandThatGivesIt() throws Exception {
        try (var secured = SecuredBroker.start(directory.resolve("secured"), Set.of("halfrate"));
                var administrator = Admin.create(secured.administrator())) {
            // Given all that the list has
            secure(secured.user("halfrate"));
            var service = ConfigFile.load(file);
            TopicSetup.createMissing(LocalSettings.config(
                    String.valueOf(secured.administrator().get("bootstrap.servers")),
                    simulator.baseUrl(),
                    directory.resolve("state")));
            var all = Rights.of(service).stream()
                    .filter(right -> right.part() == Right.Part.HALFRATE)
                    .flatMap(right -> right.may().stream().map(operation -> binding(right, operation)))
                    .toList();
            administrator.createAcls(all).all().get();
            await().untilAsserted(() -> {
                var diagnosis = doctor();
                assertThat(diagnosis.grades()).as("%s", diagnosis).doesNotContainValue("fail");
                assertThat(diagnosis.found("rights")).contains("11 topics", "3 groups", "3 transactional ids");
                assertThat(diagnosis.grade("broker settings")).isEqualTo("skipped");
            });

            // When
            administrator
                    .deleteAcls(all.stream()
                            .filter(acl -> (acl.pattern().name().equals("llm.requests")
                                            && acl.entry().operation() == AclOperation.READ)
                                    || (acl.pattern().name().equals("halfrate-")
                                            && acl.entry().operation() == AclOperation.WRITE)
                                    || acl.pattern().name().equals("halfrate-lanes-")
                                    || acl.pattern().resourceType() != ResourceType.TOPIC)
                            .map(AclBinding::toFilter)
                            .toList())
                    .all()
                    .get();

            // Then
            await().untilAsserted(() -> {
                var diagnosis = doctor();
                assertThat(diagnosis.exitCode()).isEqualTo(CommandLines.FAILED);
                assertThat(diagnosis.todo("rights"))
                        .contains(
                                "--allow-principal User:NAME --operation Read --operation DescribeConfigs --topic llm.requests")
                        .contains("User:NAME --operation Write --topic halfrate- --resource-pattern-type prefixed")
                        .contains("--operation Create --topic halfrate-lanes- --resource-pattern-type prefixed")
                        .contains("--operation Read --group halfrate- --resource-pattern-type prefixed")
                        .contains("--operation Write --transactional-id halfrate- --resource-pattern-type prefixed");
            });
        }
    }

    @Test
    void aRefusedOrMissingLoginIsExplained() throws Exception {
        try (var secured = SecuredBroker.start(directory.resolve("secured"), Set.of("halfrate"))) {
            var login = secured.user("halfrate");
            login.computeIfPresent(
                    "sasl.jaas.config", (_, jaas) -> jaas.toString().replace("secret-of", "canary-of"));
            secure(login);
            assertThat(doctor().found("kafka")).contains("refuses the login");
            assertThat(run("doctor").words()).doesNotContain("canary-of");

            login.put("sasl.mechanism", "SCRAM-SHA-512");
            login.computeIfPresent(
                    "sasl.jaas.config", (_, jaas) -> jaas.toString().replace("plain.Plain", "scram.Scram"));
            secure(login);
            assertThat(doctor().found("kafka")).contains("does not take this kind of login");

            secure(Map.of("bootstrap.servers", login.get("bootstrap.servers")));
            assertThat(doctor().todo("kafka")).contains("the listener may want a login");

            login.putAll(secured.user("halfrate"));
            login.putAll(secured.administrator());
            secure(login);
            assertThat(doctor().found("kafka")).contains("wants no login");

            secure(Map.of("bootstrap.servers", login.get("bootstrap.servers"), "security.protocol", "SSL"));
            assertThat(doctor().found("kafka")).contains("does not speak TLS, and SSL is configured");
        }
    }

    private static AclBinding binding(Right right, AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(right.type(), right.name(), right.pattern()),
                new AccessControlEntry("User:halfrate", "*", operation, AclPermissionType.ALLOW));
    }

    private void secure(Map<String, Object> kafka) throws Exception {
        var settings = kafka.entrySet().stream()
                .map(entry -> "  %s: '%s'%n".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
        file = Files.writeString(directory.resolve("secured.yaml"), """
                state-dir: %s
                kafka:
                %s
                topics: {create: false, replication-factor: 1}
                accounts: [{name: openai, base-url: '%s', key: {file: %s}}]
                admin: {port: 0}
                """.formatted(
                        directory.resolve("state"), settings, simulator.baseUrl(), directory.resolve("simulator.key")));
    }

    /** What came out, and how it ended. */
    private record Run(int exitCode, String words) {}

    /** What `doctor --json` said. */
    private record Said(int exitCode, JsonNode findings) {
        private JsonNode of(String check) {
            for (var finding : findings) {
                if (finding.path("check").asText().equals(check)) {
                    return finding;
                }
            }
            throw new AssertionError("nothing of " + check + " in " + findings);
        }

        String grade(String check) {
            return of(check).path("grade").asText();
        }

        String found(String check) {
            return of(check).path("found").asText();
        }

        String todo(String check) {
            return of(check).path("todo").toString();
        }

        Map<String, String> grades() {
            var grades = new HashMap<String, String>();
            findings.forEach(finding -> grades.put(
                    finding.path("check").asText(), finding.path("grade").asText()));
            return grades;
        }
    }

    private Said doctor() throws Exception {
        var run = run("doctor", "--json");
        return new Said(run.exitCode(), new ObjectMapper().readTree(run.words()).path("findings"));
    }

    private Run run(String command, String... options) {
        var words = new StringWriter();
        var arguments = new ArrayList<>(List.of(command, "--config", file.toString()));
        arguments.addAll(List.of(options));
        var exitCode = LocalMain.commandLine()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute(arguments.toArray(String[]::new));
        return new Run(exitCode, words.toString());
    }

    /** @return Kafka's own too */
    private Set<String> topics() throws Exception {
        return admin.listTopics(new ListTopicsOptions().listInternal(true))
                .names()
                .get();
    }

    private void set(String topic, String name, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }
}

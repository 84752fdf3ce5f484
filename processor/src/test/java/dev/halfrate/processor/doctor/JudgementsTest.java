package dev.halfrate.processor.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.doctor.AccountCheck.Skew;
import dev.halfrate.processor.doctor.PortsCheck.Holder;
import dev.halfrate.processor.doctor.RightsCheck.Known;
import dev.halfrate.processor.doctor.Servers.Tried;
import dev.halfrate.processor.doctor.Servers.Trouble;
import dev.halfrate.processor.doctor.TopicsCheck.Replicated;
import dev.halfrate.processor.ops.Births.Outlook;
import dev.halfrate.processor.ops.Status;
import dev.halfrate.processor.ops.TopicPlan;
import dev.halfrate.processor.ops.TopicSurvey;
import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.Refusal;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What each check makes of what it finds. */
class JudgementsTest {
    private static final long MB = 1 << 20;
    private static final Path STATE = Path.of("state");

    private static HalfrateConfig config(String more) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: 'kafka:9092'}
                accounts: [{name: main, key: {env: KEY}}]
                %s
                """.formatted(more), Map.of("KEY", "sk"));
    }

    private static void assertFails(Verdict verdict) {
        assertThat(verdict.grade()).as("%s", verdict).isEqualTo(Grade.FAIL);
        assertThat(verdict.todo()).isNotEmpty().noneMatch(String::isBlank);
    }

    private static void assertWarns(Verdict verdict) {
        assertThat(verdict.grade()).as("%s", verdict).isEqualTo(Grade.WARN);
        assertThat(verdict.todo()).isNotEmpty().noneMatch(String::isBlank);
    }

    private static void assertOk(Verdict verdict) {
        assertThat(verdict.grade()).as("%s", verdict).isEqualTo(Grade.OK);
        assertThat(verdict.todo()).isEmpty();
    }

    @Nested
    class Machine {
        @Test
        void secretsThatOthersCanReadAreNamed() {
            var verdict = SecretFilesCheck.judge(
                    Path.of("halfrate.yaml"),
                    Map.of(
                            Path.of("open"), PosixFilePermissions.fromString("rw-r--r--"),
                            Path.of("shut"), PosixFilePermissions.fromString("rw-r-----")));

            assertWarns(verdict);
            assertThat(verdict.todo()).singleElement().asString().contains("chmod 600 open");
            assertOk(SecretFilesCheck.judge(Path.of("halfrate.yaml"), Map.of()));
        }

        @ParameterizedTest
        @CsvSource({"256, 768, OK", "119, 768, WARN", "256, 480, WARN", "120, 350, OK"})
        void heapHasToBeThereAndLeaveRoom(long heap, long memory, Grade grade) {
            assertThat(MachineCheck.memory(heap * MB, memory * MB).grade()).isEqualTo(grade);
        }

        @ParameterizedTest
        @CsvSource({"4096, OK", "4095, WARN"})
        void openFiles(long max, Grade grade) {
            assertThat(MachineCheck.openFiles(max).grade()).isEqualTo(grade);
        }

        private Verdict stateDir(boolean exists, boolean directory, boolean writable, boolean inUse, String type) {
            return StateDirCheck.judge(
                    STATE, new StateDirCheck.Found(exists, directory, Path.of("/x"), writable, inUse, type));
        }

        @Test
        void aStateDirectoryHasToBeOneThatCanBeWrittenTo() {
            assertOk(stateDir(true, true, true, false, "ext4"));
            assertThat(stateDir(false, true, true, false, "ext4").found()).contains("will be made");
            assertThat(stateDir(true, true, true, true, "ext4").found()).contains("in use by a process");
            assertFails(stateDir(true, false, true, false, "ext4"));
            assertFails(stateDir(true, true, false, false, "ext4"));
            assertWarns(stateDir(true, true, true, false, "tmpfs"));
            assertWarns(stateDir(true, true, true, false, "nfs4"));
        }

        @ParameterizedTest
        @CsvSource({"5000, 0, OK", "3000, 0, WARN", "3000, 1500, OK", "199, 4000, FAIL"})
        void theDiskHasToHoldTheSpool(long freeMb, long spooledMb, Grade grade) {
            assertThat(StateDirCheck.room(freeMb * MB, spooledMb * MB, 4_000 * MB)
                            .grade())
                    .isEqualTo(grade);
        }

        @Test
        void aPortIsFreeOrOurs() {
            assertOk(PortsCheck.judge("admin", "127.0.0.1", 8090, Holder.NOBODY, false));
            assertOk(PortsCheck.judge("admin", "127.0.0.1", 8090, Holder.HALFRATE, false));
            assertOk(PortsCheck.judge("webhooks", "127.0.0.1", 8091, Holder.OTHERS, true));
            assertOk(PortsCheck.judge("webhooks", "127.0.0.1", 0, Holder.NOBODY, false));
            assertFails(PortsCheck.judge("admin", "127.0.0.1", 8090, Holder.OTHERS, false));
            assertFails(PortsCheck.judge("admin", "192.0.2.1", 8090, Holder.NO_SUCH_ADDRESS, false));
            assertFails(PortsCheck.judge("admin", "127.0.0.1", 80, Holder.FORBIDDEN, false));
        }
    }

    @Nested
    class Kafka {
        private Verdict refused(String security, KafkaException thrown, boolean tls) {
            return KafkaCheck.refused("kafka:9092", security, thrown, () -> tls);
        }

        @Test
        void eachTroubleHasItsAdvice() {
            var verdict = KafkaCheck.unreachable(List.of(
                    new Tried("a:9092", Optional.of(Trouble.UNKNOWN_HOST)),
                    new Tried("b:9092", Optional.of(Trouble.REFUSED)),
                    new Tried("c:9092", Optional.of(Trouble.REFUSED))));

            assertFails(verdict);
            assertThat(verdict.found()).contains("a:9092: unknown host", "b:9092: connection refused");
            assertThat(verdict.todo()).hasSize(2);
            assertFails(KafkaCheck.unreachable(List.of()));
        }

        @Test
        void troublesAreToldApart() {
            assertThat(Servers.trouble(new UnknownHostException("x"))).isEqualTo(Trouble.UNKNOWN_HOST);
            assertThat(Servers.trouble(new SocketTimeoutException("x"))).isEqualTo(Trouble.TIMED_OUT);
            assertThat(Servers.trouble(new java.net.ConnectException("Connection refused")))
                    .isEqualTo(Trouble.REFUSED);
            assertThat(Servers.trouble(new java.net.NoRouteToHostException("no route")))
                    .isEqualTo(Trouble.UNREACHABLE);
        }

        @Test
        void oneBrokerThatAnswersIsEnoughButTheOthersAreNamed() {
            var up = new Tried("a:9092", Optional.empty());
            var down = new Tried("b:9092", Optional.of(Trouble.TIMED_OUT));

            assertOk(KafkaCheck.reached(List.of(up), "id", 3));
            assertWarns(KafkaCheck.reached(List.of(down, up), "id", 3));
            assertOk(KafkaCheck.brokers(List.of(up)));
            assertFails(KafkaCheck.brokers(List.of(up, down)));
        }

        @Test
        void aRefusedLoginIsNotAWrongProtocol() {
            assertThat(refused("SASL_SSL", new SaslAuthenticationException("no"), true)
                            .found())
                    .contains("refuses the login");
            assertThat(refused("SASL_SSL", new UnsupportedSaslMechanismException("no"), true)
                            .found())
                    .contains("does not take this kind of login");
            assertThat(refused("SASL_SSL", new IllegalSaslStateException("no"), true)
                            .found())
                    .contains("wants no login");
        }

        @Test
        void protocolsThatDoNotFitAreNamed() {
            assertThat(refused("PLAINTEXT", new TimeoutException("x"), true).todo())
                    .singleElement()
                    .asString()
                    .contains("security.protocol to SSL");
            assertThat(refused("SASL_PLAINTEXT", new TimeoutException("x"), true)
                            .todo())
                    .singleElement()
                    .asString()
                    .contains("security.protocol to SASL_SSL");
            assertThat(refused("SSL", new TimeoutException("x"), false).found()).contains("does not speak TLS");
            assertThat(refused(
                                    "SASL_SSL",
                                    new SslAuthenticationException("Unsupported or unrecognized SSL message"),
                                    false)
                            .todo())
                    .singleElement()
                    .asString()
                    .contains("SASL_PLAINTEXT");
            assertThat(refused("PLAINTEXT", new TimeoutException("x"), false).todo())
                    .hasSize(2);
        }

        @ParameterizedTest
        @CsvSource({
            "PKIX path building failed, truststore",
            "No subject alternative DNS name matching kafka found, another host name",
            "Received fatal alert: bad_certificate, keystore"
        })
        void failuresOfTlsAreToldApart(String message, String advice) {
            var verdict = refused("SSL", new SslAuthenticationException(message), true);

            assertFails(verdict);
            assertThat(verdict.todo()).singleElement().asString().contains(advice);
        }

        @Test
        void transactionsNeedVersionTwo() {
            assertOk(ClusterCheck.transactions(config(""), 2));
            assertFails(ClusterCheck.transactions(config(""), 1));
        }

        @Test
        void settingsOfBrokersAreLargeEnough() {
            var good = Map.of("message.max.bytes", "20971520", "transaction.max.timeout.ms", "60000");
            assertOk(ClusterCheck.settings(config(""), Map.of("1", good)));

            var small = new HashMap<>(good);
            small.put("message.max.bytes", "1048588");
            assertWarns(ClusterCheck.settings(config(""), Map.of("1", good, "2", small)));

            var brief = new HashMap<>(small);
            brief.put("transaction.max.timeout.ms", "59999");
            var verdict = ClusterCheck.settings(config(""), Map.of("1", brief));
            assertFails(verdict);
            assertThat(verdict.todo()).hasSize(2);
        }
    }

    @Nested
    class Topics {
        private static final TopicSurvey NONE = new TopicSurvey(Map.of(), Map.of(), Set.of());

        private TopicSurvey all(HalfrateConfig config) {
            var topics = new HashMap<String, TopicDescription>();
            var settings = new HashMap<String, Map<String, String>>();
            for (var plan : TopicPlan.of(config)) {
                topics.put(plan.name(), topic(plan.name(), 8));
                settings.put(plan.name(), plan.settings());
            }
            return new TopicSurvey(topics, settings, Set.of());
        }

        private static TopicDescription topic(String name, int partitions) {
            var node = new Node(1, "kafka", 9092);
            return new TopicDescription(
                    name,
                    false,
                    java.util.stream.IntStream.range(0, partitions)
                            .mapToObj(it -> new TopicPartitionInfo(it, node, List.of(node), List.of(node)))
                            .toList());
        }

        @Test
        void asPlannedTheyAreFit() {
            var config = config("");

            assertThat(TopicsCheck.judge(config, all(config), NONE, Map.of()))
                    .isEqualTo(Verdict.ok("all 11 are there and fit"));
        }

        @Test
        void missingOnesAreMadeOrHaveToBe() {
            assertOk(TopicsCheck.judge(config(""), NONE, NONE, Map.of()));

            var verdict = TopicsCheck.judge(config("topics: {create: false}"), NONE, NONE, Map.of());
            assertFails(verdict);
            assertThat(verdict.todo()).hasSize(11).allMatch(line -> line.contains("kafka-topics.sh"));

            assertFails(TopicsCheck.judge(
                    config(""),
                    NONE,
                    NONE,
                    Map.of("llm.requests", new InvalidReplicationFactorException("3 replicas, 1 broker"))));
        }

        @Test
        void whatMayNotBeSeenIsNotTakenForMissing() {
            var config = config("");
            var all = all(config);
            var hidden = new TopicSurvey(all.topics(), all.settings(), Set.of("llm.dlq"));

            assertThat(TopicsCheck.judge(config, hidden, NONE, Map.of()).found())
                    .isEqualTo("this login may not look at llm.dlq");
        }

        @Test
        void wrongSettingsAndPartitionsAreNamed() {
            var config = config("");
            var all = all(config);
            var settings = new HashMap<>(all.settings());
            settings.put("llm.requests", Map.of("retention.ms", "3600000"));
            var topics = new HashMap<>(all.topics());
            topics.put("halfrate-ledger", topic("halfrate-ledger", 9));

            var verdict = TopicsCheck.judge(config, new TopicSurvey(topics, settings, Set.of()), NONE, Map.of());

            assertFails(verdict);
            assertThat(verdict.found())
                    .contains("retention.ms=3600000, it must be more than 259200000", "halfrate-ledger has 9");
            assertThat(verdict.todo()).hasSize(2);
        }

        @Test
        void replicasAreManyAndInSync() {
            var good = new Replicated("a", 3, 3, 0, 2);
            assertOk(TopicsCheck.replicas(List.of(good), 3));
            assertOk(TopicsCheck.replicas(List.of(), 3));
            assertOk(TopicsCheck.replicas(List.of(new Replicated("a", 3, 2, 0, 2)), 3));
            assertFails(TopicsCheck.replicas(List.of(good, new Replicated("b", 3, 1, 0, 2)), 3));
            assertFails(TopicsCheck.replicas(List.of(good, new Replicated("b", 3, 3, 1, 2)), 3));
            assertWarns(TopicsCheck.replicas(List.of(good, new Replicated("b", 2, 2, 0, 2)), 3));
            assertWarns(TopicsCheck.replicas(List.of(good, new Replicated("b", 2, 2, 0, 1)), 3));
            assertWarns(TopicsCheck.replicas(List.of(new Replicated("b", 1, 1, 0, 1)), 1));
        }

        @Test
        void aMissingRightIsACommandForTheRightThatCoversIt() {
            var verdict = RightsCheck.judge(
                    config("topics: {create: false}"),
                    List.of(
                            new Known(ResourceType.TOPIC, "halfrate-work", Set.of(AclOperation.WRITE)),
                            new Known(ResourceType.TOPIC, "halfrate-ledger", Set.of(AclOperation.WRITE)),
                            new Known(ResourceType.TOPIC, "llm.requests", Set.of())));

            assertFails(verdict);
            assertThat(verdict.found())
                    .isEqualTo("this login lacks WRITE on topic halfrate-work; WRITE on topic halfrate-ledger");
            assertThat(verdict.todo())
                    .hasSize(2)
                    .last()
                    .isEqualTo("kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:NAME"
                            + " --operation Write --topic halfrate- --resource-pattern-type prefixed");
            assertOk(RightsCheck.judge(config(""), List.of(new Known(ResourceType.TOPIC, "a", Set.of()))));
        }

        @Test
        void theNextStartIsForetold() {
            assertOk(NextStartCheck.judge(new Outlook(false, List.of(), Map.of())));
            assertOk(NextStartCheck.judge(new Outlook(true, List.of(), Map.of())));
            var verdict = NextStartCheck.judge(new Outlook(true, List.of("a, with --accept x"), Map.of()));
            assertFails(verdict);
            assertThat(verdict.todo()).containsExactly("a, with --accept x");
        }

        @Test
        void aTransactionThatHangsIsNamed() {
            assertOk(NextStartCheck.transactions(List.of()));
            assertFails(NextStartCheck.transactions(
                    List.of(new Status.OpenTransaction("halfrate-work", 3, Instant.EPOCH))));
        }
    }

    @Nested
    class Others {
        private final AccountConfig account = config("").accounts().getFirst();

        private Verdict judged(AccessOutcome outcome) {
            return AccountCheck.judge(account, "", outcome);
        }

        private Verdict refused(Refusal.Kind kind, int status, String code) {
            return judged(new AccessOutcome.Refused(new Refusal(kind, status, code, "HTTP " + status, null), null));
        }

        @Test
        void aKeyThatIsTakenIsGood() {
            assertThat(judged(new AccessOutcome.Granted("openai-organization=acme", null))
                            .found())
                    .isEqualTo("https://api.openai.com/v1 takes the key of openai-organization=acme");
            assertOk(judged(new AccessOutcome.Granted("", null)));
        }

        @Test
        void aKeyThatIsRefusedIsToldFromOneOfAnother() {
            assertThat(refused(Refusal.Kind.KEY, 401, "invalid_api_key").found())
                    .contains("refuses the key");
            var foreign = refused(Refusal.Kind.KEY, 200, "other_organization");
            assertFails(foreign);
            assertThat(foreign.found()).contains("another organization");
        }

        @ParameterizedTest
        @EnumSource(Refusal.Kind.class)
        void everyRefusalHasItsAdvice(Refusal.Kind kind) {
            assertThat(refused(kind, 400, "x").todo()).isNotEmpty();
        }

        @Test
        void loadIsAWarningAndSilenceAFailure() {
            assertWarns(refused(Refusal.Kind.RATE, 429, "x"));
            assertWarns(refused(Refusal.Kind.UNAVAILABLE, 503, "overloaded"));
            assertFails(refused(Refusal.Kind.UNAVAILABLE, 0, "not_connected"));
            assertFails(judged(new AccessOutcome.NoAnswer("timed out")));
            assertThat(judged(new AccessOutcome.NoAnswer("host name not resolved"))
                            .todo())
                    .singleElement()
                    .asString()
                    .contains("DNS");
            assertThat(judged(new AccessOutcome.NoAnswer("TLS handshake failed"))
                            .todo())
                    .singleElement()
                    .asString()
                    .contains("trust store");
        }

        @Test
        void aServerWithoutAListMayBeAGateway() {
            assertWarns(judged(new AccessOutcome.Odd(404, null)));
            assertFails(judged(new AccessOutcome.Odd(302, null)));
        }

        @Test
        void aRegistryHasWhatIsWrittenOrMayBeGivenIt() {
            assertOk(RegistryCheck.judge(true, Map.of()));
            assertOk(RegistryCheck.judge(false, Map.of("llm.results", true)));
            assertOk(RegistryCheck.judge(true, Map.of("llm.results", false)));
            assertFails(RegistryCheck.judge(false, Map.of("llm.results", false)));
            assertFails(RegistryCheck.refused("does not answer"));
            assertThat(RegistryCheck.refused("it does not let us in").todo())
                    .singleElement()
                    .asString()
                    .contains("password");
        }

        private Verdict clock(long secondsAhead, boolean local) {
            return ClockCheck.judge(Map.of("main", new Skew(Duration.ofSeconds(secondsAhead), local)));
        }

        @Test
        void aClockMayBeHalfAMinuteOffAndNeverFiveMinutes() {
            assertOk(clock(30, false));
            assertOk(clock(-30, false));
            assertWarns(clock(31, false));
            assertWarns(clock(-300, false));
            assertFails(clock(301, false));
            assertFails(clock(-301, false));
            assertThat(clock(7_500, false).found()).startsWith("2 h 5 min behind that of account main");
            assertThat(clock(-400, false).found()).startsWith("6 min ahead of that of account main");
        }

        @Test
        void aSimulatorsTimeIsItsOwn() {
            assertWarns(clock(10_000, true));
            assertOk(ClockCheck.judge(
                    Map.of("simulator", new Skew(Duration.ofDays(3), true), "main", new Skew(Duration.ZERO, false))));
            assertThat(ClockCheck.judge(Map.of()).grade()).isEqualTo(Grade.SKIPPED);
        }

        @Test
        void amountsAreReadable() {
            assertThat(Amounts.bytes(512)).isEqualTo("512 bytes");
            assertThat(Amounts.bytes(4_000_000_000L)).isEqualTo("3.7 GB");
            assertThat(Amounts.bytes(256 * MB)).isEqualTo("256 MB");
        }
    }
}

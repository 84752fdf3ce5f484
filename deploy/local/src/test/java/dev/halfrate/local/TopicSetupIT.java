package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicSetupIT {
    @TempDir
    Path state;

    private EmbeddedBroker broker;
    private Admin admin;
    private HalfrateConfig config;

    @BeforeEach
    void startBroker() {
        broker = EmbeddedBroker.startTemporary();
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        config = LocalSettings.config(broker.bootstrapServers(), URI.create("http://127.0.0.1:1/v1"), state);
    }

    @AfterEach
    void stopBroker() {
        admin.close();
        broker.close();
    }

    @Test
    void makesEveryTopicWithItsSettingsAndFindsThemFitAfterwards() throws Exception {
        // When
        TopicSetup.ensure(config);
        TopicSetup.ensure(config);

        // Then
        var topics = config.topics();
        assertThat(admin.listTopics().names().get())
                .contains(
                        topics.requests().getFirst(),
                        topics.results(),
                        topics.resultParts(),
                        topics.batches(),
                        topics.deadLetters(),
                        topics.diagnostics(),
                        topics.audit(),
                        topics.laneInbox(),
                        topics.work(),
                        topics.ledger(),
                        config.birthsTopic());
        assertThat(partitions(config.birthsTopic())).isOne();
        assertThat(setting(topics.ledger(), "cleanup.policy")).isEqualTo("compact");
        assertThat(setting(topics.work(), "cleanup.policy")).isEqualTo("compact");
        assertThat(setting(topics.requests().getFirst(), "cleanup.policy")).isEqualTo("delete");
        assertThat(setting(topics.results(), "max.message.bytes")).isEqualTo("20971520");
        assertThat(setting(topics.laneInbox(), "retention.bytes")).isEqualTo("-1");
        for (var topic : List.of(topics.results(), topics.laneInbox(), topics.work(), topics.ledger())) {
            assertThat(own(topic)).contains("min.insync.replicas", "unclean.leader.election.enable");
        }
    }

    @Test
    void whatOnlyTheInboxHoldsIsKeptWhileTheResultsAreTheirOwnersConcern() throws Exception {
        // Given
        TopicSetup.ensure(config);
        set(config.topics().laneInbox(), "unclean.leader.election.enable", "true");
        set(config.topics().laneInbox(), "retention.bytes", "1000000");
        set(config.topics().results(), "unclean.leader.election.enable", "true");

        // When, Then
        assertThatThrownBy(() -> TopicSetup.ensure(config))
                .isInstanceOf(StartupException.class)
                .message()
                .hasLineCount(2)
                .contains(
                        "topic halfrate-lane-inbox has unclean.leader.election.enable=true, it must be false",
                        "topic halfrate-lane-inbox has retention.bytes=1000000, it must be -1");
    }

    @Test
    void wrongSettingsAreAllNamedWithWhatToDo() throws Exception {
        // Given
        TopicSetup.ensure(config);
        set(config.topics().ledger(), "cleanup.policy", "compact,delete");
        set(config.topics().requests().getFirst(), "retention.ms", "3600000");
        set(config.topics().requests().getFirst(), "retention.bytes", "1000000");
        set(config.topics().work(), "delete.retention.ms", "0");

        // When, Then
        assertThatThrownBy(() -> TopicSetup.ensure(config))
                .isInstanceOf(StartupException.class)
                .message()
                .hasLineCount(4)
                .contains(
                        "topic llm.requests has retention.bytes=1000000, it must be -1; change it: ",
                        "topic halfrate-work has delete.retention.ms=0, it must be at least 3600000; change it: ",
                        "topic llm.requests has retention.ms=3600000, it must be more than 259200000"
                                + " (requests.ttl is 3d); change it: kafka-configs.sh --bootstrap-server "
                                + broker.bootstrapServers()
                                + " --alter --entity-type topics --entity-name llm.requests"
                                + " --add-config retention.ms=604800000",
                        "topic halfrate-ledger has cleanup.policy=compact,delete, it must be compact; change it: ");
    }

    @Test
    void unlimitedRetentionIsLongEnough() throws Exception {
        TopicSetup.ensure(config);
        set(config.topics().requests().getFirst(), "retention.ms", "-1");

        TopicSetup.ensure(config);

        assertThat(setting(config.topics().requests().getFirst(), "retention.ms"))
                .isEqualTo("-1");
    }

    @Test
    void workAndLedgerMustHaveEquallyManyPartitions() throws Exception {
        TopicSetup.ensure(config);
        admin.createPartitions(Map.of(config.topics().work(), NewPartitions.increaseTo(3)))
                .all()
                .get();
        await().until(() -> partitions(config.topics().work()) == 3);

        assertThatThrownBy(() -> TopicSetup.ensure(config))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("topic halfrate-work has 3 partitions and topic halfrate-ledger has 2");
    }

    @Test
    void missingTopicsAreNamedWithTheCommandWhereTheyMayNotBeMade() {
        assertThatThrownBy(() -> TopicSetup.ensure(withoutCreation()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("topic halfrate-work does not exist and topics.create is off; make it:"
                        + " kafka-topics.sh --bootstrap-server " + broker.bootstrapServers()
                        + " --create --topic halfrate-work --partitions 2 --replication-factor 1"
                        + " --config cleanup.policy=compact");
    }

    @Test
    void clusterWithoutTransactionsOfVersionTwoIsRefused() throws Exception {
        // Given
        admin.updateFeatures(
                        Map.of(
                                "transaction.version",
                                new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                        new UpdateFeaturesOptions())
                .all()
                .get();
        await().until(() -> transactionVersion() == 1);

        // When, Then
        assertThatThrownBy(() -> TopicSetup.ensure(config))
                .isInstanceOf(StartupException.class)
                .hasMessage(
                        "the Kafka cluster at %1$s has transaction.version 1, 2 or higher is needed; change it:"
                                + " kafka-features.sh --bootstrap-server %1$s upgrade --feature transaction.version=2",
                        broker.bootstrapServers());
    }

    @Test
    void clusterThatDoesNotAnswerIsOneClearLine() {
        var nowhere = LocalSettings.config(
                "127.0.0.1:" + EmbeddedBroker.freePort(), URI.create("http://127.0.0.1:1/v1"), state);

        assertThatThrownBy(() -> TopicSetup.ensure(nowhere))
                .isInstanceOf(StartupException.class)
                .hasMessage(
                        "no Kafka broker answers at '%s' (kafka.bootstrap.servers): Connection refused",
                        nowhere.kafka().get("bootstrap.servers"));
    }

    private HalfrateConfig withoutCreation() {
        var topics = config.topics();
        return new HalfrateConfig(
                config.application(),
                config.stateDir(),
                config.kafka(),
                new TopicsConfig(
                        topics.requests(),
                        topics.results(),
                        topics.resultParts(),
                        topics.batches(),
                        topics.deadLetters(),
                        topics.diagnostics(),
                        topics.audit(),
                        topics.laneInbox(),
                        topics.work(),
                        topics.ledger(),
                        false,
                        topics.partitions(),
                        topics.replicationFactor()),
                config.requests(),
                config.accounts(),
                config.lanes(),
                config.ledger());
    }

    private int transactionVersion() throws Exception {
        var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
        return Objects.requireNonNull(features.get("transaction.version")).maxVersionLevel();
    }

    private int partitions(String topic) throws Exception {
        var topics = admin.describeTopics(List.of(topic)).topicNameValues();
        return Objects.requireNonNull(topics.get(topic)).get().partitions().size();
    }

    private String setting(String topic, String name) throws Exception {
        return settings(topic).get(name).value();
    }

    /** @return the settings that the topic does not have from its broker */
    private List<String> own(String topic) throws Exception {
        return settings(topic).entries().stream()
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .map(ConfigEntry::name)
                .toList();
    }

    private Config settings(String topic) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var settings = admin.describeConfigs(List.of(resource)).values().get(resource);
        return Objects.requireNonNull(settings).get();
    }

    /** Returns when the broker, which hears of it from its controller, shows the value. */
    private void set(String topic, String name, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
        await().until(() -> setting(topic, name).equals(value));
    }
}

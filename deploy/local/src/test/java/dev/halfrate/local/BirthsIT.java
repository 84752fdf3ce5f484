package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator or a broker may do to topics and offsets, and that nothing begins anew in silence then. */
class BirthsIT {
    private static final TopicPartition REQUESTS_0 = new TopicPartition("llm.requests", 0);

    private static final Duration WITHIN = Duration.ofSeconds(30);

    @TempDir
    Path state;

    private EmbeddedBroker broker;
    private Admin admin;
    private HalfrateConfig config;

    @BeforeEach
    void startBroker() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        config = LocalSettings.config(broker.bootstrapServers(), URI.create("http://127.0.0.1:1/v1"), state);
        TopicSetup.ensure(config);
    }

    @AfterEach
    void stopBroker() {
        admin.close();
        broker.close();
    }

    @Test
    void ofManyFirstStartsOneGivesEveryPartitionItsOffset() throws Exception {
        try (var starts = Executors.newFixedThreadPool(4)) {
            var all = new ArrayList<Callable<Boolean>>();
            for (var start = 0; start < 4; start++) {
                all.add(() -> {
                    check();
                    return true;
                });
            }
            for (var start : starts.invokeAll(all)) {
                assertThat(start.get()).isTrue();
            }
        }

        assertThat(offsets(config.intakeGroup())).hasSize(2).containsEntry(REQUESTS_0, 0L);
        assertThat(offsets(config.lanesGroup())).hasSize(2);
        assertThat(offsets(config.ledgerGroup())).hasSize(2);
        check();
    }

    @Test
    void aFirstStartThatDiedBeforeItsCommitWasNone() throws Exception {
        // Given
        var dead = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", config.birthsTopic()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        dead.initTransactions();
        dead.beginTransaction();
        dead.send(new ProducerRecord<>(config.birthsTopic(), "ledger".getBytes(UTF_8), new byte[] {11, 1, 0}))
                .get();

        // When
        check();

        // Then
        assertThat(offsets(config.intakeGroup())).hasSize(2);
        assertThatThrownBy(dead::commitTransaction).isInstanceOf(KafkaException.class);
        dead.close();
        check();
    }

    @Test
    void anOffsetThatIsGoneIsRefusedUntilItIsAccepted() throws Exception {
        // Given
        check();
        send(0, 7);
        admin.deleteConsumerGroupOffsets(config.intakeGroup(), Set.of(REQUESTS_0))
                .all()
                .get();

        // When, then
        assertRefused("group halfrate-intake has no offset any more for llm.requests partition 0", Guard.LOST_OFFSETS);
        assertThat(offsets(config.intakeGroup())).doesNotContainKey(REQUESTS_0);
        check(Guard.LOST_OFFSETS);
        assertThat(offsets(config.intakeGroup())).containsEntry(REQUESTS_0, 0L);
        check();
    }

    @Test
    void requestsThatWereDeletedUnreadAreRefusedUntilItIsAccepted() throws Exception {
        // Given
        check();
        send(0, 7);
        admin.deleteRecords(Map.of(REQUESTS_0, RecordsToDelete.beforeOffset(5)))
                .all()
                .get();

        // When, then
        assertRefused("llm.requests-0 at 0, which holds 5 to 7", Guard.OFFSETS_OUT_OF_RANGE);
        check(Guard.OFFSETS_OUT_OF_RANGE);
        assertThat(offsets(config.intakeGroup())).containsEntry(REQUESTS_0, 5L);
    }

    @Test
    void aRequestsTopicThatWasMadeAgainIsRefusedUntilItIsAccepted() throws Exception {
        // Given
        check();
        delete(config.topics().requests().getFirst());
        TopicSetup.ensure(config);

        // When, then
        assertRefused("topic llm.requests was deleted and created again", Guard.NEW_REQUESTS_TOPIC);
        check(Guard.NEW_REQUESTS_TOPIC);
        check();
    }

    @Test
    void aLedgerThatWasMadeAgainIsRefused() throws Exception {
        check();
        delete(config.topics().ledger());
        TopicSetup.ensure(config);

        assertRefused("topic halfrate-ledger was deleted and created again", Guard.CHANGED_OWN_TOPICS);
    }

    @Test
    void anInboxThatGrewIsRefused() throws Exception {
        check();
        admin.createPartitions(Map.of(config.topics().laneInbox(), NewPartitions.increaseTo(3)))
                .all()
                .get();
        await().until(() -> partitions(config.topics().laneInbox()) == 3);

        assertRefused("topic halfrate-lane-inbox has 3 partitions and had 2", Guard.CHANGED_OWN_TOPICS);
    }

    @Test
    void birthsThatAreGoneAreRefused() throws Exception {
        check();
        delete(config.birthsTopic());
        TopicSetup.ensure(config);

        assertRefused("it is not recorded which topics", Guard.LOST_BIRTHS);
        check(Guard.LOST_BIRTHS);
        check();
    }

    @Test
    void anAccountThatIsAnotherOneIsRefusedUntilItIsAccepted() throws Exception {
        check();
        config = LocalSettings.config(
                broker.bootstrapServers(), URI.create("http://127.0.0.1:2/v1"), state, Upstream.OPENAI);

        assertRefused("base-url was http://localhost:1/v1 and is http://localhost:2/v1", Guard.CHANGED_ACCOUNT);
        check(Guard.CHANGED_ACCOUNT);
        check();
    }

    @Test
    void theOrganizationThatIsSeenFirstIsNotedUntilAnotherIsAccepted() throws Exception {
        var account = "simulator";
        check();

        assertThat(Births.noteOrganization(config, account, "o=a")).isEqualTo("o=a");
        assertThat(Births.noteOrganization(config, account, "o=b")).isEqualTo("o=a");
        assertThat(Births.noteOrganization(config, account, "o=b p=x")).isEqualTo("o=a p=x");
        assertThat(Births.check(config, Set.of())).containsEntry(account, "o=a p=x");
        assertThat(Births.check(config, Set.of(Guard.CHANGED_ORGANIZATION))).containsEntry(account, "");
        assertThat(Births.noteOrganization(config, account, "o=b")).isEqualTo("o=b");
        check();
    }

    @Test
    void aPartitionThatIsAddedWhileProcessesRunIsReadFromItsBeginning() throws Exception {
        // Given
        try (var processor = Processor.start(hearingOfNewPartitionsSoon(), new SimpleMeterRegistry())) {
            await().atMost(WITHIN).until(() -> groupIsStable(config.intakeGroup()));

            // When
            admin.createPartitions(Map.of(REQUESTS_0.topic(), NewPartitions.increaseTo(3)))
                    .all()
                    .get();
            await().until(() -> partitions(REQUESTS_0.topic()) == 3);
            send(2, 4);

            // Then
            var added = new TopicPartition(REQUESTS_0.topic(), 2);
            await().atMost(WITHIN)
                    .until(() -> Objects.equals(offsets(config.intakeGroup()).get(added), 4L));
            assertThat(processor.failure()).isNotDone();
        }
    }

    @Test
    void theCommittedOffsetPassesWhatIsNoRecordToo() throws Exception {
        try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
            try (var producer = producer(Map.of("transactional.id", "user"))) {
                producer.initTransactions();
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>(REQUESTS_0.topic(), 0, null, "rubbish".getBytes(UTF_8)));
                producer.commitTransaction();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(REQUESTS_0.topic(), 0, null, "dropped".getBytes(UTF_8)))
                        .get();
                producer.abortTransaction();
            }

            await().atMost(WITHIN)
                    .until(() -> Objects.equals(offsets(config.intakeGroup()).get(REQUESTS_0), 4L));
            assertThat(processor.failure()).isNotDone();
        }
    }

    private HalfrateConfig hearingOfNewPartitionsSoon() {
        var kafka = new HashMap<>(config.kafka());
        kafka.put("metadata.max.age.ms", "500");
        return new HalfrateConfig(
                config.application(),
                config.stateDir(),
                kafka,
                config.topics(),
                config.requests(),
                config.accounts(),
                config.lanes(),
                config.ledger());
    }

    private void check(Guard... accepted) throws InterruptedException {
        Births.check(config, Set.of(accepted));
    }

    private void assertRefused(String what, Guard guard) {
        assertThatThrownBy(this::check)
                .isInstanceOf(StartupException.class)
                .message()
                .hasLineCount(1)
                .contains(what)
                .endsWith(guard.option());
    }

    private boolean groupIsStable(String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().values().stream()
                .anyMatch(description -> description.groupState() == GroupState.STABLE);
    }

    /** @return the group's offsets, those of a transaction too that has just been committed */
    private Map<TopicPartition, Long> offsets(String group) throws Exception {
        var offsets = new HashMap<TopicPartition, Long>();
        for (var entry : stableOffsets(group).entrySet()) {
            var offset = entry.getValue();
            if (offset != null) {
                offsets.put(entry.getKey(), offset.offset());
            }
        }
        return offsets;
    }

    private Map<TopicPartition, OffsetAndMetadata> stableOffsets(String group) throws Exception {
        var topic = group.equals(config.intakeGroup())
                ? config.topics().requests().getFirst()
                : group.equals(config.lanesGroup())
                        ? config.topics().laneInbox()
                        : config.topics().work();
        var partitions = IntStream.range(0, partitions(topic))
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        var found = new AtomicReference<Map<TopicPartition, OffsetAndMetadata>>(Map.of());
        await().atMost(WITHIN).until(() -> {
            var answer = admin.listConsumerGroupOffsets(
                    Map.of(group, new ListConsumerGroupOffsetsSpec().topicPartitions(partitions)),
                    new ListConsumerGroupOffsetsOptions().requireStable(true));
            found.set(answer.partitionsToOffsetAndMetadata(group).get());
            // Those that a transaction may still change are left out.
            return found.get().keySet().containsAll(partitions);
        });
        return found.get();
    }

    private int partitions(String topic) throws Exception {
        var topics = admin.describeTopics(List.of(topic)).topicNameValues();
        return Objects.requireNonNull(topics.get(topic)).get().partitions().size();
    }

    private void delete(String topic) throws Exception {
        admin.deleteTopics(List.of(topic)).all().get();
        await().until(() -> !admin.listTopics().names().get().contains(topic));
    }

    private void send(int partition, int records) throws Exception {
        try (var producer = producer(Map.of())) {
            for (var record = 0; record < records; record++) {
                producer.send(new ProducerRecord<>(REQUESTS_0.topic(), partition, null, new byte[] {' '}))
                        .get();
            }
        }
    }

    private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        var settings = new HashMap<>(more);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}

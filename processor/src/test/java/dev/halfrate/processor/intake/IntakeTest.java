package dev.halfrate.processor.intake;

import static dev.halfrate.processor.intake.Samples.at;
import static dev.halfrate.processor.intake.Samples.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.AvroSamples;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.tracing.Tracing;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.Ref;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop around the sorter, with Kafka's own stand-ins for its clients; it runs on the test's thread. */
@Timeout(30)
class IntakeTest {
    private static final TopicsConfig NAMES = Samples.CONFIG.topics();
    private static final TopicPartition PARTITION = new TopicPartition("llm.requests", 0);
    private static final TopicPartition MOVED = new TopicPartition("llm.requests", 1);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Throwable> failures = new ArrayList<>();
    private final Deque<Topics> topics = new ArrayDeque<>(List.of(Samples.TOPICS));
    private final List<Life> lives = new ArrayList<>();
    private final Deque<Consumer<Life>> scripts = new ArrayDeque<>();
    private Instant now = Samples.NOW;
    private Runnable guard = () -> {};
    private WriterSchemas.Lookup lookup = new WriterSchemas.Lookup.Pending();

    private final Intake intake = new Intake(
            new RequestReading(
                    Samples.CONFIG,
                    FeedWriter.JSON,
                    _ -> lookup,
                    Samples.CAPABILITIES,
                    new IntakeMeters(meters),
                    Tracing.OFF),
            () -> guard.run(),
            new Clients(),
            () -> now,
            failures::add);

    @Test
    void whatWasSortedIsCommittedTogetherWithItsOffsets() {
        scripts.add(life -> {
            life.poll(() -> life.add(
                    line("a", "gpt-5"), line("b", "claude"), "rubbish", null, line("c", "gpt-5"), line("d", "o3")));
            life.poll(intake::stop);
        });

        intake.run();

        var producer = lives.getFirst().producer;
        assertThat(producer.commitCount()).isEqualTo(1);
        assertThat(customIds(producer)).containsExactly("a", "c", "d");
        assertThat(producer.history())
                .extracting(ProducerRecord::topic)
                .containsExactlyInAnyOrder(NAMES.laneInbox(), NAMES.laneInbox(), NAMES.results(), NAMES.deadLetters());
        assertThat(producer.history())
                .filteredOn(record -> record.topic().equals(NAMES.laneInbox()))
                .allSatisfy(record -> {
                    assertThat(record.key()).isEqualTo("rest".getBytes(UTF_8));
                    assertThat(record.partition())
                            .isEqualTo(InboxPartitions.of("rest", Samples.TOPICS.inboxPartitions()));
                });
        assertThat(committedOffset(producer)).isEqualTo(6);
        assertThat(lives.getFirst().consumer.closed()).isTrue();
        assertThat(producer.closed()).isTrue();
        assertThat(failures).isEmpty();
        assertThat(count("halfrate.requests.read")).isEqualTo(5);
        assertThat(count("halfrate.requests.routed")).isEqualTo(3);
        assertThat(count("halfrate.requests.rejected")).isEqualTo(1);
        assertThat(count("halfrate.requests.dead_lettered")).isEqualTo(1);
        assertThat(count("halfrate.requests.tombstones")).isEqualTo(1);
    }

    @Test
    void whatWasReadIsCountedOnInTheOffsetsMetadataWhoeverReadsOn() {
        scripts.add(life -> {
            life.committed(new ReadCounts(100, 7, 80, 15, 5, true).toText());
            life.poll(() -> life.add(line("a", "gpt-5"), line("b", "claude"), "rubbish", null));
            life.poll(() -> life.add(line("c", "gpt-5")));
            // Another one reads on meanwhile, and then it comes back.
            life.poll(() -> life.consumer.rebalance(List.of(MOVED)));
            life.poll(() -> {
                life.committed(new ReadCounts(1_000, 0, 1_000, 0, 0, true).toText());
                life.consumer.rebalance(List.of(PARTITION));
                life.consumer.seek(PARTITION, 9);
            });
            life.poll(() -> life.add(line("d", "gpt-5")));
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(counts(lives.getFirst().producer))
                .containsExactly(
                        new ReadCounts(103, 8, 81, 16, 6, true),
                        new ReadCounts(104, 8, 82, 16, 6, true),
                        new ReadCounts(1_001, 0, 1_001, 0, 0, true));
        assertThat(failures).isEmpty();
    }

    @Test
    void whatIsReadAfterAnOffsetThatSomebodySetIsNotTheWhole() {
        scripts.add(life -> {
            life.poll(() -> life.add(line("a", "gpt-5")));
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(counts(lives.getFirst().producer)).containsExactly(new ReadCounts(1, 0, 1, 0, 0, false));
    }

    @Test
    void abortedTransactionIsReadAgainAndCountedOnce() {
        var positions = new ArrayList<Long>();
        scripts.add(life -> {
            life.poll(() -> {
                life.add(line("a", "gpt-5"));
                life.producer.commitTransactionException = new TransactionAbortableException("for the test");
            });
            life.poll(() -> {
                positions.add(life.consumer.position(PARTITION));
                life.producer.commitTransactionException = null;
                life.add(line("a", "gpt-5"), line("b", "gpt-5"));
            });
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(positions).containsExactly(0L);
        assertThat(lives).hasSize(1);
        assertThat(customIds(lives.getFirst().producer)).containsExactly("a", "b");
        assertThat(committedOffset(lives.getFirst().producer)).isEqualTo(2);
        assertThat(count("halfrate.requests.read")).isEqualTo(2);
        assertThat(counts(lives.getFirst().producer)).containsExactly(new ReadCounts(2, 0, 2, 0, 0, false));
    }

    @Test
    void aPartitionWhoseSchemaNobodyKnowsWaitsAndTheOthersGoOn() {
        var avro = AvroSamples.framed(7, AvroSamples.request("b", "/v1/chat/completions", "{\"model\":\"gpt-5\"}"));
        var positions = new ArrayList<Long>();
        var stalled = new ArrayList<Double>();
        scripts.add(life -> {
            life.poll(() -> {
                life.consumer.rebalance(List.of(PARTITION, MOVED));
                life.consumer.seek(PARTITION, 0);
                life.consumer.seek(MOVED, 0);
                life.add(line("a", "gpt-5"));
                life.consumer.addRecord(new ConsumerRecord<>("llm.requests", 0, 1, null, avro));
                life.consumer.addRecord(new ConsumerRecord<>(
                        "llm.requests", 0, 2, null, line("c", "gpt-5").getBytes(UTF_8)));
                life.consumer.addRecord(new ConsumerRecord<>(
                        "llm.requests", 1, 0, null, line("x", "gpt-5").getBytes(UTF_8)));
            });
            life.poll(() -> {
                positions.add(life.consumer.position(PARTITION));
                stalled.add(meters.get("halfrate.intake.stalled").gauge().value());
                assertThat(life.consumer.paused()).containsExactly(PARTITION);
                life.consumer.addRecord(new ConsumerRecord<>(
                        "llm.requests", 1, 1, null, line("y", "gpt-5").getBytes(UTF_8)));
            });
            life.poll(() -> {
                assertThat(committedOffset(life.producer)).isEqualTo(1);
                now = now.plus(StalledPartitions.PAUSE_MIN);
            });
            life.poll(() -> {
                // Tried again in vain.
                assertThat(life.consumer.paused()).isEmpty();
                life.consumer.addRecord(new ConsumerRecord<>("llm.requests", 0, 1, null, avro));
            });
            life.poll(() -> {
                positions.add(life.consumer.position(PARTITION));
                assertThat(life.consumer.paused()).containsExactly(PARTITION);
                lookup = new WriterSchemas.Lookup.Found(PublicSchemas.REQUEST);
                now = now.plus(StalledPartitions.PAUSE_MAX);
            });
            life.poll(() -> {
                life.consumer.addRecord(new ConsumerRecord<>("llm.requests", 0, 1, null, avro));
                life.consumer.addRecord(new ConsumerRecord<>(
                        "llm.requests", 0, 2, null, line("c", "gpt-5").getBytes(UTF_8)));
            });
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(failures).isEmpty();
        assertThat(positions).containsExactly(1L, 1L);
        assertThat(stalled).containsExactly(1.0);
        assertThat(customIds(lives.getFirst().producer)).containsExactlyInAnyOrder("a", "x", "y", "b", "c");
        assertThat(committedOffset(lives.getFirst().producer)).isEqualTo(3);
        assertThat(count("halfrate.requests.read")).isEqualTo(5);
        assertThat(count("halfrate.requests.dead_lettered")).isZero();
        assertThat(meters.get("halfrate.intake.stalled").gauge().value()).isZero();
    }

    @Test
    void partitionThatMovedAwayIsNotRewound() {
        scripts.add(life -> {
            life.poll(() -> {
                life.add(line("a", "gpt-5"));
                // Taken away during the transaction; no seek may touch it.
                life.producer.sendOffsetsToTransactionException = new KafkaException("for the test");
                life.afterPoll(() -> life.consumer.rebalance(List.of(MOVED)));
            });
            life.poll(() -> life.producer.sendOffsetsToTransactionException = null);
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(lives).hasSize(1);
        assertThat(customIds(lives.getFirst().producer)).isEmpty();
        assertThat(failures).isEmpty();
    }

    @Test
    void fencedProducerIsReplaced() {
        scripts.add(life -> life.poll(() -> {
            life.add(line("a", "gpt-5"));
            life.producer.fenceProducer();
        }));
        scripts.add(life -> {
            life.poll(() -> life.add(line("a", "gpt-5")));
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(lives).hasSize(2).allMatch(life -> life.consumer.closed() && life.producer.closed());
        assertThat(customIds(lives.getFirst().producer)).isEmpty();
        assertThat(customIds(lives.getLast().producer)).containsExactly("a");
        assertThat(count("halfrate.intake.restarts")).isEqualTo(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void commitThatTimedOutIsLeftToANewProducer() {
        scripts.add(life -> life.poll(() -> {
            life.add(line("a", "gpt-5"));
            life.producer.commitTransactionException = new TimeoutException("for the test");
            life.producer.abortTransactionException = new IllegalStateException("retry the commit");
        }));
        scripts.add(life -> life.poll(intake::stop));

        intake.run();

        assertThat(lives).hasSize(2);
        assertThat(failures).isEmpty();
    }

    @Test
    void whatAbortsAgainAndAgainGetsNewClients() {
        scripts.add(life -> {
            life.producer.commitTransactionException = new TransactionAbortableException("for the test");
            for (var i = 0; i < IntakeLoop.ABORTS_MAX; i++) {
                life.poll(() -> life.add(line("a", "gpt-5")));
            }
        });
        scripts.add(life -> life.poll(intake::stop));

        intake.run();

        assertThat(lives).hasSize(2);
        assertThat(count("halfrate.requests.read")).isZero();
    }

    @Test
    void brokerThatIsAwayAtTheStartIsTriedAgain() {
        scripts.add(life -> life.producer.initTransactionException = new TimeoutException("for the test"));
        scripts.add(life -> life.poll(intake::stop));

        intake.run();

        assertThat(lives).hasSize(2);
        assertThat(lives.getFirst().producer.closed()).isTrue();
        assertThat(failures).isEmpty();
    }

    @Test
    void reCreatedRequestsTopicStopsItWithAClearMessage() {
        topics.add(new Topics(Map.of("llm.requests", new Uuid(8, 8)), 8, 1_000_000));
        scripts.add(life -> {
            life.poll(() -> {});
            life.poll(() -> now = now.plus(Intake.TOPICS_CHECK));
        });

        intake.run();

        assertThat(failures)
                .singleElement()
                .isInstanceOf(IntakeException.class)
                .asString()
                .contains("topic llm.requests was deleted and created again");
        assertThat(lives.getFirst().consumer.closed()).isTrue();
    }

    @Test
    void partitionWithoutAnOffsetIsReadOnceTheGuardHasGivenItOne() {
        var checks = new AtomicInteger();
        guard = checks::incrementAndGet;
        scripts.add(
                life -> life.poll(() -> life.consumer.setPollException(new NoOffsetForPartitionException(PARTITION))));
        scripts.add(life -> {
            life.poll(() -> life.add(line("a", "gpt-5")));
            life.poll(intake::stop);
        });

        intake.run();

        assertThat(checks).hasValue(1);
        assertThat(customIds(lives.getLast().producer)).containsExactly("a");
        assertThat(failures).isEmpty();
    }

    @Test
    void offsetThatIsGoneStopsItWithTheGuardsMessage() {
        guard = () -> {
            throw new IntakeException("for the test");
        };
        scripts.add(life ->
                life.poll(() -> life.consumer.setPollException(new OffsetOutOfRangeException(Map.of(PARTITION, 7L)))));

        intake.run();

        assertThat(failures).singleElement().asString().contains("for the test");
        assertThat(lives).hasSize(1);
    }

    @Test
    void inboxThatGrewStopsItWithAClearMessage() {
        topics.add(new Topics(Samples.TOPICS.ids(), 9, 1_000_000));
        scripts.add(life -> life.poll(() -> now = now.plus(Intake.TOPICS_CHECK)));

        intake.run();

        assertThat(failures).singleElement().asString().contains("the lane-inbox must keep its 8 partitions, got 9");
    }

    @Test
    void bugIsReportedNotRepeated() {
        scripts.add(life -> life.poll(() -> {
            throw new IllegalStateException("for the test");
        }));

        intake.run();

        assertThat(failures).singleElement().isInstanceOf(IllegalStateException.class);
        assertThat(lives).hasSize(1);
        assertThat(lives.getFirst().producer.closed()).isTrue();
    }

    @Test
    void closeEndsTheThread() {
        // Whether the thread polls before it is asked to stop is the machine's choice; it never polls twice.
        scripts.add(life -> life.poll(intake::stop));
        intake.start();

        intake.close();

        assertThat(lives).hasSizeLessThanOrEqualTo(1).allMatch(life -> life.producer.closed());
        assertThat(failures).isEmpty();
    }

    private double count(String name) {
        return meters.find(name).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private static List<String> customIds(MockProducer<byte[], byte[]> producer) {
        return producer.history().stream()
                .filter(record -> record.topic().equals(NAMES.laneInbox()))
                .flatMap(record -> InternalFormat.REF_CHUNK.decode(record.value()).getRefs().stream())
                .map(Ref::getCustomId)
                .toList();
    }

    /** @return what the metadata of each commit says */
    private static List<ReadCounts> counts(MockProducer<byte[], byte[]> producer) {
        return producer.consumerGroupOffsetsHistory().stream()
                .flatMap(groups -> groups.values().stream())
                .flatMap(offsets -> offsets.values().stream())
                .map(offset -> ReadCounts.parse(offset.metadata()))
                .toList();
    }

    private static long committedOffset(MockProducer<byte[], byte[]> producer) {
        var last = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (var groups : producer.consumerGroupOffsetsHistory()) {
            groups.values().forEach(last::putAll);
        }
        var offset = last.get(PARTITION);
        return offset == null ? -1 : offset.offset();
    }

    /** Gives every life its own pair of clients, and the next script to go by. */
    private final class Clients implements IntakeClients {
        @Override
        public org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer() {
            return lives.getLast().consumer;
        }

        @Override
        public MockProducer<byte[], byte[]> producer() {
            var life = new Life();
            lives.add(life);
            scripts.remove().accept(life);
            return life.producer;
        }

        @Override
        public Topics topics() {
            return topics.size() > 1 ? topics.remove() : topics.element();
        }
    }

    /** One pair of clients, assigned the partition in the first poll. */
    private static final class Life {
        final MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        final ScriptedConsumer consumer = new ScriptedConsumer();

        Life() {
            consumer.updateBeginningOffsets(Map.of(PARTITION, 0L, MOVED, 0L));
            consumer.schedulePollTask(() -> consumer.rebalance(List.of(PARTITION)));
        }

        /** As somebody before it has committed. */
        void committed(String metadata) {
            consumer.committed = Map.of(PARTITION, new OffsetAndMetadata(0, metadata));
        }

        void poll(Runnable task) {
            consumer.schedulePollTask(task);
        }

        void afterPoll(Runnable task) {
            consumer.afterPoll = task;
        }

        /** Puts these values at the consumer's position; a poll takes them away, wherever it seeks to. */
        void add(@Nullable String... values) {
            var offset = consumer.position(PARTITION);
            for (var value : values) {
                consumer.addRecord(at(offset++, value));
            }
        }
    }

    /** Can change its assignment between a poll and what is made of it. */
    private static final class ScriptedConsumer extends MockConsumer<byte[], byte[]> {
        private static final int IDLE_POLLS_MAX = 1_000;

        @Nullable
        Runnable afterPoll;

        Map<TopicPartition, OffsetAndMetadata> committed = Map.of();

        private int idlePolls;

        ScriptedConsumer() {
            super(AutoOffsetResetStrategy.EARLIEST.name());
        }

        @Override
        public synchronized Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
            var answer = new HashMap<>(committed);
            answer.keySet().retainAll(partitions);
            return answer;
        }

        @Override
        public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            var records = super.poll(timeout);
            if (records.isEmpty() && ++idlePolls > IDLE_POLLS_MAX) {
                throw new AssertionError("the script has run out, but the loop goes on");
            }
            var task = afterPoll;
            if (task != null && !records.isEmpty()) {
                afterPoll = null;
                task.run();
            }
            return records;
        }
    }
}

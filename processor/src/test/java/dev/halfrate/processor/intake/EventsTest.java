package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.groups.Tuple.tuple;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.source.Source;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop that makes requests of events, with Kafka's own stand-ins for its clients. */
@Timeout(30)
class EventsTest {
    private static final TopicPartition REVIEWS = new TopicPartition("reviews", 0);
    private static final int REQUEST_BYTES_MAX = 20_000;
    private static final Topics TOPICS =
            new Topics(Map.of("reviews", new Uuid(3, 4)), 0, 1_000_000, Map.of("llm.requests", REQUEST_BYTES_MAX));

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Instant now = Samples.NOW;
    private WriterSchemas.Lookup lookup = new WriterSchemas.Lookup.Pending();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<Life> lives = new ArrayList<>();
    private final Deque<java.util.function.Consumer<Life>> scripts = new ArrayDeque<>();

    @Test
    void whatWasRenderedIsCommittedTogetherWithItsOffsets() {
        var loop = loop("""
                - name: sentiments
                  topic: reviews
                  custom-id: "review-{{ value.id }}"
                  url: /v1/chat/completions
                  when: "{{ value.kind | default('review') == 'review' }}"
                  tag: shop
                  body: {model: gpt-5-mini, messages: [{role: user, content: "{{ value.text }}"}]}
                """);
        scripts.add(life -> {
            life.poll(() -> life.add(
                    "{\"id\": 1, \"text\": \"good\"}",
                    "{\"id\": 2, \"kind\": \"question\"}",
                    "{\"id\": 3}",
                    "rubbish",
                    null));
            life.poll(loop::stop);
        });

        loop.run();

        var producer = lives.getFirst().producer;
        assertThat(producer.commitCount()).isEqualTo(1);
        assertThat(requests()).singleElement().satisfies(request -> {
            assertThat(request.topic()).isEqualTo("llm.requests");
            assertThat(request.partition()).isNull();
            assertThat(new String(request.key(), UTF_8)).isEqualTo("review-1");
            assertThat(new String(request.value(), UTF_8))
                    .isEqualTo(
                            "{\"custom_id\":\"review-1\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"good\"}]}}");
            assertThat(request.timestamp()).isEqualTo(Samples.NOW.toEpochMilli() - 5);
            assertThat(header(request, "traceparent")).isEqualTo("00-trace");
            assertThat(header(request, Wishes.TAG)).isEqualTo("shop");
            assertThat(request.headers().toArray()).hasSize(2);
        });
        assertThat(letters())
                .extracting(DeadLetter::reason, DeadLetter::offset, DeadLetter::topicId)
                .containsExactly(
                        tuple(DeadLetter.Reason.TEMPLATE, 2L, new Uuid(3, 4).toString()),
                        tuple(DeadLetter.Reason.DECODE, 3L, new Uuid(3, 4).toString()));
        assertThat(letters().getLast().value()).isEqualTo("rubbish".getBytes(UTF_8));
        assertThat(committed(producer)).containsExactly(entry(REVIEWS, 5L));
        assertThat(counts(producer)).containsExactly(new ReadCounts(4, 1, 1, 1, 2, false));
        assertThat(failures).isEmpty();
        assertThat(count("halfrate.events.read")).isEqualTo(4);
        assertThat(count("halfrate.events.rendered")).isEqualTo(1);
        assertThat(count("halfrate.events.skipped")).isEqualTo(1);
        assertThat(count("halfrate.events.dead_lettered")).isEqualTo(2);
        assertThat(count("halfrate.events.tombstones")).isEqualTo(1);
        assertThat(meters.get("halfrate.sources.gap").gauge().value()).isZero();
    }

    @Test
    void anEventOfASchemaThatNobodyKnowsYetWaitsForAllSourcesOfItsTopic() throws IOException {
        var schema = SchemaBuilder.record("Review")
                .fields()
                .requiredLong("id")
                .requiredString("text")
                .endRecord();
        var review = new GenericData.Record(schema);
        review.put("id", 2L);
        review.put("text", "good");
        var avro = framed(review);
        var loop = loop(SIMPLE);
        scripts.add(life -> {
            life.poll(() -> life.addBytes("{\"id\": 1}".getBytes(UTF_8), avro, "{\"id\": 3}".getBytes(UTF_8)));
            life.poll(() -> {
                assertThat(life.consumer.paused()).hasSize(1);
                lookup = new WriterSchemas.Lookup.Found(schema);
                now = now.plus(StalledPartitions.PAUSE_MAX);
            });
            life.poll(() -> life.addBytes(avro, "{\"id\": 3}".getBytes(UTF_8)));
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(failures).isEmpty();
        assertThat(ids()).containsExactly("1", "2", "3");
        assertThat(count("halfrate.events.rendered")).isEqualTo(3);
        assertThat(count("halfrate.events.dead_lettered")).isZero();
    }

    private static byte[] framed(GenericData.Record record) throws IOException {
        var out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(7).array());
        var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericData.Record>(record.getSchema()).write(record, encoder);
        return out.toByteArray();
    }

    @Test
    void abortedTransactionIsRenderedAgainAndCountedOnce() {
        var loop = loop(SIMPLE);
        scripts.add(life -> {
            life.poll(() -> {
                life.add("{\"id\": 1}");
                life.producer.commitTransactionException = new TransactionAbortableException("for the test");
            });
            life.poll(() -> {
                life.producer.commitTransactionException = null;
                life.add("{\"id\": 1}", "{\"id\": 2}");
            });
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(ids()).containsExactly("1", "2");
        assertThat(count("halfrate.events.rendered")).isEqualTo(2);
        assertThat(counts(lives.getFirst().producer)).containsExactly(new ReadCounts(2, 0, 2, 0, 0, false));
    }

    @Test
    void aTimeThatCannotBeIsNowAndWhatIsTooOldBecomesNoRequest() {
        var loop = loop(SIMPLE);
        scripts.add(life -> {
            life.poll(() -> {
                life.addAt(-1, "{\"id\": 1}");
                life.addAt(Samples.NOW.plus(Duration.ofHours(2)).toEpochMilli(), "{\"id\": 2}");
                life.addAt(Samples.NOW.minus(Duration.ofHours(72)).toEpochMilli(), "{\"id\": 3}");
                life.addAt(Samples.NOW.minus(Duration.ofHours(71)).toEpochMilli(), "{\"id\": 4}");
            });
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(requests())
                .extracting(request -> new String(request.key(), UTF_8), request -> request.timestamp())
                .containsExactly(
                        tuple("1", Samples.NOW.toEpochMilli()),
                        tuple("2", Samples.NOW.toEpochMilli()),
                        tuple("4", Samples.NOW.minus(Duration.ofHours(71)).toEpochMilli()));
        assertThat(meters.get("halfrate.events.skipped")
                        .tag("reason", "expired")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void severalSourcesOfATopicEachMakeTheirRequest() {
        var loop = loop(SIMPLE + SIMPLE.replace("simple", "other").replace("{{ value.id }}", "other-{{ value.no }}"));
        scripts.add(life -> {
            life.poll(() -> life.add("{\"id\": 1, \"no\": 2}", "{\"id\": 3}"));
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(ids()).containsExactly("1", "other-2", "3");
        assertThat(letters())
                .singleElement()
                .extracting(DeadLetter::message)
                .asString()
                .startsWith("source other: ");
        assertThat(counts(lives.getFirst().producer)).containsExactly(new ReadCounts(4, 0, 3, 0, 1, false));
    }

    @Test
    void aRequestThatItsTopicDoesNotTakeIsADeadLetterAndStopsNothing() {
        var loop = loop(SIMPLE.replace("model: m", "model: m, user: \"{{ value.text | default('') }}\""));
        scripts.add(life -> {
            life.poll(() ->
                    life.add("{\"id\": 1, \"text\": \"%s\"}".formatted("x".repeat(REQUEST_BYTES_MAX)), "{\"id\": 2}"));
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(ids()).containsExactly("2");
        assertThat(letters())
                .singleElement()
                .extracting(DeadLetter::message)
                .asString()
                .contains("topic llm.requests takes 20000");
    }

    @Test
    void whatADeserializerNeedsIsWaitedForAndNothingIsLost() {
        Flaky.outages.set(1);
        var loop = loop(SIMPLE + "  deserializer: " + Flaky.class.getName() + "\n");
        scripts.add(life -> life.poll(() -> life.add("{\"id\": 1}")));
        scripts.add(life -> {
            life.poll(() -> life.add("{\"id\": 1}", "rubbish"));
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(lives).hasSize(2);
        assertThat(lives.getFirst().producer.history()).isEmpty();
        assertThat(ids()).containsExactly("1");
        assertThat(letters()).singleElement().extracting(DeadLetter::reason).isEqualTo(DeadLetter.Reason.DECODE);
        assertThat(count("halfrate.sources.restarts")).isEqualTo(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void fencedProducerIsReplaced() {
        var loop = loop(SIMPLE);
        scripts.add(life -> life.poll(() -> {
            life.add("{\"id\": 1}");
            life.producer.fenceProducer();
        }));
        scripts.add(life -> {
            life.poll(() -> life.add("{\"id\": 1}"));
            life.poll(loop::stop);
        });

        loop.run();

        assertThat(lives).hasSize(2);
        assertThat(lives.getFirst().producer.history()).isEmpty();
        assertThat(ids()).containsExactly("1");
    }

    private static final String SIMPLE = """
            - name: simple
              topic: reviews
              custom-id: "{{ value.id }}"
              url: /v1/chat/completions
              body: {model: m}
            """;

    /** Reads JSON as a map, if its registry answers. */
    public static final class Flaky implements Deserializer<Object> {
        static final AtomicInteger outages = new AtomicInteger();

        @Override
        public Object deserialize(String topic, byte[] data) {
            if (outages.getAndDecrement() > 0) {
                throw new SerializationException("for the test", new ConnectException("for the test"));
            }
            if (data[0] != '{') {
                throw new SerializationException("for the test");
            }
            return Map.of("id", 1);
        }
    }

    private Intake loop(String sources) {
        var config = ConfigFile.parse(
                "kafka: {bootstrap.servers: none}\naccounts: [{name: main, key: {env: K}}]\nsources:\n" + sources,
                Map.of("K", "key"));
        return new Intake(
                new EventReading(
                        config,
                        Source.of(config.sources(), Set.of("/v1/chat/completions"), _ -> lookup),
                        new SourceMeters(meters)),
                () -> {},
                new Clients(),
                () -> now,
                failures::add);
    }

    private double count(String name) {
        return meters.find(name).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private List<ProducerRecord<byte[], byte[]>> written(String topic) {
        return lives.stream()
                .flatMap(life -> life.producer.history().stream())
                .filter(record -> record.topic().equals(topic))
                .toList();
    }

    private List<ProducerRecord<byte[], byte[]>> requests() {
        return written("llm.requests");
    }

    private List<String> ids() {
        return requests().stream()
                .map(request -> new String(request.key(), UTF_8))
                .toList();
    }

    private List<DeadLetter> letters() {
        return written("llm.dlq").stream()
                .map(record -> DeadLetterCodec.fromRecord(new ConsumerRecord<>(
                        record.topic(),
                        0,
                        0,
                        0,
                        TimestampType.CREATE_TIME,
                        0,
                        0,
                        record.key(),
                        record.value(),
                        record.headers(),
                        Optional.empty())))
                .toList();
    }

    private static String header(ProducerRecord<?, ?> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    private static List<ReadCounts> counts(MockProducer<byte[], byte[]> producer) {
        return producer.consumerGroupOffsetsHistory().stream()
                .flatMap(groups -> groups.values().stream())
                .flatMap(offsets -> offsets.values().stream())
                .map(offset -> ReadCounts.parse(offset.metadata()))
                .toList();
    }

    private static Map<TopicPartition, Long> committed(MockProducer<byte[], byte[]> producer) {
        var last = new HashMap<TopicPartition, Long>();
        producer.consumerGroupOffsetsHistory().stream()
                .flatMap(groups -> groups.values().stream())
                .forEach(offsets -> offsets.forEach((partition, offset) -> last.put(partition, offset.offset())));
        return last;
    }

    private final class Clients implements IntakeClients {
        @Override
        public Consumer<byte[], byte[]> consumer() {
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
            return TOPICS;
        }
    }

    /** One pair of clients, assigned the partition in the first poll. */
    private static final class Life {
        final MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name()) {
            @Override
            public synchronized Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
                return Map.of();
            }
        };
        private long next;

        Life() {
            consumer.updateBeginningOffsets(Map.of(REVIEWS, 0L));
            consumer.schedulePollTask(() -> consumer.rebalance(List.of(REVIEWS)));
        }

        void poll(Runnable task) {
            consumer.schedulePollTask(() -> {
                next = consumer.position(REVIEWS);
                task.run();
            });
        }

        void add(@Nullable String... values) {
            for (var value : values) {
                addAt(Samples.NOW.toEpochMilli() - 5, value);
            }
        }

        void addBytes(byte[]... values) {
            for (var value : values) {
                consumer.addRecord(new ConsumerRecord<>("reviews", 0, next++, null, value));
            }
        }

        void addAt(long timestamp, @Nullable String value) {
            var headers = new RecordHeaders();
            headers.add("traceparent", "00-trace".getBytes(UTF_8)).add("own", new byte[0]);
            consumer.addRecord(new ConsumerRecord<>(
                    "reviews",
                    0,
                    next++,
                    timestamp,
                    TimestampType.CREATE_TIME,
                    1,
                    1,
                    null,
                    value == null ? null : value.getBytes(UTF_8),
                    headers,
                    Optional.empty()));
        }
    }
}

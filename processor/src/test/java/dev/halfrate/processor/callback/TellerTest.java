package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.schemas.PublicSchemas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSocketFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One endpoint from its records to real HTTP; time runs a thousand times as fast for retries. */
class TellerTest {
    private static final TopicPartition BATCHES = new TopicPartition("llm.batches", 0);
    private static final long SPEED = 1_000;

    private final FakeKafka kafka = new FakeKafka();
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<String> forged = new CopyOnWriteArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final long startedAt = System.nanoTime();
    private final HttpServer server;
    private volatile Function<String, Integer> answers = _ -> 204;
    private volatile WriterSchemas schemas = WriterSchemas.NONE;

    TellerTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::receive);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        assertThat(forged).isEmpty();
    }

    /** Holds signatures against what Standard Webhooks says, by hand. */
    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var headers = exchange.getRequestHeaders();
            var id = headers.getFirst("webhook-id");
            var body = exchange.getRequestBody().readAllBytes();
            var signed = "%s.%s.%s".formatted(id, headers.getFirst("webhook-timestamp"), new String(body, UTF_8));
            if (!headers.getFirst("webhook-signature")
                    .equals("v1,%s v1,%s".formatted(hmac(Records.KEY, signed), hmac(Records.NEXT_KEY, signed)))) {
                forged.add(id);
            }
            received.add(id);
            exchange.sendResponseHeaders(answers.apply(id), -1);
        }
    }

    private static String hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** One topic and one group, of which each consumer begins where the one before committed. */
    private static final class FakeKafka implements TellerClients {
        private final List<ConsumerRecord<byte[], byte[]>> records = new CopyOnWriteArrayList<>();
        private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
        private final AtomicInteger consumers = new AtomicInteger();
        private boolean hasOffsets = true;
        private volatile Optional<KafkaException> failure = Optional.empty();

        void settle(String batch) {
            records.add(Records.record("llm.batches", 0, records.size(), Records.batch(batch, "settled", Map.of())));
        }

        void settleInAvro(String batch) {
            records.add(Records.record("llm.batches", 0, records.size(), Records.avroBatch(batch, "settled")));
        }

        void settleAgain(String batch, int times) {
            for (var i = 0; i < times; i++) {
                settle(batch);
            }
        }

        long committed() {
            return committed.getOrDefault(BATCHES, 0L);
        }

        @Override
        public void begin(List<String> topics) {}

        @Override
        public Consumer<byte[], byte[]> consumer() {
            consumers.incrementAndGet();
            var begin = committed();
            var all = new ArrayList<>(records);
            var consumer = new MockConsumer<byte[], byte[]>("none") {
                @Override
                public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
                    offsets.forEach((partition, offset) -> committed.put(partition, offset.offset()));
                }

                @Override
                public synchronized void seek(TopicPartition partition, long offset) {
                    super.seek(partition, offset);
                    all.stream().filter(record -> record.offset() >= offset).forEach(this::addRecord);
                }
            };
            consumer.schedulePollTask(() -> {
                consumer.rebalance(List.of(BATCHES));
                consumer.updateBeginningOffsets(Map.of(BATCHES, 0L));
                consumer.updateEndOffsets(Map.of(BATCHES, (long) all.size()));
                if (hasOffsets) {
                    consumer.seek(BATCHES, begin);
                } else {
                    all.forEach(consumer::addRecord);
                }
                failure.ifPresent(consumer::setOffsetsException);
            });
            return consumer;
        }
    }

    private CallbackConfig callback(String more) {
        return Records.callback("url: 'http://localhost:%d/hook', %s"
                .formatted(server.getAddress().getPort(), more));
    }

    private Teller start(String more) {
        return start(callback("allow-private: true, " + more));
    }

    private Teller start(CallbackConfig callback) {
        InstantSource clock = () -> Records.AT.plusNanos((System.nanoTime() - startedAt) * SPEED);
        var teller = new Teller(
                callback,
                new EventReader(
                        Records.topics().batches(),
                        Records.results(),
                        callback,
                        new FeedReader(name -> schemas.find(name))),
                kafka,
                new Post(
                        callback.url(),
                        Duration.ofSeconds(10),
                        callback.allowPrivate(),
                        InetAddress::getAllByName,
                        (SSLSocketFactory) SSLSocketFactory.getDefault(),
                        clock),
                new RetryRules(callback.retryFor(), new SplittableRandom(7)),
                new CallbackMeters(meters, "team"),
                clock);
        teller.start();
        return teller;
    }

    private double count(String outcome) {
        return meters.get("halfrate.callbacks")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    @Test
    void whatFailsIsToldAgainUntilItIsTaken() {
        kafka.settle("a");
        answers = _ -> received.size() < 4 ? 500 : 200;

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 1);
        }

        assertThat(received).containsExactly("settled-a", "settled-a", "settled-a", "settled-a");
        assertThat(count("retried")).isEqualTo(3);
        assertThat(count("delivered")).isEqualTo(1);
        assertThat(meters.get("halfrate.callbacks.lag").gauge().value()).isZero();
    }

    @Test
    void aBatchThatIsNotTakenHoldsUpNoOther() {
        kafka.settle("a");
        kafka.settle("b");
        answers = id -> id.equals("settled-a") ? 500 : 200;

        try (var _ = start("")) {
            await().until(() -> count("delivered") == 1 && count("retried") > 3);
        }

        assertThat(kafka.committed()).isZero();
    }

    @Test
    void whatWasNotTakenIsToldAfterARestartAndWhatFollowsAfterIt() {
        kafka.settle("a");
        kafka.settle("b");
        answers = _ -> 503;
        try (var _ = start("")) {
            await().until(() -> received.containsAll(List.of("settled-a", "settled-b")));
        }
        assertThat(kafka.committed()).isZero();
        received.clear();
        answers = _ -> 204;

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 2);
        }

        assertThat(received).containsExactlyInAnyOrder("settled-a", "settled-b");
        received.clear();
        kafka.settle("c");
        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 3);
        }
        assertThat(received).containsExactly("settled-c");
    }

    @Test
    void whoIsGoneIsToldNothingMoreUntilTheNextStart() {
        kafka.settle("a");
        kafka.settle("a");
        answers = _ -> 410;
        try (var _ = start("")) {
            await().until(() ->
                    meters.get("halfrate.callbacks.disabled").gauge().value() == 1);
        }
        assertThat(received).containsExactly("settled-a");
        assertThat(kafka.committed()).isZero();
        answers = _ -> 200;

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 2);
        }
    }

    @Test
    void whatIsTooOldIsGivenUp() {
        kafka.settle("a");
        answers = _ -> 500;

        try (var _ = start("retry-for: 1m")) {
            await().until(() -> kafka.committed() == 1);
        }

        assertThat(received).hasSizeGreaterThanOrEqualTo(RetryRules.TRIES_MIN);
        assertThat(count("given_up")).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsPrivateIsNotTold() {
        kafka.settle("a");
        var callback = callback("allow-private: false");

        try (var _ = start(callback)) {
            await().until(() -> count("retried") > 0);
        }

        assertThat(received).isEmpty();
    }

    @Test
    void moreThanMayBePendingIsReadAndToldInTheEnd() {
        kafka.settleAgain("a", 500);
        for (var i = 0; i < 1_000; i++) {
            kafka.settle("b" + i);
        }

        try (var _ = start("requests-in-flight-max: 16")) {
            await().atMost(Duration.ofSeconds(60)).until(() -> kafka.committed() == 1_500);
        }

        assertThat(received).hasSize(1_500);
    }

    @Test
    void aPartitionThatWasAddedIsReadFromItsBeginning() {
        kafka.settle("a");
        kafka.hasOffsets = false;

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 1);
        }

        assertThat(received).containsExactly("settled-a");
    }

    @Test
    @Tag("alarm:log-callback-deleted")
    void whatWasDeletedBeforeItWasToldDoesNotStopWhatFollows() {
        kafka.settle("a");
        kafka.failure = Optional.of(new OffsetOutOfRangeException(Map.of(BATCHES, 0L)));

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 1);
        }

        assertThat(received).containsExactly("settled-a");
    }

    @Test
    @Tag("alarm:log-callback-starting-over")
    void itStartsOverIfKafkaFails() {
        kafka.settle("a");
        kafka.failure = Optional.of(new KafkaException("a bad moment"));

        try (var _ = start("")) {
            await().until(() -> !received.isEmpty() || kafka.consumers.get() > 1);
            kafka.failure = Optional.empty();
            await().until(() -> kafka.committed() == 1);
        }

        assertThat(received).containsExactly("settled-a");
    }

    @Test
    void anUnreadableRecordIsLeftOut() {
        kafka.records.add(Records.record("llm.batches", 0, 0, "nonsense".getBytes(UTF_8)));
        kafka.settle("a");

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 2);
        }

        assertThat(received).containsExactly("settled-a");
        assertThat(count("unreadable")).isEqualTo(1);
    }

    @Test
    void whatNamesASchemaThatNobodyCanSayWaitsAndNothingIsLost() {
        var questions = new AtomicInteger();
        schemas = _ -> {
            questions.incrementAndGet();
            return new WriterSchemas.Lookup.Pending();
        };
        kafka.settle("a");
        kafka.settleInAvro("b");
        kafka.settle("c");

        try (var _ = start("")) {
            await().until(() -> kafka.committed() == 1 && questions.get() > 3);
        }
        assertThat(received).containsExactly("settled-a");

        // When another process takes over, and the registry comes back then
        var before = questions.get();
        try (var _ = start("")) {
            await().until(() -> questions.get() > before + 1);
            schemas = _ -> new WriterSchemas.Lookup.Found(PublicSchemas.BATCH_EVENT);
            await().until(() -> kafka.committed() == 3);
        }

        assertThat(received).containsExactlyInAnyOrder("settled-a", "settled-b", "settled-c");
        assertThat(count("unreadable")).isZero();
    }

    @Test
    void anAddressInsteadOfANameIsRefusedAtStart() {
        for (var host :
                List.of("127.0.0.1", "169.254.169.254", "10.1.2.3", "[::1]", "[::ffff:10.0.0.1]", "2130706433")) {
            assertThatThrownBy(() -> Teller.check(Records.callback("plain: true, url: 'https://%s/'".formatted(host))))
                    .as(host)
                    .isInstanceOf(ConfigException.class);
        }
        Teller.check(Records.callback("url: 'https://1.1.1.1/'"));
        Teller.check(Records.callback("url: 'https://hooks.example.com/'"));
        Teller.check(Records.callback("url: 'https://127.0.0.1/', allow-private: true"));
    }
}

package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.TopicSetup;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters on a real broker, whose records are at hand, gone, or came back too often. */
class DlqIT {
    @TempDir
    Path directory;

    private final StringWriter words = new StringWriter();
    private EmbeddedBroker broker;
    private HalfrateConfig config;
    private Path file;
    private KafkaProducer<byte[], byte[]> producer;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        config = LocalSettings.config(
                broker.bootstrapServers(), URI.create("http://127.0.0.1:1/v1"), directory.resolve("state"));
        file = RunConfig.write(config, directory);
        TopicSetup.ensure(config);
        producer =
                new KafkaProducer<>(Map.copyOf(config.kafka()), new ByteArraySerializer(), new ByteArraySerializer());
    }

    @AfterEach
    void stop() {
        producer.close();
        broker.close();
    }

    private String requests() {
        return config.topics().requests().getFirst();
    }

    private void buried(DeadLetter.Reason reason, String topicId, long offset, @Nullable String value, int replays)
            throws Exception {
        var letter = new DeadLetter(
                reason,
                "say it otherwise",
                requests(),
                topicId,
                0,
                offset,
                0,
                "key".getBytes(UTF_8),
                value == null ? null : value.getBytes(UTF_8),
                null,
                null,
                replays);
        var sent = DeadLetterCodec.toRecord(config.topics().deadLetters(), letter);
        producer.send(new ProducerRecord<>(sent.topic(), 0, sent.key(), sent.value(), sent.headers()))
                .get();
    }

    private int dlq(String command, String... options) {
        words.getBuffer().setLength(0);
        var arguments = new ArrayList<>(List.of("dlq", command, "--config", file.toString()));
        arguments.addAll(List.of(options));
        return LocalMain.commandLine()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute(arguments.toArray(String[]::new));
    }

    private List<ConsumerRecord<byte[], byte[]>> requestsOfPartition(int number) {
        try (var consumer = new KafkaConsumer<>(
                Map.copyOf(config.kafka()), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partition = new TopicPartition(requests(), number);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            var all = new ArrayList<ConsumerRecord<byte[], byte[]>>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
            }
            return all;
        }
    }

    @Test
    void lettersAreListedWithoutTheirRecordsAndSentAgainWithTheirHeadersButNotForever() throws Exception {
        // Given one whose source is there with a header, one whose topic was another one, and one that came back thrice
        String topicId;
        try (var admin = Admin.create(Map.copyOf(config.kafka()))) {
            topicId = requireNonNull(admin.describeTopics(List.of(requests()))
                            .allTopicNames()
                            .get()
                            .get(requests()))
                    .topicId()
                    .toString();
        }
        var source = new ProducerRecord<>(requests(), 0, "key".getBytes(UTF_8), "secret-1".getBytes(UTF_8));
        source.headers().add("halfrate-tag", "team".getBytes(UTF_8));
        producer.send(source).get();
        buried(DeadLetter.Reason.ID_CONFLICT, topicId, 0, null, 0);
        buried(DeadLetter.Reason.CUSTOM_ID, "another", 7, "secret-2", 1);
        buried(DeadLetter.Reason.CUSTOM_ID, "another", 8, "secret-3", 3);
        buried(DeadLetter.Reason.DECODE, "another", 9, null, 0);

        // When, then
        assertThat(dlq("list")).isEqualTo(CommandLines.DONE);
        assertThat(words.toString().lines())
                .hasSize(4)
                .noneMatch(line -> line.contains("secret"))
                .first()
                .asString()
                .startsWith("0:0 ")
                .endsWith("id_conflict   %s-0 at 0: say it otherwise".formatted(requests()));
        assertThat(dlq("list", "--reason", "decode,custom_id", "--json")).isEqualTo(CommandLines.DONE);
        assertThat(words.toString().lines()).hasSize(3).allMatch(line -> line.startsWith("{\"place\":\"0:"));

        assertThat(dlq("replay")).isEqualTo(2);
        assertThat(dlq("replay", "--topic", requests(), "--dry-run")).isEqualTo(CommandLines.DONE);
        assertThat(words.toString())
                .isEqualToIgnoringNewLines(
                        "would send 2 (1 without their headers, which their topics do not have any more);"
                                + " left out: 1 that came back 3 times, 1 whose records are nowhere any more");
        assertThat(requestsOfPartition(0)).hasSize(1);

        assertThat(dlq("replay", "--topic", requests())).isEqualTo(CommandLines.DONE);
        var all = new ArrayList<>(requestsOfPartition(0));
        all.addAll(requestsOfPartition(1));
        assertThat(all)
                .extracting(entry -> new String(entry.value(), UTF_8))
                .containsExactlyInAnyOrder("secret-1", "secret-1", "secret-2");
        assertThat(all)
                .filteredOn(entry -> entry.headers().lastHeader("halfrate-replays") != null)
                .extracting(
                        entry -> new String(entry.value(), UTF_8),
                        entry -> new String(
                                entry.headers().lastHeader("halfrate-replays").value(), UTF_8),
                        entry -> entry.headers().lastHeader("halfrate-tag") != null)
                .containsExactlyInAnyOrder(tuple("secret-1", "1", true), tuple("secret-2", "2", false));
    }

    @Test
    void whatIsNotThereIsOneClearLine() {
        assertThat(dlq("list")).isEqualTo(CommandLines.DONE);
        assertThat(words.toString()).isEqualToIgnoringNewLines("no dead letters");
        assertThat(dlq("show", "0:5")).isEqualTo(CommandLines.FAILED);
        assertThat(words.toString())
                .isEqualToIgnoringNewLines("halfrate: no dead letter is at 0:5: list shows where they are");
    }
}

package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.ops.StartupException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {
    private static final String TOPIC = "letters";

    @TempDir
    Path directory;

    @Test
    void whatWasCommittedIsThereAfterARestartAndWhatWasAbortedIsNot() throws Exception {
        // Given
        try (var broker = EmbeddedBroker.start(0, directory)) {
            try (var admin = Admin.create(settings(broker, Map.of()))) {
                admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1)))
                        .all()
                        .get();
            }
            try (var producer = producer(broker)) {
                producer.initTransactions();
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>(TOPIC, "kept"));
                producer.commitTransaction();
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>(TOPIC, "dropped"));
                producer.flush();
                producer.abortTransaction();
            }
        }

        // When
        try (var broker = EmbeddedBroker.start(0, directory)) {
            try (var producer = producer(broker)) {
                producer.initTransactions();
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>(TOPIC, "added"));
                producer.commitTransaction();
            }

            // Then
            assertThat(committed(broker)).containsExactly("kept", "added");
        }
    }

    @Test
    void portInUseIsOneClearLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            assertThatThrownBy(() -> EmbeddedBroker.start(taken.getLocalPort(), directory))
                    .isInstanceOf(StartupException.class)
                    .hasMessage("port %d is in use; choose another one with --port", taken.getLocalPort());
        }
    }

    @Test
    void directoryInUseIsOneClearLine() {
        try (var first = EmbeddedBroker.start(0, directory)) {
            assertThat(first.bootstrapServers()).startsWith("127.0.0.1:");
            assertThatThrownBy(() -> EmbeddedBroker.start(0, directory))
                    .isInstanceOf(StartupException.class)
                    .hasMessage(directory + " is in use by another broker; choose another --data-dir");
        }
    }

    @Test
    void temporaryDirectoryIsGoneAfterwards() {
        var broker = EmbeddedBroker.startTemporary();
        var used = broker.directory();
        assertThat(used).isNotEmptyDirectory();

        broker.close();

        assertThat(used).doesNotExist();
    }

    private static List<String> committed(EmbeddedBroker broker) {
        var settings = settings(
                broker,
                Map.of(
                        "isolation.level", "read_committed",
                        "key.deserializer", StringDeserializer.class.getName(),
                        "value.deserializer", StringDeserializer.class.getName()));
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            var partition = new TopicPartition(TOPIC, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            var values = new ArrayList<String>();
            while (consumer.position(partition) < end) {
                var records = consumer.poll(Duration.ofSeconds(1));
                StreamSupport.stream(records.spliterator(), false).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static KafkaProducer<String, String> producer(EmbeddedBroker broker) {
        return new KafkaProducer<>(settings(
                broker,
                Map.of(
                        "transactional.id", "writer",
                        "key.serializer", StringSerializer.class.getName(),
                        "value.serializer", StringSerializer.class.getName())));
    }

    private static Map<String, Object> settings(EmbeddedBroker broker, Map<String, Object> more) {
        var settings = new HashMap<>(more);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        return settings;
    }
}

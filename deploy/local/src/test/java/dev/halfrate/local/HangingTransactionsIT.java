package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HangingTransactionsIT {
    private static final Duration READ_WITHIN = Duration.ofSeconds(20);
    private static final TopicPartition FIRST = new TopicPartition("letters", 0);
    private static final TopicPartition SECOND = new TopicPartition("letters", 1);

    @TempDir
    Path directory;

    @Test
    void transactionThatItsCoordinatorHasForgottenIsUndoneInAllPartitions() throws Exception {
        // Given
        try (var broker = EmbeddedBroker.start(0, directory)) {
            createTopic(broker);
            commit(broker, "before");
            try (var producer = producer(broker, "forgotten")) {
                producer.initTransactions();
                producer.beginTransaction();
                send(producer, "undone");
                producer.flush();
                producer.close(Duration.ZERO);
            }
        }
        forgetTransactions();

        // When
        try (var broker = EmbeddedBroker.start(0, directory)) {
            commit(broker, "after");

            // Then
            assertThat(committed(broker, FIRST)).containsExactly("before", "after");
            assertThat(committed(broker, SECOND)).containsExactly("before", "after");
        }
    }

    @Test
    void transactionThatItsCoordinatorKnowsOfGoesOn() throws Exception {
        // Given
        var first = EmbeddedBroker.start(0, directory);
        var port = first.port();
        createTopic(first);
        try (var producer = producer(first, "patient")) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, "kept");
            producer.flush();
            first.close();

            // When
            try (var broker = EmbeddedBroker.start(port, directory)) {
                producer.commitTransaction();

                // Then
                assertThat(committed(broker, FIRST)).containsExactly("kept");
                assertThat(committed(broker, SECOND)).containsExactly("kept");
            }
        }
    }

    private static void createTopic(EmbeddedBroker broker) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(FIRST.topic(), 2, (short) 1)))
                    .all()
                    .get();
        }
    }

    /** As if it believed that they are complete. */
    private void forgetTransactions() throws IOException {
        try (var logs = Files.newDirectoryStream(directory, "__transaction_state-*")) {
            for (var log : logs) {
                try (var files = Files.walk(log)) {
                    for (var file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    private static void commit(EmbeddedBroker broker, String value) {
        try (var producer = producer(broker, "writer-of-" + value)) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, value);
            producer.commitTransaction();
        }
    }

    private static void send(KafkaProducer<String, String> producer, String value) {
        for (var partition : List.of(FIRST, SECOND)) {
            var _ = producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), null, value));
        }
    }

    /** What there is up to the end of the partition, once no transaction is open there any more. */
    private static List<String> committed(EmbeddedBroker broker, TopicPartition partition) throws Exception {
        var end = end(broker, partition, IsolationLevel.READ_UNCOMMITTED);
        // A commit is acknowledged before it stands in the partitions.
        await().atMost(READ_WITHIN).until(() -> end(broker, partition, IsolationLevel.READ_COMMITTED) >= end);
        var settings = Map.<String, Object>of(
                "bootstrap.servers", broker.bootstrapServers(),
                "isolation.level", "read_committed",
                "key.deserializer", StringDeserializer.class.getName(),
                "value.deserializer", StringDeserializer.class.getName());
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var values = new ArrayList<String>();
            while (consumer.position(partition, READ_WITHIN) < end) {
                var records = consumer.poll(READ_WITHIN);
                StreamSupport.stream(records.spliterator(), false).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static long end(EmbeddedBroker broker, TopicPartition partition, IsolationLevel isolation)
            throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                    .partitionResult(partition)
                    .get()
                    .offset();
        }
    }

    private static KafkaProducer<String, String> producer(EmbeddedBroker broker, String transactionalId) {
        return new KafkaProducer<>(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "transactional.id", transactionalId,
                "key.serializer", StringSerializer.class.getName(),
                "value.serializer", StringSerializer.class.getName()));
    }
}

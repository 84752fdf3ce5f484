package dev.halfrate.trial;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.common.TopicPartition;

/**
 * Does what docs/operations.md asks of an operator: ends transactions that a broker which was killed has forgotten. Kafka
 * itself never does, and hides from readers all that was committed after them.
 */
final class Operator implements AutoCloseable {
    /** Longer than any of our transactions may last. */
    private static final Duration HANGING_AFTER = Duration.ofSeconds(90);

    private final Admin admin;

    Operator(String bootstrapServers) {
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    /** @return how many partitions had one */
    int abortHangingTransactions() throws InterruptedException {
        try {
            var aborted = 0;
            var topics = admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get();
            for (var topic : admin.describeTopics(topics).allTopicNames().get().values()) {
                var partitions = topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition()))
                        .toList();
                for (var writers :
                        admin.describeProducers(partitions).all().get().entrySet()) {
                    aborted += abort(writers.getKey(), writers.getValue().activeProducers());
                }
            }
            return aborted;
        } catch (ExecutionException e) {
            throw new TrialException("hanging transactions cannot be looked for", e);
        }
    }

    private int abort(TopicPartition partition, List<ProducerState> writers)
            throws InterruptedException, ExecutionException {
        var aborted = 0;
        var before = Instant.now().minus(HANGING_AFTER).toEpochMilli();
        for (var writer : writers) {
            if (writer.currentTransactionStartOffset().isPresent() && writer.lastTimestamp() < before) {
                admin.abortTransaction(new AbortTransactionSpec(
                                partition,
                                writer.producerId(),
                                (short) writer.producerEpoch(),
                                writer.coordinatorEpoch().orElse(0)))
                        .all()
                        .get();
                aborted++;
            }
        }
        return aborted;
    }

    @Override
    public void close() {
        admin.close();
    }
}

package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.TopicsConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds transactions that Kafka should have ended and has not: whatever was committed after them, nobody can read. */
public final class OpenTransactions {
    private static final Logger LOG = LoggerFactory.getLogger(OpenTransactions.class);

    /** Longer than any of ours may last. */
    private static final Duration OURS_MAX = Duration.ofMinutes(2);

    /** Longer than a broker allows anybody's, by default. */
    private static final Duration OTHERS_MAX = Duration.ofMinutes(16);

    private static final String OFFSETS = "__consumer_offsets";

    private final Admin admin;
    private final TopicsConfig topics;

    public OpenTransactions(Admin admin, TopicsConfig topics) {
        this.admin = admin;
        this.topics = topics;
    }

    /** @return of our own topics and of offsets; of one that cannot be looked into, none */
    public List<Status.OpenTransaction> tooLong(Instant now) throws InterruptedException {
        var ours = Stream.of(topics.laneInbox(), topics.work(), topics.ledger()).toList();
        var found = new ArrayList<Status.OpenTransaction>();
        for (var topic : ours) {
            found.addAll(openSince(topic, now.minus(OURS_MAX)));
        }
        found.addAll(openSince(OFFSETS, now.minus(OTHERS_MAX)));
        return found;
    }

    private List<Status.OpenTransaction> openSince(String topic, Instant before) throws InterruptedException {
        try {
            var found = new ArrayList<Status.OpenTransaction>();
            for (var entry :
                    admin.describeProducers(partitions(topic)).all().get().entrySet()) {
                for (var writer : open(entry.getValue().activeProducers(), before)) {
                    found.add(new Status.OpenTransaction(
                            topic, entry.getKey().partition(), Instant.ofEpochMilli(writer.lastTimestamp())));
                }
            }
            return found;
        } catch (ExecutionException e) {
            LOG.debug("the writers of {} cannot be asked for", topic, e.getCause());
            return List.of();
        }
    }

    private static List<ProducerState> open(Collection<ProducerState> writers, Instant before) {
        return writers.stream()
                .filter(writer -> writer.currentTransactionStartOffset().isPresent()
                        && Instant.ofEpochMilli(writer.lastTimestamp()).isBefore(before))
                .toList();
    }

    private List<TopicPartition> partitions(String topic) throws InterruptedException, ExecutionException {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                .flatMap(description -> description.partitions().stream())
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
    }
}

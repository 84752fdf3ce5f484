package dev.halfrate.benchmark;

import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes topics, and looks how far they are. */
public final class Topics implements AutoCloseable {
    private static final Duration MADE_WITHIN = Duration.ofSeconds(30);

    private final Admin admin;

    Topics(Admin admin) {
        this.admin = admin;
    }

    public void make(String topic, int partitions) throws InterruptedException {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)
                        .configs(Map.of("retention.ms", "-1", "max.message.bytes", "20971520"))))
                .all());
        // A producer that writes to a partition whose leader is not ready may never get its first batch through.
        Waiting.until("topic " + topic + " is known", MADE_WITHIN, () -> isKnown(topic));
        Waiting.until(
                "topic " + topic + " is there",
                MADE_WITHIN,
                () -> ends(topic, partitions).size() == partitions);
    }

    private boolean isKnown(String topic) throws InterruptedException {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                    .flatMap(description -> description.partitions().stream())
                    .allMatch(partition -> partition.leader() != null);
        } catch (ExecutionException _) {
            return false;
        }
    }

    /** With all that is in them. */
    public void delete(Collection<String> names) throws InterruptedException {
        get(admin.deleteTopics(names).all());
    }

    public List<String> thatStartWith(String prefix) throws InterruptedException {
        return get(admin.listTopics().names()).stream()
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    private Map<TopicPartition, Long> ends(String topic, int partitions) throws InterruptedException {
        var wanted = IntStream.range(0, partitions)
                .mapToObj(number -> new TopicPartition(topic, number))
                .collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.latest()));
        try {
            return offsets(get(admin.listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .all()));
        } catch (TrialException e) {
            if (e.getCause() instanceof ExecutionException why
                    && why.getCause() instanceof UnknownTopicOrPartitionException) {
                return Map.of();
            }
            throw e;
        }
    }

    private static Map<TopicPartition, Long> offsets(Map<TopicPartition, ListOffsetsResultInfo> ends) {
        var offsets = new HashMap<TopicPartition, Long>();
        ends.forEach((partition, end) -> offsets.put(partition, end.offset()));
        return offsets;
    }

    /** @return whether a group has committed all of these offsets, or has gone beyond them */
    public boolean hasCommitted(String group, Map<TopicPartition, Long> offsets) throws InterruptedException {
        var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        return offsets.entrySet().stream().allMatch(wanted -> {
            var offset = committed.get(wanted.getKey());
            return offset != null && offset.offset() >= wanted.getValue();
        });
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new TrialException("the broker refused: " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}

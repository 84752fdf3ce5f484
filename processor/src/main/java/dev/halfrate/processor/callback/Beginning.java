package dev.halfrate.processor.callback;

import dev.halfrate.processor.config.HalfrateConfig;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a new endpoint begins: at the end of a topic of which its group has no offset at all, so that nobody is flooded with
 * history. This is written down for every partition before one is read; so a partition without an offset is one that was
 * added since, and is read from its beginning.
 */
final class Beginning {
    private static final Logger LOG = LoggerFactory.getLogger(Beginning.class);

    private Beginning() {}

    /** @throws KafkaException if Kafka is away, or refuses */
    static void settle(HalfrateConfig config, String group, List<String> topics) {
        try (var admin = Admin.create(new HashMap<String, Object>(config.kafka()))) {
            var committed =
                    await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).keySet().stream()
                            .map(TopicPartition::topic)
                            .collect(Collectors.toSet());
            var fresh =
                    topics.stream().filter(topic -> !committed.contains(topic)).toList();
            if (fresh.isEmpty()) {
                return;
            }
            var ends = ends(admin, fresh);
            try {
                await(admin.alterConsumerGroupOffsets(group, ends).all());
                LOG.info("{} begins at the end of {}", group, fresh);
            } catch (UnknownMemberIdException _) {
                // The group has members. Another process was faster, or one that does not know of the topic still runs.
                requireAll(admin, group, ends.keySet());
            }
        }
    }

    private static void requireAll(Admin admin, String group, Collection<TopicPartition> partitions) {
        var committed = await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        if (!committed.keySet().containsAll(partitions)) {
            throw new KafkaException(
                    "other processes are told of fewer events: the new ones follow when those have been stopped");
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> ends(Admin admin, List<String> topics) {
        var specs = new HashMap<TopicPartition, OffsetSpec>();
        await(admin.describeTopics(topics).allTopicNames())
                .forEach((topic, description) -> description
                        .partitions()
                        .forEach(each -> specs.put(new TopicPartition(topic, each.partition()), OffsetSpec.latest())));
        var ends = new HashMap<TopicPartition, OffsetAndMetadata>();
        // Of what is committed: a transaction that is open now ends after the beginning.
        await(admin.listOffsets(specs, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all())
                .forEach((partition, end) -> ends.put(partition, new OffsetAndMetadata(end.offset())));
        return ends;
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}

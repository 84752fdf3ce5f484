package dev.halfrate.trial;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Strangers in a group: every second one joins, or the oldest leaves. They do nothing with what they are given. One thread. */
final class Storm implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int MEMBERS_MAX = 3;

    private final Map<String, Object> settings;
    private final String topic;
    private final Deque<KafkaConsumer<byte[], byte[]>> members = new ArrayDeque<>();
    private final Set<TopicPartition> taken = new HashSet<>();
    private long next = System.nanoTime();
    private int changes;
    private int takings;

    Storm(String bootstrapServers, String group, String topic) {
        this.topic = topic;
        settings = Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "group.id",
                group,
                "enable.auto.commit",
                "false",
                "auto.offset.reset",
                "none",
                "partition.assignment.strategy",
                CooperativeStickyAssignor.class.getName());
    }

    /** Takes part for a moment. */
    void blow() {
        if (System.nanoTime() - next >= 0) {
            if (members.size() < MEMBERS_MAX) {
                join();
            } else {
                members.removeFirst().close();
            }
            changes++;
            next += EVERY.toNanos();
        }
        var held = new HashSet<TopicPartition>();
        for (var member : members) {
            member.poll(Duration.ofMillis(20));
            held.addAll(member.assignment());
        }
        takings += (int)
                held.stream().filter(partition -> !taken.contains(partition)).count();
        taken.clear();
        taken.addAll(held);
    }

    private void join() {
        var member = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        member.subscribe(List.of(topic));
        members.addLast(member);
    }

    /** How often one joined or left. */
    int changes() {
        return changes;
    }

    /** How often a partition was given to one of them. */
    int takings() {
        return takings;
    }

    @Override
    public void close() {
        members.forEach(KafkaConsumer::close);
        members.clear();
    }
}

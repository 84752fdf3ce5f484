package dev.halfrate.processor.ledger;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A consumer of one partition that can be read again and again, as MockConsumer alone cannot. */
final class ReplayedPartition extends MockConsumer<byte[], byte[]> {
    private static final int POLLED_MAX = 3;

    private final TopicPartition partition;
    private final NavigableMap<Long, ConsumerRecord<byte[], byte[]>> records = new TreeMap<>();
    private final List<Long> seeks = new ArrayList<>();
    private long begin;
    private long end;

    ReplayedPartition(String topic) {
        super("none");
        this.partition = new TopicPartition(topic, 0);
    }

    void add(long offset, byte[] key, byte @Nullable [] value) {
        records.put(offset, new ConsumerRecord<>(partition.topic(), 0, offset, key, value));
        end = Math.max(end, offset + 1);
        tellEnds();
    }

    /** A request's record. */
    void add(long offset, String body) {
        add(offset, new byte[0], Refs.value(body));
    }

    void deleteUntil(long offset) {
        records.headMap(offset).clear();
        begin = offset;
        tellEnds();
    }

    /** @return another consumer of what is here now */
    ReplayedPartition another() {
        var another = new ReplayedPartition(partition.topic());
        another.records.putAll(records);
        another.begin = begin;
        another.end = end;
        another.tellEnds();
        return another;
    }

    private void tellEnds() {
        updateBeginningOffsets(Map.of(partition, begin));
        updateEndOffsets(Map.of(partition, end));
    }

    List<Long> seeks() {
        return List.copyOf(seeks);
    }

    @Override
    public synchronized void seek(TopicPartition to, long offset) {
        seeks.add(offset);
        super.seek(to, offset);
    }

    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        var polled = records.tailMap(position(partition)).values().stream()
                .limit(POLLED_MAX)
                .toList();
        super.seek(partition, polled.isEmpty() ? end : polled.getLast().offset() + 1);
        return new ConsumerRecords<>(Map.of(partition, polled), Map.of());
    }
}

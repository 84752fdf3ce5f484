package dev.halfrate.processor.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.kafka.BoundedConsumer.Room;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BoundedConsumerTest {
    private static final TopicPartition ONE = new TopicPartition("requests", 0);
    private static final TopicPartition TWO = new TopicPartition("requests", 1);
    private static final int EIGHTH = Math.toIntExact(BoundedConsumer.BYTES_MAX / 8);

    private final Room room = new Room();
    private final Map<TopicPartition, Long> sought = new HashMap<>();

    @SuppressWarnings("NullAway") // Kafka's records have no annotations.
    private static ConsumerRecord<byte[], byte[]> record(
            TopicPartition partition, long offset, byte @Nullable [] value, RecordHeaders headers) {
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                offset,
                0,
                TimestampType.CREATE_TIME,
                -1,
                value == null ? -1 : value.length,
                null,
                value,
                headers,
                Optional.empty());
    }

    private static RecordHeaders headers(int bytes) {
        return new RecordHeaders(List.of(new RecordHeader("h", new byte[bytes])));
    }

    private ConsumerRecords<byte[], byte[]> within(Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records) {
        var next = new HashMap<TopicPartition, OffsetAndMetadata>();
        records.forEach((partition, list) -> next.put(partition, new OffsetAndMetadata(list.size())));
        return BoundedConsumer.within(new ConsumerRecords<>(records, next), room, sought::put);
    }

    private static List<ConsumerRecord<byte[], byte[]>> bare(TopicPartition partition, int count) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        for (var offset = 0; offset < count; offset++) {
            records.add(record(partition, offset, null, headers(EIGHTH)));
        }
        return records;
    }

    @Test
    void headersOfRecordsWithNeitherKeyNorValueCount() {
        var polled = within(Map.of(ONE, bare(ONE, 20)));

        assertThat(polled.records(ONE)).hasSize(8);
        assertThat(polled.nextOffsets())
                .containsExactlyEntriesOf(Map.of(ONE, new OffsetAndMetadata(8, Optional.empty(), "")));
        assertThat(sought).containsExactlyEntriesOf(Map.of(ONE, 8L));
    }

    @Test
    void whatHasRoomIsTakenAsItIs() {
        var polled = within(Map.of(ONE, bare(ONE, 8)));

        assertThat(polled.records(ONE)).hasSize(8);
        assertThat(sought).isEmpty();
    }

    @Test
    void theyAreCountedAnewWithEachPoll() {
        within(Map.of(ONE, bare(ONE, 20)));
        room.clear();

        assertThat(within(Map.of(ONE, bare(ONE, 20))).records(ONE)).hasSize(8);
    }

    @Test
    void headersAloneAndValuesDoNotKeepEachOtherWaiting() {
        // Given values that fill a poll
        var empty = new RecordHeaders();
        var values = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        for (var offset = 0; offset < 10; offset++) {
            values.add(record(ONE, offset, room.value(empty, ByteBuffer.allocate(EIGHTH)), empty));
        }

        // When the other partition has records with headers only
        var polled = within(Map.of(ONE, values, TWO, bare(TWO, 3)));

        // Then neither keeps the other waiting
        assertThat(polled.records(ONE)).hasSize(8);
        assertThat(polled.records(TWO)).hasSize(3);
        assertThat(sought).containsExactlyEntriesOf(Map.of(ONE, 8L));
    }
}

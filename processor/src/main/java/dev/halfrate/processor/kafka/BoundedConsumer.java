package dev.halfrate.processor.kafka;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;

/**
 * A consumer whose polls end after 32 MiB of unpacked bytes, or an eighth of the heap. Kafka bounds what it fetches, and counts compressed bytes:
 * records that are much alike, or made to be, unpack to a thousand times as many, and a poll has thousands of records.
 *
 * <p>What is beyond the bound is given back unread, and comes with the next poll. A record is never cut: a poll holds up
 * to one more than the bound has room for.
 */
public final class BoundedConsumer extends KafkaConsumer<byte[], byte[]> {
    /** Of a poll's keys, values and headers. */
    private static final long BYTES_MAX =
            Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8);

    private final Room room;

    public BoundedConsumer(Map<String, Object> settings) {
        this(settings, new Room());
    }

    private BoundedConsumer(Map<String, Object> settings, Room room) {
        super(settings, (Taking) room::key, (Taking) room::value);
        this.room = room;
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        room.clear();
        var polled = super.poll(timeout);
        return room.isFull() ? withoutUnread(polled) : polled;
    }

    private ConsumerRecords<byte[], byte[]> withoutUnread(ConsumerRecords<byte[], byte[]> polled) {
        var next = new HashMap<>(polled.nextOffsets());
        var kept = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        for (var partition : polled.partitions()) {
            var records = polled.records(partition);
            var read = 0;
            while (read < records.size() && !Room.isUnread(records.get(read))) {
                read++;
            }
            if (read > 0) {
                kept.put(partition, records.subList(0, read));
            } else {
                next.remove(partition);
            }
            if (read < records.size()) {
                var first = records.get(read);
                seek(partition, first.offset());
                next.computeIfPresent(
                        partition, (_, _) -> new OffsetAndMetadata(first.offset(), first.leaderEpoch(), ""));
            }
        }
        return new ConsumerRecords<>(kept, next);
    }

    /** What a poll may still take. */
    private static final class Room {
        /** Stands where nothing was read; told by its identity. */
        private static final byte[] UNREAD = {};

        private long bytes;
        private boolean full;

        /** Of the record whose value comes next: it is read if its key was. */
        private long keyBytes;

        @SuppressWarnings("ReferenceEquality") // An empty value is another one.
        static boolean isUnread(ConsumerRecord<byte[], byte[]> received) {
            return received.key() == UNREAD || received.value() == UNREAD;
        }

        void clear() {
            bytes = 0;
            keyBytes = 0;
            full = false;
        }

        boolean isFull() {
            return full;
        }

        byte[] key(Headers headers, ByteBuffer data) {
            var before = bytes;
            var key = take(headers, data, bytes);
            keyBytes = bytes - before;
            return key;
        }

        byte[] value(Headers headers, ByteBuffer data) {
            var value = take(headers, data, bytes - keyBytes);
            keyBytes = 0;
            return value;
        }

        /** Headers hold on to the whole record's bytes until somebody has looked at them, or they are gone. */
        private byte[] take(Headers headers, ByteBuffer data, long bytesBefore) {
            var each = headers.iterator();
            if (bytesBefore >= BYTES_MAX) {
                full = true;
                while (each.hasNext()) {
                    each.next();
                    each.remove();
                }
                return UNREAD;
            }
            while (each.hasNext()) {
                var header = each.next();
                bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
            }
            bytes += data.remaining();
            return Utils.toArray(data);
        }
    }

    /** As it is called for what is not null. */
    @FunctionalInterface
    private interface Taking extends Deserializer<byte[]> {
        byte[] take(Headers headers, ByteBuffer data);

        @Override
        default byte[] deserialize(String topic, Headers headers, ByteBuffer data) {
            return take(headers, data);
        }

        @Override
        default byte[] deserialize(String topic, byte[] data) {
            return take(new RecordHeaders(), ByteBuffer.wrap(data));
        }
    }
}

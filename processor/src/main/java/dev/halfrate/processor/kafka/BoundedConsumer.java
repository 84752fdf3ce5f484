package dev.halfrate.processor.kafka;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
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
 * to one more than the bound has room for. Records with neither key nor value may have as much again in their headers.
 */
public final class BoundedConsumer extends KafkaConsumer<byte[], byte[]> {
    /** Of a poll's keys, values and headers. */
    static final long BYTES_MAX = Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8);

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
        return within(super.poll(timeout), room, this::seek);
    }

    /**
     * @param seek where a partition is to be read on that not all of was taken
     * @return what there is room for
     */
    static ConsumerRecords<byte[], byte[]> within(
            ConsumerRecords<byte[], byte[]> polled, Room room, ObjLongConsumer<TopicPartition> seek) {
        var next = new HashMap<>(polled.nextOffsets());
        var kept = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        var all = true;
        for (var partition : polled.partitions()) {
            var records = polled.records(partition);
            var read = 0;
            while (read < records.size() && room.admits(records.get(read))) {
                read++;
            }
            if (read > 0) {
                // A copy: the others are to be forgotten.
                kept.put(partition, read == records.size() ? records : List.copyOf(records.subList(0, read)));
            } else {
                next.remove(partition);
            }
            if (read < records.size()) {
                all = false;
                var first = records.get(read);
                seek.accept(partition, first.offset());
                next.computeIfPresent(
                        partition, (_, _) -> new OffsetAndMetadata(first.offset(), first.leaderEpoch(), ""));
            }
        }
        return all ? polled : new ConsumerRecords<>(kept, next);
    }

    /** What a poll may still take. */
    static final class Room {
        /** Stands where nothing was read; told by its identity. */
        private static final byte[] UNREAD = {};

        private long bytes;

        /** Of records with neither key nor value, which nobody is shown before the poll is over. */
        private long bareBytes;

        /** Of the record whose value comes next: it is read if its key was. */
        private long keyBytes;

        /** @return whether it was read, and there is room for it */
        @SuppressWarnings("ReferenceEquality") // An empty value is another one.
        boolean admits(ConsumerRecord<byte[], byte[]> received) {
            if (received.key() != null || received.value() != null) {
                return received.key() != UNREAD && received.value() != UNREAD;
            }
            if (bareBytes >= BYTES_MAX) {
                return false;
            }
            bareBytes += bytes(received.headers());
            return true;
        }

        void clear() {
            bytes = 0;
            bareBytes = 0;
            keyBytes = 0;
        }

        private static long bytes(Headers headers) {
            var bytes = 0L;
            for (var header : headers) {
                bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
            }
            return bytes;
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
            if (bytesBefore >= BYTES_MAX) {
                var each = headers.iterator();
                while (each.hasNext()) {
                    each.next();
                    each.remove();
                }
                return UNREAD;
            }
            bytes += bytes(headers);
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

package dev.halfrate.processor.intake;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * What a loop has to know of its topics.
 *
 * @param ids of the topics that are read, by name; they tell a topic from another one of its name
 * @param inboxPartitions 0 if the inbox is not written to
 * @param deadLetterBytesMax longest record that the dead-letter topic takes
 * @param requestBytesMax longest record that each requests topic takes that is written to
 */
record Topics(
        Map<String, Uuid> ids, int inboxPartitions, int deadLetterBytesMax, Map<String, Integer> requestBytesMax) {
    /** What a record that is written has beside key and value: its headers, and what Kafka adds. */
    static final int HEAD_BYTES_MAX = 8 * 1024;

    Topics {
        ids = Map.copyOf(ids);
        requestBytesMax = Map.copyOf(requestBytesMax);
    }

    /** For who writes no requests. */
    Topics(Map<String, Uuid> ids, int inboxPartitions, int deadLetterBytesMax) {
        this(ids, inboxPartitions, deadLetterBytesMax, Map.of());
    }

    /** @throws IllegalArgumentException if it is not read */
    Uuid idOf(String topic) {
        var id = ids.get(topic);
        if (id == null) {
            throw new IllegalArgumentException("nothing is read from " + topic);
        }
        return id;
    }

    /** @throws IllegalArgumentException if no requests are written to it */
    int bytesMax(String topic) {
        var bytesMax = requestBytesMax.get(topic);
        if (bytesMax == null) {
            throw new IllegalArgumentException("no requests are written to " + topic);
        }
        return bytesMax;
    }
}

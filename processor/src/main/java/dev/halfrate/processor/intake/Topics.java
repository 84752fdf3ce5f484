package dev.halfrate.processor.intake;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * What intake has to know of its topics.
 *
 * @param requestIds of the requests topics by name; they tell a topic from another one of its name
 * @param deadLetterBytesMax longest record that the dead-letter topic takes
 */
record Topics(Map<String, Uuid> requestIds, int inboxPartitions, int deadLetterBytesMax) {
    Topics {
        requestIds = Map.copyOf(requestIds);
    }

    /** @throws IllegalArgumentException if it is no requests topic */
    Uuid idOf(String topic) {
        var id = requestIds.get(topic);
        if (id == null) {
            throw new IllegalArgumentException("no requests are read from " + topic);
        }
        return id;
    }
}

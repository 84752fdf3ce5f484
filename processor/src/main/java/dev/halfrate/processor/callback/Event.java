package dev.halfrate.processor.callback;

import java.time.Instant;
import org.apache.kafka.common.TopicPartition;

/**
 * Something that an endpoint is told, the same at every try.
 *
 * @param id the same whenever it is read again
 * @param order events of the same are told one after the other
 * @param at when it happened
 */
record Event(String id, String order, TopicPartition partition, long offset, Instant at, byte[] body) {

    /** Bodies are nobody's business but the endpoint's. */
    @Override
    public String toString() {
        return "Event[%s, %s-%d]".formatted(id, partition, offset);
    }
}

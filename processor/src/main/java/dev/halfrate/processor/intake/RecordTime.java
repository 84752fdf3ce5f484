package dev.halfrate.processor.intake;

import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** When a record was made. */
final class RecordTime {
    /** Producers' clocks may be ahead by this much; a later time would stretch the request's life. */
    static final Duration AHEAD_MAX = Duration.ofHours(1);

    private RecordTime() {}

    /** @return a time that cannot be is replaced by the wall clock's */
    static Instant of(ConsumerRecord<?, ?> received, Instant now) {
        var timestamp = Instant.ofEpochMilli(received.timestamp());
        return received.timestamp() < 0 || timestamp.isAfter(now.plus(AHEAD_MAX)) ? now : timestamp;
    }
}

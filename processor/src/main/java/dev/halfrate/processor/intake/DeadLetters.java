package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Replays;
import dev.halfrate.processor.codec.Traceparent;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Makes dead letters of records. */
final class DeadLetters {
    private DeadLetters() {}

    /** @return one that the dead-letter topic takes: with the record's bytes if they are not too many */
    static DeadLetter of(
            ConsumerRecord<byte[], byte[]> received, DeadLetter.Reason reason, String message, Topics topics) {
        var key = received.key();
        var value = received.value();
        var bytes = (key == null ? 0L : key.length) + (value == null ? 0 : value.length) + Topics.HEAD_BYTES_MAX;
        var fits = bytes <= topics.deadLetterBytesMax();
        return new DeadLetter(
                reason,
                fits ? message : message + "; too large for this topic, read it at its source",
                received.topic(),
                topics.idOf(received.topic()).toString(),
                received.partition(),
                received.offset(),
                received.timestamp(),
                fits ? key : null,
                fits ? value : null,
                null,
                Traceparent.read(received.headers()),
                Replays.read(received.headers()));
    }
}

package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Records of the dead-letter topic: the source's raw key and value, all else in headers. Format: docs/formats.md. */
public final class DeadLetterCodec {
    private static final String REASON = "halfrate-reason";
    private static final String MESSAGE = "halfrate-message";
    private static final String TOPIC = "halfrate-source-topic";
    private static final String TOPIC_ID = "halfrate-source-topic-id";
    private static final String PARTITION = "halfrate-source-partition";
    private static final String OFFSET = "halfrate-source-offset";
    private static final String TIMESTAMP = "halfrate-source-timestamp";
    private static final String CUSTOM_ID = "halfrate-custom-id";

    private DeadLetterCodec() {}

    /** @return the record to send; the source's own headers, which may be of any size, stay behind */
    public static ProducerRecord<byte[], byte[]> toRecord(String topic, DeadLetter letter) {
        var sent = new ProducerRecord<byte[], byte[]>(topic, letter.key(), letter.value());
        var headers = sent.headers();
        put(headers, REASON, letter.reason().name().toLowerCase(Locale.ROOT));
        put(headers, MESSAGE, letter.message());
        put(headers, TOPIC, letter.topic());
        put(headers, TOPIC_ID, letter.topicId());
        put(headers, PARTITION, Integer.toString(letter.partition()));
        put(headers, OFFSET, Long.toString(letter.offset()));
        put(headers, TIMESTAMP, Long.toString(letter.timestamp()));
        var customId = letter.customId();
        if (customId != null) {
            put(headers, CUSTOM_ID, customId);
        }
        Traceparent.write(headers, letter.traceparent());
        Replays.write(headers, letter.replays());
        return sent;
    }

    /** @throws MalformedRecordException if it is no dead letter */
    public static DeadLetter fromRecord(ConsumerRecord<byte[], byte[]> received) {
        var headers = received.headers();
        return new DeadLetter(
                reason(required(headers, REASON)),
                required(headers, MESSAGE),
                required(headers, TOPIC),
                required(headers, TOPIC_ID),
                partition(headers),
                number(headers, OFFSET),
                number(headers, TIMESTAMP),
                received.key(),
                received.value(),
                get(headers, CUSTOM_ID),
                Traceparent.read(headers),
                Replays.read(headers));
    }

    private static DeadLetter.Reason reason(String word) {
        for (var reason : DeadLetter.Reason.values()) {
            if (reason.name().toLowerCase(Locale.ROOT).equals(word)) {
                return reason;
            }
        }
        throw new MalformedRecordException(REASON + " is not one that this release knows");
    }

    private static void put(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(UTF_8));
    }

    private static @Nullable String get(Headers headers, String name) {
        var header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
    }

    private static String required(Headers headers, String name) {
        var value = get(headers, name);
        if (value == null) {
            throw new MalformedRecordException("header " + name + " is missing");
        }
        return value;
    }

    private static int partition(Headers headers) {
        var number = number(headers, PARTITION);
        if (number != (int) number) {
            throw new MalformedRecordException("header " + PARTITION + " is out of range");
        }
        return (int) number;
    }

    private static long number(Headers headers, String name) {
        try {
            return Long.parseLong(required(headers, name));
        } catch (NumberFormatException e) {
            throw new MalformedRecordException("header " + name + " is not a number");
        }
    }
}

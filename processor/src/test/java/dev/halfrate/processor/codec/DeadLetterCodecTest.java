package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeadLetterCodecTest {
    private static final byte[] BROKEN = {'{', (byte) 0xFF, 0};

    @Test
    void rawBytesAreTheValueAndTheRestIsHeaders() {
        var sent = DeadLetterCodec.toRecord("llm.dlq", letter(BROKEN, "a-1", "00-1-2-01"));

        assertThat(sent.value()).isEqualTo(BROKEN);
        assertThat(sent.key()).isEqualTo(new byte[] {'k'});
        assertThat(sent.headers().toArray())
                .extracting(header -> header.key() + ": " + new String(header.value(), UTF_8))
                .containsExactly(
                        "halfrate-reason: id_conflict",
                        "halfrate-message: another body under this id is in flight",
                        "halfrate-source-topic: llm.requests",
                        "halfrate-source-topic-id: AbCd",
                        "halfrate-source-partition: 3",
                        "halfrate-source-offset: 42",
                        "halfrate-source-timestamp: -1",
                        "halfrate-custom-id: a-1",
                        "traceparent: 00-1-2-01",
                        "halfrate-replays: 2");
    }

    @Test
    void everythingComesBack() {
        for (var letter : new DeadLetter[] {letter(BROKEN, "ä", "00-1-2-01"), letter(null, null, null)}) {
            var sent = DeadLetterCodec.toRecord("llm.dlq", letter);
            var received = new ConsumerRecord<>("llm.dlq", 0, 0, sent.key(), sent.value());
            sent.headers().forEach(received.headers()::add);

            assertThat(DeadLetterCodec.fromRecord(received))
                    .usingRecursiveComparison()
                    .isEqualTo(letter);
        }
    }

    @Test
    void recordOfSomebodyElseIsRefused() {
        assertThatThrownBy(() ->
                        DeadLetterCodec.fromRecord(new ConsumerRecord<>("llm.dlq", 0, 0, new byte[0], new byte[0])))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessage("header halfrate-reason is missing");
    }

    private static DeadLetter letter(byte @Nullable [] value, @Nullable String customId, @Nullable String traceparent) {
        return new DeadLetter(
                DeadLetter.Reason.ID_CONFLICT,
                "another body under this id is in flight",
                "llm.requests",
                "AbCd",
                3,
                42,
                -1,
                new byte[] {'k'},
                value,
                customId,
                traceparent,
                2);
    }
}

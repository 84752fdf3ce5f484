package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.provider.Capabilities;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;

/** Says before a request is sent what the intake would make of it. One thread. */
public final class RequestJudge {
    private final String topic;
    private final RequestSorter sorter;

    /**
     * @param topic that it would be sent to
     * @param capabilities of every account, by its name
     */
    public RequestJudge(HalfrateConfig config, String topic, Map<String, Capabilities> capabilities) {
        this.topic = topic;
        this.sorter = new RequestSorter(
                config, WriterSchemas.NONE, capabilities, new Topics(Map.of(topic, Uuid.ZERO_UUID), 0, 0));
    }

    /**
     * @param value in JSON
     * @return what to change, never quoting it; empty if the request would be taken
     */
    public Optional<String> problem(byte[] value, Headers headers) {
        var now = Instant.now();
        var sorted = sorter.sort(
                List.of(new ConsumerRecord<>(
                        topic,
                        0,
                        0,
                        now.toEpochMilli(),
                        TimestampType.CREATE_TIME,
                        ConsumerRecord.NULL_SIZE,
                        value.length,
                        null,
                        value,
                        headers,
                        Optional.empty())),
                now);
        if (!sorted.deadLetters().isEmpty()) {
            return Optional.of(sorted.deadLetters().getFirst().message());
        }
        return sorted.answers().stream()
                .findFirst()
                .flatMap(answer -> Optional.ofNullable(answer.result().failure()))
                .map(failure -> failure.message());
    }
}

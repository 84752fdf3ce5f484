package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What an operator has asked for.
 *
 * @param by who asked
 * @param action pause, resume, flush, cancel or resolve
 * @param account, lane, batchId, customId what it is about, each empty if it is not
 * @param resolution of a hold: look, found or again; empty for none
 * @param attempt of the batch, 0 for none
 * @param remoteBatchId that was found; empty for none
 * @param commandId the same if the wish was repeated
 */
public record Audit(
        Instant at,
        String by,
        String action,
        String account,
        String lane,
        String batchId,
        String customId,
        String resolution,
        int attempt,
        String remoteBatchId,
        String commandId) {

    private static final int BYTES_EXPECTED = 300;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @return empty if it is none: others may write to the topic, too */
    public static Optional<Audit> read(byte[] value) {
        try {
            var json = JSON.readTree(value);
            return Optional.of(new Audit(
                    Instant.parse(text(json, "at")),
                    text(json, "by"),
                    text(json, "action"),
                    text(json, "account"),
                    text(json, "lane"),
                    text(json, "batch_id"),
                    text(json, "custom_id"),
                    text(json, "resolution"),
                    json.path("attempt").asInt(),
                    text(json, "remote_batch_id"),
                    text(json, "command_id")));
        } catch (IOException | DateTimeException _) {
            return Optional.empty();
        }
    }

    private static String text(JsonNode json, String name) {
        return json.path(name).asText("");
    }

    /** @return the record to send, keyed by what it is about. Format: docs/formats.md */
    public ProducerRecord<byte[], byte[]> toRecord(String topic) {
        try (var json = new JsonRecord.Writer(BYTES_EXPECTED)) {
            json.time("at", at)
                    .text("by", by)
                    .text("action", action)
                    .text("account", account)
                    .text("lane", lane)
                    .text("batch_id", batchId)
                    .text("custom_id", customId)
                    .text("resolution", resolution);
            if (attempt == 0) {
                json.none("attempt");
            } else {
                json.number("attempt", attempt);
            }
            var value = json.text("remote_batch_id", remoteBatchId)
                    .text("command_id", commandId)
                    .toBytes();
            return new ProducerRecord<>(topic, (account + lane + batchId + customId).getBytes(UTF_8), value);
        }
    }
}

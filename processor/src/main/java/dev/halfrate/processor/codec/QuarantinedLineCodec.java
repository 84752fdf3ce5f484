package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Records of the diagnostics topic: the raw line, all else in headers. Format: docs/formats.md. */
public final class QuarantinedLineCodec {
    private QuarantinedLineCodec() {}

    /** @return the record to send, keyed by batch id */
    public static ProducerRecord<byte[], byte[]> toRecord(String topic, QuarantinedLine line) {
        var sent = new ProducerRecord<byte[], byte[]>(topic, line.batchId().getBytes(UTF_8), line.value());
        put(sent, "halfrate-reason", line.reason().name().toLowerCase(Locale.ROOT));
        put(sent, "halfrate-message", line.message());
        put(sent, "halfrate-remote-batch-id", line.remoteBatchId());
        put(sent, "halfrate-file", line.file());
        put(sent, "halfrate-line", Long.toString(line.line()));
        put(sent, "halfrate-bytes", Long.toString(line.bytes()));
        put(sent, "halfrate-sha256", line.sha256());
        return sent;
    }

    private static void put(ProducerRecord<byte[], byte[]> sent, String name, String value) {
        sent.headers().add(name, value.getBytes(UTF_8));
    }
}

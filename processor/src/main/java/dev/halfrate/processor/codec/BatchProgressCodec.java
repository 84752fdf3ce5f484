package dev.halfrate.processor.codec;

import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Batches' progress in JSON. Format: docs/formats.md. */
public final class BatchProgressCodec {
    private static final int BYTES_EXPECTED = 800;

    private BatchProgressCodec() {}

    /** @throws MalformedRecordException if it is no batch's progress */
    public static BatchProgress fromRecord(ConsumerRecord<byte[], byte[]> received) {
        var value = received.value();
        if (value == null) {
            throw new MalformedRecordException("no value");
        }
        return decode(value);
    }

    public static byte[] encode(BatchProgress progress) {
        try (var json = new JsonRecord.Writer(BYTES_EXPECTED)) {
            json.text("batch_id", progress.batchId())
                    .text("state", progress.state())
                    .text("provider", progress.provider())
                    .text("account", progress.account())
                    .text("model", progress.model())
                    .text("endpoint", progress.endpoint())
                    .text("remote_batch_id", progress.remoteBatchId())
                    .text("remote_status", progress.remoteStatus())
                    .number("attempt", progress.attempt())
                    .number("items", progress.items())
                    .number("bytes", progress.bytes())
                    .number("remote_done", progress.remoteDone())
                    .number("succeeded", progress.succeeded())
                    .number("failed", progress.failed())
                    .number("expired", progress.expired())
                    .number("cancelled", progress.cancelled())
                    .number("returned", progress.returned());
            SpendCodec.writeSpend(json, progress.spend());
            return json.objects("tags", new TreeMap<>(progress.tags()), SpendCodec::writeSpend)
                    .text("reason", progress.reason())
                    .time("sealed_at", progress.sealedAt())
                    .time("at", progress.at())
                    .toBytes();
        }
    }

    /** @throws MalformedRecordException if {@code value} is no batch's progress */
    public static BatchProgress decode(byte[] value) {
        var json = JsonRecord.Reader.of(value);
        return new BatchProgress(
                json.requiredText("batch_id"),
                json.requiredText("state"),
                json.text("provider"),
                json.text("account"),
                json.text("model"),
                json.text("endpoint"),
                json.text("remote_batch_id"),
                json.text("remote_status"),
                json.integer("attempt"),
                json.integer("items"),
                json.number("bytes"),
                json.integer("remote_done"),
                json.integer("succeeded"),
                json.integer("failed"),
                json.integer("expired"),
                json.integer("cancelled"),
                json.integer("returned"),
                SpendCodec.readSpend(json),
                json.objects("tags", SpendCodec::readSpend),
                json.text("reason"),
                json.requiredTime("sealed_at"),
                json.requiredTime("at"));
    }
}

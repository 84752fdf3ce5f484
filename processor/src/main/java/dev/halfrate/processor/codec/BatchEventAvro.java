package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Spend;
import dev.halfrate.schemas.PublicSchemas;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Batches' progress as records of {@link PublicSchemas#BATCH_EVENT}. */
public final class BatchEventAvro {
    private static final Schema SCHEMA = PublicSchemas.BATCH_EVENT;
    private static final Schema TAG = SCHEMA.getField("tags").schema().getValueType();

    private BatchEventAvro() {}

    public static GenericRecord toAvro(BatchProgress progress) {
        var record = new GenericData.Record(SCHEMA);
        record.put("batch_id", progress.batchId());
        record.put("state", progress.state());
        record.put("provider", progress.provider());
        record.put("account", progress.account());
        record.put("model", progress.model());
        record.put("endpoint", progress.endpoint());
        record.put("remote_batch_id", progress.remoteBatchId().isEmpty() ? null : progress.remoteBatchId());
        record.put("remote_status", progress.remoteStatus().isEmpty() ? null : progress.remoteStatus());
        record.put("attempt", progress.attempt());
        record.put("items", progress.items());
        record.put("bytes", progress.bytes());
        record.put("remote_done", progress.remoteDone());
        record.put("succeeded", progress.succeeded());
        record.put("failed", progress.failed());
        record.put("expired", progress.expired());
        record.put("cancelled", progress.cancelled());
        record.put("returned", progress.returned());
        SpendAvro.putSpend(record, progress.spend());
        var tags = new HashMap<String, GenericRecord>();
        progress.tags().forEach((tag, spend) -> tags.put(tag, tag(spend)));
        record.put("tags", tags);
        record.put("reason", progress.reason().isEmpty() ? null : progress.reason());
        record.put("sealed_at", progress.sealedAt().toEpochMilli());
        record.put("at", progress.at().toEpochMilli());
        return record;
    }

    /**
     * @param record read with {@link PublicSchemas#BATCH_EVENT}
     * @throws MalformedRecordException if it is no batch's progress
     */
    public static BatchProgress fromAvro(GenericRecord record) {
        var fields = new AvroFields(record);
        return new BatchProgress(
                fields.text("batch_id"),
                fields.text("state"),
                fields.text("provider"),
                fields.text("account"),
                fields.text("model"),
                fields.text("endpoint"),
                fields.text("remote_batch_id"),
                fields.text("remote_status"),
                fields.integer("attempt"),
                fields.integer("items"),
                fields.number("bytes"),
                fields.integer("remote_done"),
                fields.integer("succeeded"),
                fields.integer("failed"),
                fields.integer("expired"),
                fields.integer("cancelled"),
                fields.integer("returned"),
                SpendAvro.spend(fields),
                fields.objects("tags").entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, tag -> SpendAvro.spend(tag.getValue()))),
                fields.text("reason"),
                fields.requiredTime("sealed_at"),
                fields.requiredTime("at"));
    }

    private static GenericRecord tag(Spend spend) {
        var record = new GenericData.Record(TAG);
        SpendAvro.putSpend(record, spend);
        return record;
    }
}

package dev.halfrate.processor.codec;

import dev.halfrate.schemas.PublicSchemas;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/** Results as records of {@link PublicSchemas#RESULT}. The vendor's body stays byte for byte. */
public final class ResultAvro {
    private static final Schema SCHEMA = PublicSchemas.RESULT;

    private ResultAvro() {}

    public static GenericRecord toAvro(Result result) {
        var record = new GenericData.Record(SCHEMA);
        record.put("custom_id", result.customId());
        record.put("status", result.status().name().toLowerCase(Locale.ROOT));
        record.put("provider", orNull(result.provider()));
        record.put("account", orNull(result.account()));
        record.put("model", orNull(result.model()));
        record.put("tag", orNull(result.tag()));
        record.put("http_status", result.httpStatus() == 0 ? null : result.httpStatus());
        var body = result.body();
        record.put("response", body == null ? null : new Utf8(body));
        var output = result.output();
        record.put("output_text", output == null || output.structured() ? null : JsonTexts.decode(output.json()));
        record.put("output_json", output == null || !output.structured() ? null : new Utf8(output.json()));
        var parts = result.responseParts();
        record.put("response_parts", parts == null ? null : parts(parts));
        var failure = result.failure();
        record.put("error", failure == null ? null : failure(failure));
        var usage = result.usage();
        if (usage != null) {
            var tokens = new GenericData.Record(schemaOf("usage"));
            SpendAvro.putUsage(tokens, usage);
            record.put("usage", tokens);
        }
        var cost = result.cost();
        record.put("cost", cost == null ? null : SpendAvro.cost(schemaOf("cost"), cost));
        record.put("retried_usd", SpendAvro.decimal(result.request().spent()));
        record.put("metadata", result.request().metadata());
        record.put("batch_id", orNull(result.batchId()));
        record.put("remote_batch_id", orNull(result.remoteBatchId()));
        record.put("attempts", result.attempts());
        record.put("requested_at", result.requestedAt().toEpochMilli());
        record.put("created_at", millis(result.createdAt()));
        record.put("ended_at", millis(result.endedAt()));
        record.put("published_at", result.publishedAt().toEpochMilli());
        return record;
    }

    /**
     * @param record read with {@link PublicSchemas#RESULT}
     * @param traceparent of the record's header
     * @throws MalformedRecordException if it is no result
     */
    public static Result fromAvro(GenericRecord record, @Nullable String traceparent) {
        var fields = new AvroFields(record);
        var parts = fields.object("response_parts");
        var failure = fields.object("error");
        var usage = fields.object("usage");
        var cost = fields.object("cost");
        return new Result(
                new Result.Request(
                        fields.text("custom_id"),
                        fields.text("tag"),
                        fields.requiredTime("requested_at"),
                        traceparent,
                        Map.of(),
                        fields.texts("metadata"),
                        "",
                        SpendAvro.usd(fields, "retried_usd")),
                ResultCodec.status(fields.text("status")),
                fields.text("provider"),
                fields.text("account"),
                fields.text("model"),
                fields.integer("http_status"),
                fields.verbatim("response"),
                output(fields),
                failure == null
                        ? null
                        : new Result.Failure(failure.text("code"), failure.text("message"), failure.flag("permanent")),
                usage == null ? null : SpendAvro.usage(usage),
                fields.text("batch_id"),
                fields.text("remote_batch_id"),
                fields.integer("attempts"),
                fields.time("created_at"),
                fields.time("ended_at"),
                fields.requiredTime("published_at"),
                parts == null
                        ? null
                        : new Result.ResponseParts(
                                parts.text("topic"),
                                parts.integer("partition"),
                                parts.numbers("offsets"),
                                parts.number("bytes"),
                                parts.text("sha256")),
                cost == null ? null : SpendAvro.cost(cost));
    }

    private static Result.@Nullable Output output(AvroFields fields) {
        var text = fields.text("output_text");
        var structured = fields.verbatim("output_json");
        if (structured != null) {
            return new Result.Output(true, structured);
        }
        return fields.record().get("output_text") == null ? null : new Result.Output(false, JsonTexts.encode(text));
    }

    private static GenericRecord parts(Result.ResponseParts parts) {
        var record = new GenericData.Record(schemaOf("response_parts"));
        record.put("topic", parts.topic());
        record.put("partition", parts.partition());
        record.put("offsets", parts.offsets());
        record.put("bytes", parts.bytes());
        record.put("sha256", parts.sha256());
        return record;
    }

    private static GenericRecord failure(Result.Failure failure) {
        var record = new GenericData.Record(schemaOf("error"));
        record.put("code", failure.code());
        record.put("message", failure.message());
        record.put("permanent", failure.permanent());
        return record;
    }

    /** Of a field that may be null, or else a record. */
    private static Schema schemaOf(String field) {
        return SCHEMA.getField(field).schema().getTypes().getLast();
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Long millis(@Nullable Instant time) {
        return time == null ? null : time.toEpochMilli();
    }
}

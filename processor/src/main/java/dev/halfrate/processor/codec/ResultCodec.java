package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Usage;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Results in JSON. Format: docs/formats.md. */
public final class ResultCodec {
    private static final int BYTES_AROUND_BODY = 700;

    private ResultCodec() {}

    /** @throws MalformedRecordException if it is no result */
    public static Result fromRecord(ConsumerRecord<byte[], byte[]> received) {
        var value = received.value();
        if (value == null) {
            throw new MalformedRecordException("no value");
        }
        return decode(value, Traceparent.read(received.headers()));
    }

    /** @return JSON in which the vendor's body stands byte for byte */
    public static byte[] encode(Result result) {
        var body = result.body();
        try (var json = new JsonRecord.Writer(BYTES_AROUND_BODY + (body == null ? 0 : body.length))) {
            json.text("custom_id", result.customId())
                    .text("status", result.status().name().toLowerCase(Locale.ROOT))
                    .text("provider", result.provider())
                    .text("account", result.account())
                    .text("model", result.model())
                    .text("tag", result.tag());
            if (result.httpStatus() == 0) {
                json.none("http_status");
            } else {
                json.number("http_status", result.httpStatus());
            }
            if (body == null) {
                json.none("response");
            } else {
                json.verbatim("response", body);
            }
            writeParts(json, result.responseParts());
            writeOutput(json, result.output());
            writeFailure(json, result.failure());
            writeUsage(json, result.usage());
            SpendCodec.writeCost(json, result.cost());
            SpendCodec.writeUsd(json, "retried_usd", result.request().spent());
            json.texts("metadata", result.request().metadata());
            return json.text("batch_id", result.batchId())
                    .text("remote_batch_id", result.remoteBatchId())
                    .number("attempts", result.attempts())
                    .time("requested_at", result.requestedAt())
                    .time("created_at", result.createdAt())
                    .time("ended_at", result.endedAt())
                    .time("published_at", result.publishedAt())
                    .toBytes();
        }
    }

    /** @return the same as one line: line breaks between the tokens of the vendor's body are spaces */
    public static byte[] encodeLine(Result result) {
        return JsonRecord.oneLine(encode(result));
    }

    /**
     * @param traceparent of the record's header
     * @return without what only its topic and other headers tell
     * @throws MalformedRecordException if {@code value} is no result
     */
    public static Result decode(byte[] value, @Nullable String traceparent) {
        var json = JsonRecord.Reader.of(value);
        return new Result(
                new Result.Request(
                        json.requiredText("custom_id"),
                        json.text("tag"),
                        json.requiredTime("requested_at"),
                        traceparent,
                        Map.of(),
                        json.texts("metadata"),
                        "",
                        SpendCodec.readUsd(json, "retried_usd")),
                status(json.requiredText("status")),
                json.text("provider"),
                json.text("account"),
                json.text("model"),
                json.integer("http_status"),
                json.verbatim("response"),
                readOutput(json),
                readFailure(json.object("error")),
                readUsage(json.object("usage")),
                json.text("batch_id"),
                json.text("remote_batch_id"),
                json.integer("attempts"),
                json.time("created_at"),
                json.time("ended_at"),
                json.requiredTime("published_at"),
                readParts(json.object("response_parts")),
                SpendCodec.readCost(json));
    }

    static Result.Status status(String word) {
        for (var status : Result.Status.values()) {
            if (status.name().toLowerCase(Locale.ROOT).equals(word)) {
                return status;
            }
        }
        throw new MalformedRecordException("status is not one that this release knows");
    }

    private static void writeOutput(JsonRecord.Writer json, Result.@Nullable Output output) {
        if (output == null) {
            json.none("output_text").none("output_json");
        } else if (output.structured()) {
            json.none("output_text").verbatim("output_json", output.json());
        } else {
            json.verbatim("output_text", output.json()).none("output_json");
        }
    }

    private static Result.@Nullable Output readOutput(JsonRecord.Reader json) {
        var text = json.verbatim("output_text");
        var structured = json.verbatim("output_json");
        if (text == null) {
            return structured == null ? null : new Result.Output(true, structured);
        }
        return new Result.Output(false, text);
    }

    private static void writeParts(JsonRecord.Writer json, Result.@Nullable ResponseParts parts) {
        if (parts == null) {
            json.none("response_parts");
            return;
        }
        json.begin("response_parts")
                .text("topic", parts.topic())
                .number("partition", parts.partition())
                .numbers("offsets", parts.offsets())
                .number("bytes", parts.bytes())
                .text("sha256", parts.sha256())
                .end();
    }

    private static Result.@Nullable ResponseParts readParts(JsonRecord.@Nullable Reader json) {
        return json == null
                ? null
                : new Result.ResponseParts(
                        json.requiredText("topic"),
                        json.integer("partition"),
                        json.numbers("offsets"),
                        json.number("bytes"),
                        json.requiredText("sha256"));
    }

    private static void writeFailure(JsonRecord.Writer json, Result.@Nullable Failure failure) {
        if (failure == null) {
            json.none("error");
            return;
        }
        json.begin("error")
                .text("code", failure.code())
                .text("message", failure.message())
                .flag("permanent", failure.permanent())
                .end();
    }

    private static Result.@Nullable Failure readFailure(JsonRecord.@Nullable Reader json) {
        return json == null
                ? null
                : new Result.Failure(json.text("code"), json.text("message"), json.flag("permanent"));
    }

    private static void writeUsage(JsonRecord.Writer json, @Nullable Usage usage) {
        if (usage == null) {
            json.none("usage");
            return;
        }
        json.begin("usage");
        SpendCodec.writeUsage(json, usage);
        json.end();
    }

    private static @Nullable Usage readUsage(JsonRecord.@Nullable Reader json) {
        return json == null ? null : SpendCodec.readUsage(json);
    }
}

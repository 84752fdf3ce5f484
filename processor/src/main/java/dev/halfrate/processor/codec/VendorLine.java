package dev.halfrate.processor.codec;

import java.util.Locale;

/**
 * Results as lines of the vendors' own batch output files, for programs that read those: Anthropic's for its answers, OpenAI's for
 * all others. Answers stand in them byte for byte, but for line breaks between tokens.
 */
public final class VendorLine {
    private static final int BYTES_AROUND_BODY = 300;
    private static final int OK = 200;

    private VendorLine() {}

    /** @param result with its body, if it has one */
    public static byte[] of(Result result) {
        var body = result.body();
        try (var json = new JsonRecord.Writer(BYTES_AROUND_BODY + (body == null ? 0 : body.length))) {
            if (result.provider().equals("anthropic")) {
                anthropic(json, result);
            } else {
                openAi(json, result);
            }
            return JsonRecord.oneLine(json.toBytes());
        }
    }

    private static void openAi(JsonRecord.Writer json, Result result) {
        var body = result.body();
        json.none("id").text("custom_id", result.customId());
        if (body == null) {
            json.none("response");
        } else {
            json.begin("response")
                    .number("status_code", result.httpStatus() == 0 ? OK : result.httpStatus())
                    .none("request_id")
                    .verbatim("body", body)
                    .end();
        }
        var failure = result.failure();
        if (failure == null || body != null) {
            json.none("error");
        } else {
            json.begin("error")
                    .text("code", failure.code())
                    .text("message", failure.message())
                    .end();
        }
    }

    private static void anthropic(JsonRecord.Writer json, Result result) {
        var body = result.body();
        json.text("custom_id", result.customId()).begin("result");
        switch (result.status()) {
            case SUCCEEDED -> {
                json.text("type", "succeeded");
                if (body != null) {
                    json.verbatim("message", body);
                }
            }
            case CANCELLED -> json.text("type", "canceled");
            case EXPIRED -> json.text("type", result.status().name().toLowerCase(Locale.ROOT));
            case FAILED, REJECTED -> errored(json, result);
        }
        json.end();
    }

    private static void errored(JsonRecord.Writer json, Result result) {
        var body = result.body();
        var failure = result.failure();
        json.text("type", "errored");
        if (body != null) {
            json.verbatim("error", body);
        } else if (failure != null) {
            json.begin("error")
                    .text("type", "error")
                    .begin("error")
                    .text("type", failure.code())
                    .text("message", failure.message())
                    .end()
                    .end();
        }
    }
}

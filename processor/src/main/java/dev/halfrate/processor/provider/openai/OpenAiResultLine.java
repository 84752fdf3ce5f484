package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.core.JsonToken;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Cause;
import dev.halfrate.processor.provider.ResultLine.LineError;
import dev.halfrate.processor.provider.ResultLine.NotExecuted;
import dev.halfrate.processor.provider.http.ResultLineReader;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A line of an output or error file: custom_id, response, error. */
final class OpenAiResultLine extends ResultLineReader {
    private boolean executed;
    private int status;
    private @Nullable VendorError error;
    private byte @Nullable [] body;
    private @Nullable Usage usage;
    private VendorError bodyError = VendorError.NONE;

    private OpenAiResultLine(Source source) {
        super(source);
    }

    static ResultLine read(long number, byte[] line, int length) {
        return read(number, line, length, OpenAiResultLine::new);
    }

    static Optional<Answered> answer(int status, byte[] body) {
        return readAnswer(status, body, OpenAiResultLine::new);
    }

    @Override
    protected Answered answer(int status) throws IOException {
        this.status = status;
        readBody();
        return answered("");
    }

    @Override
    protected void readField(String name) throws IOException {
        switch (name) {
            case "response" -> readResponse();
            case "error" -> {
                once(name);
                error = json.hasToken(JsonToken.VALUE_NULL) ? null : readError();
            }
            default -> json.skipChildren();
        }
    }

    @Override
    protected ResultLine result(String upstreamId) throws OddLineException {
        if (executed) {
            return answered(upstreamId);
        }
        if (error == null) {
            throw new OddLineException("neither response nor error");
        }
        var code = codeOf(error, "unknown");
        var cause = switch (code) {
            case "batch_expired" -> Cause.EXPIRED;
            case "batch_cancelled", "batch_canceled" -> Cause.CANCELLED;
            default -> Cause.OTHER;
        };
        return new NotExecuted(
                upstreamId, cause, new LineError(code, error.message() == null ? code : error.message(), false));
    }

    private Answered answered(String id) throws OddLineException {
        if (status < 100 || status > 999) {
            throw new OddLineException("no usable status_code");
        }
        if (status >= 200 && status < 300) {
            if (body == null) {
                throw new OddLineException("an answer without a body");
            }
            return new Answered(id, status, body, usage, null);
        }
        var code = codeOf(bodyError, "http_" + status);
        var message = bodyError.message() == null ? "HTTP " + status : bodyError.message();
        var permanent = status >= 400 && status < 500 && status != 408 && status != 409 && status != 429;
        return new Answered(
                id,
                status,
                body == null ? new byte[] {'n', 'u', 'l', 'l'} : body,
                usage,
                new LineError(code, message, permanent));
    }

    private static String codeOf(VendorError error, String otherwise) {
        if (error.code() != null) {
            return error.code();
        }
        return error.type() == null ? otherwise : error.type();
    }

    private void readResponse() throws IOException {
        once("response");
        if (json.hasToken(JsonToken.VALUE_NULL)) {
            return;
        }
        if (!json.isExpectedStartObjectToken()) {
            throw new OddLineException("response is no object");
        }
        executed = true;
        fields(name -> {
            switch (name) {
                case "status_code" -> {
                    once(name);
                    status = (int) Math.min(count(), Integer.MAX_VALUE);
                }
                case "body" -> readBody();
                default -> json.skipChildren();
            }
        });
    }

    private void readBody() throws IOException {
        once("body");
        if (json.hasToken(JsonToken.VALUE_NULL)) {
            return;
        }
        body = cutOut(name -> {
            switch (name) {
                case "usage" -> usage = readUsage();
                case "error" -> bodyError = readError();
                default -> json.skipChildren();
            }
        });
    }

    /** Of all families: prompt_tokens and completion_tokens, or input_tokens and output_tokens. */
    private @Nullable Usage readUsage() throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            json.skipChildren();
            return null;
        }
        var input = -1L;
        var output = -1L;
        var cached = 0L;
        var cacheWrite = 0L;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "prompt_tokens", "input_tokens" -> input = count();
                case "completion_tokens", "output_tokens" -> output = count();
                case "prompt_tokens_details", "input_tokens_details" -> {
                    if (!json.isExpectedStartObjectToken()) {
                        json.skipChildren();
                        break;
                    }
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        var detail = json.currentName();
                        json.nextToken();
                        switch (detail) {
                            case "cached_tokens" -> cached = Math.max(0, count());
                            case "cache_write_tokens" -> cacheWrite = Math.max(0, count());
                            default -> json.skipChildren();
                        }
                    }
                }
                default -> json.skipChildren();
            }
        }
        return input < 0 && output < 0 ? null : new Usage(Math.max(0, input), cached, cacheWrite, Math.max(0, output));
    }
}

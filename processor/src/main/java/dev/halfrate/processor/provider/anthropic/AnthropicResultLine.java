package dev.halfrate.processor.provider.anthropic;

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

/** A line of a batch's results: custom_id and a result that succeeded, errored, was canceled or expired. */
final class AnthropicResultLine extends ResultLineReader {
    private @Nullable String type;
    private byte @Nullable [] message;
    private @Nullable Usage usage;
    private byte @Nullable [] error;
    private VendorError cause = VendorError.NONE;

    private AnthropicResultLine(Source source) {
        super(source);
    }

    static ResultLine read(long number, byte[] line, int length) {
        return read(number, line, length, AnthropicResultLine::new);
    }

    static Optional<Answered> answer(int status, byte[] body) {
        return readAnswer(status, body, AnthropicResultLine::new);
    }

    @Override
    protected Answered answer(int status) throws IOException {
        if (status >= 200 && status < 300) {
            return new Answered("", status, cutOut(this::readMessage), usage, null);
        }
        error = cutOut(this::readEnvelope);
        return errored("", status);
    }

    @Override
    protected void readField(String name) throws IOException {
        if (!name.equals("result")) {
            json.skipChildren();
            return;
        }
        once(name);
        if (!json.isExpectedStartObjectToken()) {
            throw new OddLineException("result is no object");
        }
        fields(this::readResult);
    }

    private void readResult(String name) throws IOException {
        switch (name) {
            case "type" -> type = text(name);
            case "message" -> {
                once(name);
                message = json.hasToken(JsonToken.VALUE_NULL) ? null : cutOut(this::readMessage);
            }
            case "error" -> {
                once(name);
                error = json.hasToken(JsonToken.VALUE_NULL) ? null : cutOut(this::readEnvelope);
            }
            default -> json.skipChildren();
        }
    }

    private void readMessage(String name) throws IOException {
        if (name.equals("usage")) {
            usage = readUsage();
        } else {
            json.skipChildren();
        }
    }

    /** The error proper is inside of what looks like one. */
    private void readEnvelope(String name) throws IOException {
        if (name.equals("error")) {
            cause = readError();
        } else {
            json.skipChildren();
        }
    }

    @Override
    protected ResultLine result(String upstreamId) throws OddLineException {
        return switch (type) {
            case "succeeded" -> {
                if (message == null) {
                    throw new OddLineException("succeeded without a message");
                }
                yield new Answered(upstreamId, 200, message, usage, null);
            }
            case "errored" -> errored(upstreamId, ErrorTypes.statusOf(cause.type()));
            case "canceled" ->
                notExecuted(upstreamId, Cause.CANCELLED, "the batch was cancelled before it was its turn");
            case "expired" -> notExecuted(upstreamId, Cause.EXPIRED, "the batch expired before it was its turn");
            case null -> throw new OddLineException("no result");
            default -> throw new OddLineException("unknown type of result");
        };
    }

    private Answered errored(String upstreamId, int status) {
        var code = cause.type() == null ? "unknown" : cause.type();
        var permanent = status < 500 && status != 409 && status != 429;
        return new Answered(
                upstreamId,
                status,
                error == null ? new byte[] {'n', 'u', 'l', 'l'} : error,
                null,
                new LineError(code, cause.message() == null ? code : cause.message(), permanent));
    }

    private static NotExecuted notExecuted(String upstreamId, Cause cause, String message) {
        return new NotExecuted(
                upstreamId, cause, new LineError(cause == Cause.EXPIRED ? "expired" : "canceled", message, false));
    }

    /** The vendor's input_tokens leave out what a cache took part in. */
    private @Nullable Usage readUsage() throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            json.skipChildren();
            return null;
        }
        var counted = new long[] {-1, 0, 0, -1, 0};
        fields(name -> {
            switch (name) {
                case "cache_creation" -> counted[4] = readHourCacheWrite();
                case "input_tokens" -> counted[0] = count();
                case "cache_read_input_tokens" -> counted[1] = Math.max(0, count());
                case "cache_creation_input_tokens" -> counted[2] = Math.max(0, count());
                case "output_tokens" -> counted[3] = count();
                default -> json.skipChildren();
            }
        });
        return counted[0] < 0 && counted[3] < 0
                ? null
                : new Usage(
                        Math.max(0, counted[0]) + counted[1] + counted[2],
                        counted[1],
                        counted[2],
                        Math.min(counted[2], counted[4]),
                        Math.max(0, counted[3]));
    }

    private long readHourCacheWrite() throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            json.skipChildren();
            return 0;
        }
        var hour = new long[1];
        fields(name -> {
            if (name.equals("ephemeral_1h_input_tokens")) {
                hour[0] = Math.max(0, count());
            } else {
                json.skipChildren();
            }
        });
        return hour[0];
    }
}

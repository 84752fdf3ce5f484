package dev.halfrate.processor.provider.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.LineError;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.Reply.Silence;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;

/** Requests that are sent alone, each of them once, and what their answers mean. */
public final class SingleCalls {
    /** As of a line of a result file. */
    static final int ANSWER_BYTES_MAX = ResultFile.LINE_BYTES_MAX;

    /** Endpoints are written with it, and so is the base URL. */
    private static final String VERSION = "/v1";

    private static final byte[] NONE = "null".getBytes(US_ASCII);

    /** Reads the body of an answer. */
    @FunctionalInterface
    public interface AnswerReader {
        /** @return empty if it is not one JSON object */
        Optional<Answered> read(int status, byte[] body);
    }

    private final HttpCalls calls;
    private final Refusals refusals;
    private final AnswerReader answers;

    /** @param refusalKind of a well-formed error object, empty if it does not say */
    public SingleCalls(
            HttpCalls calls,
            Function<JsonNode, Optional<Refusal.Kind>> refusalKind,
            AnswerReader answers,
            InstantSource clock) {
        this.calls = calls;
        this.refusals = new Refusals(refusalKind, clock);
        this.answers = answers;
    }

    /** @param endpoint with its version, e.g. /v1/chat/completions */
    public HttpRequest.Builder to(String endpoint) {
        if (!endpoint.startsWith(VERSION + "/")) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        return calls.to(endpoint.substring(VERSION.length()));
    }

    /**
     * Posts a body that leaves at most once.
     *
     * @param timeout until the whole answer is there
     */
    public CallOutcome call(HttpRequest.Builder request, byte[] body, Duration timeout) {
        var endNanos = System.nanoTime() + timeout.toNanos();
        var once = new SentOnceBody(body, () -> false);
        request.header("Content-Type", "application/json").POST(once.publisher());
        try {
            return heard(calls.open(request, timeout), endNanos);
        } catch (IOException e) {
            return silent(once, Silence.of(e).reason());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return silent(once, "interrupted");
        }
    }

    private static CallOutcome silent(SentOnceBody body, String reason) {
        return switch (body.shut()) {
            case NOTHING, WITHHELD -> new CallOutcome.Refused(Refusals.unavailable("not_connected", reason), null);
            case PART, ALL -> new CallOutcome.NoAnswer(reason);
        };
    }

    private CallOutcome heard(HttpResponse<AnswerBody> response, long endNanos) throws InterruptedException {
        var headers = response.headers();
        var bytes = new byte[0];
        var lost = "";
        var tooLong = false;
        try {
            bytes = response.body().readAll(ANSWER_BYTES_MAX, endNanos);
        } catch (AnswerBody.TooLongException _) {
            tooLong = true;
        } catch (IOException e) {
            lost = Silence.of(e).reason() + " within the answer";
        }
        if (!headers.firstValue("Content-Encoding").orElse("identity").equalsIgnoreCase("identity")) {
            bytes = new byte[0]; // not asked for, and may grow without bound
        }
        var answer = new Answer(response.statusCode(), headers, bytes);
        if (!answer.ok()) {
            return refused(answer);
        }
        if (tooLong) {
            var length = headers.firstValueAsLong("Content-Length").orElse(0);
            return new CallOutcome.TooLong(Math.max(length, ANSWER_BYTES_MAX + 1L));
        }
        var reason = lost.isEmpty() ? answer.reason() : lost;
        return answers.read(answer.status(), bytes)
                .<CallOutcome>map(CallOutcome.Answered::new)
                .orElseGet(() -> new CallOutcome.NoAnswer(reason));
    }

    private CallOutcome refused(Answer answer) {
        var line = answers.read(answer.status(), answer.body()).orElse(null);
        var refused = refusals.ofCall(answer);
        if (refused.isEmpty()) {
            return new CallOutcome.NoAnswer(answer.reason());
        }
        var refusal = refused.get();
        return switch (refusal.kind()) {
            case BAD_REQUEST, TOO_LARGE ->
                new CallOutcome.Answered(line == null ? bare(answer.status(), refusal) : line);
            case NOT_FOUND -> line == null ? new CallOutcome.Refused(refusal, null) : new CallOutcome.Answered(line);
            case KEY, CREDIT, RATE, QUEUE_FULL, UNAVAILABLE -> new CallOutcome.Refused(refusal, line);
        };
    }

    /** An answer without a body that could be handed on. */
    private static Answered bare(int status, Refusal refusal) {
        return new Answered("", status, NONE, null, new LineError(refusal.code(), refusal.message(), true));
    }
}

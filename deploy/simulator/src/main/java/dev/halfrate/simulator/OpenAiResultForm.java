package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.LineInput.ValidLine;
import java.time.Instant;
import java.util.HexFormat;

/** Lines of output and error files. */
record OpenAiResultForm(String account, Dialect dialect, Endpoint endpoint, BatchWork work) implements ResultForm {

    @Override
    public LineAnswer answer(ValidLine line, long attempt, Instant at) {
        long content = HexFormat.fromHexDigitsToLong(line.content());
        Habits habits = work.habits().get();
        return work.models()
                .answer(
                        endpoint,
                        line.body(),
                        new Execution(
                                account,
                                content,
                                attempt,
                                habits.linesFailed(),
                                habits.oddOutputs(),
                                habits.answerBytesMin(),
                                at));
    }

    @Override
    public String model(ValidLine line) {
        return endpoint.modelOf(line.body());
    }

    @Override
    public LineAnswer error(int status) {
        String message = "This error was scripted.";
        if (status == 429) {
            return LineAnswer.error(status, new OpenAiError(message, "requests", null, "rate_limit_exceeded"));
        }
        return LineAnswer.error(
                status, status < 500 ? OpenAiError.invalidRequest(message, null, null) : OpenAiError.server(message));
    }

    @Override
    public ObjectNode answered(ValidLine line, LineAnswer answer, long attempt) {
        ObjectNode result = result(line, attempt);
        result.putObject("response")
                .put("status_code", answer.status())
                .put("request_id", "req_" + Ids.hex(work.seed().random("request", attempt)))
                .set("body", answer.body());
        return dialect.line(result.putNull("error"));
    }

    @Override
    public ObjectNode unexecuted(ValidLine line, Unexecuted reason, long attempt) {
        ObjectNode result = result(line, attempt).putNull("response");
        switch (reason) {
            case EXPIRED ->
                result.putObject("error")
                        .put("code", "batch_expired")
                        .put("message", "This request could not be executed before the completion window expired.");
            case CANCELLED ->
                result.putObject("error")
                        .put("code", "batch_cancelled")
                        .put("message", "This request was not executed because the batch was cancelled.");
            case TIMED_OUT ->
                result.putObject("error")
                        .put("code", "request_timeout")
                        .put("message", "The underlying call to the model timed out.");
        }
        return dialect.line(result);
    }

    @Override
    public boolean errorsApart() {
        return true;
    }

    private ObjectNode result(ValidLine line, long attempt) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", "batch_req_" + Ids.hex(work.seed().random("result", attempt)))
                .put("custom_id", line.customId());
    }
}

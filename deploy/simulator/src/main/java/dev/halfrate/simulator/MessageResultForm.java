package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.LineInput.ValidLine;
import java.time.Instant;
import java.util.HexFormat;

/** Lines of a message batch's results, all in one file. */
record MessageResultForm(MessageModel model, MessageTerms terms, Present<Habits> habits) implements ResultForm {

    @Override
    public LineAnswer answer(ValidLine line, long attempt, Instant at) {
        long content = HexFormat.fromHexDigitsToLong(line.content());
        Habits present = habits.get();
        return model.answer(
                line.body(),
                terms,
                new Execution(
                        terms.account(),
                        content,
                        attempt,
                        present.linesFailed(),
                        present.oddOutputs(),
                        present.answerBytesMin(),
                        at));
    }

    @Override
    public String model(ValidLine line) {
        return String.valueOf(line.body().model());
    }

    @Override
    public LineAnswer error(int status) {
        return new LineAnswer(
                status,
                Json.MAPPER.valueToTree(
                        AnthropicError.of(status, "This error was scripted.").envelope(null)),
                Usage.NONE);
    }

    @Override
    public ObjectNode answered(ValidLine line, LineAnswer answer, long attempt) {
        ObjectNode row = row(line);
        row.putObject("result")
                .put("type", answer.succeeded() ? "succeeded" : "errored")
                .set(answer.succeeded() ? "message" : "error", answer.body());
        return row;
    }

    @Override
    public ObjectNode unexecuted(ValidLine line, Unexecuted reason, long attempt) {
        if (reason == Unexecuted.TIMED_OUT) {
            return answered(line, error(504), attempt);
        }
        ObjectNode row = row(line);
        row.putObject("result").put("type", reason == Unexecuted.EXPIRED ? "expired" : "canceled");
        return row;
    }

    @Override
    public boolean errorsApart() {
        return false;
    }

    private static ObjectNode row(ValidLine line) {
        return JsonNodeFactory.instance.objectNode().put("custom_id", line.customId());
    }
}

package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Anthropic's models: deterministic messages, from the seed and a line's content. */
record MessageModel(Seed seed, LineErrorRates rates, Habits.Present habits) {

    static final String ENDPOINT = "/v1/messages";

    private static final int OUTPUT_TOKENS_MAX = 300_000;
    private static final List<String> SAMPLING = List.of("temperature", "top_p", "top_k");

    /**
     * @param content stands for the body's bytes
     * @param attempt stands for the content and the batch that it is executed in
     */
    LineAnswer answer(InputLine.Body body, AnthropicVersion version, long content, long attempt) {
        String model = body.model();
        if (model != null && !model.startsWith("claude-")) {
            return error(404, "model: " + model);
        }
        Optional<String> mistake = mistake(body, version);
        if (mistake.isPresent()) {
            return error(400, mistake.get());
        }
        if (seed.hits("refused", content, rates.refused())) {
            return error(400, "Output blocked by content filtering policy");
        }
        if (seed.hits("failed", attempt, habits.get().linesFailed())) {
            return seed.hits("overloaded", attempt, 0.5)
                    ? error(529, "Overloaded")
                    : error(500, "Internal server error");
        }
        return message(body, seed.random("answer", content));
    }

    private static LineAnswer error(int status, String message) {
        JsonNode envelope =
                Json.MAPPER.valueToTree(AnthropicError.of(status, message).envelope(null));
        return new LineAnswer(status, envelope, Usage.NONE);
    }

    private static Optional<String> mistake(InputLine.Body body, AnthropicVersion version) {
        ObjectNode parameters = body.parameters();
        InputLine.Prompt messages = body.prompts().get("messages");
        if (body.model() == null) {
            return Optional.of("model: Field required");
        }
        if (messages == null) {
            return Optional.of("messages: Field required");
        }
        if (messages.kind() != JsonToken.START_ARRAY) {
            return Optional.of("messages: Input should be a valid list");
        }
        if (messages.items() == 0) {
            return Optional.of("messages: at least one message is required");
        }
        if (parameters.path("stream").asBoolean()) {
            return Optional.of("stream: Streaming is not supported in batches");
        }
        if (parameters.has("speed")) {
            return Optional.of("speed: Extra inputs are not permitted");
        }
        if (!version.takesSampling()) {
            Optional<String> gone = SAMPLING.stream().filter(parameters::has).findFirst();
            if (gone.isPresent()) {
                return gone.map(name -> name + ": Extra inputs are not permitted");
            }
        }
        return outputLimitMistake(parameters.get("max_tokens"));
    }

    private static Optional<String> outputLimitMistake(@Nullable JsonNode maxTokens) {
        if (maxTokens == null) {
            return Optional.of("max_tokens: Field required");
        }
        if (!maxTokens.isIntegralNumber()) {
            return Optional.of("max_tokens: Input should be a valid integer");
        }
        if (maxTokens.asLong() < 1) {
            return Optional.of("max_tokens: Input should be greater than or equal to 1");
        }
        if (maxTokens.asLong() > OUTPUT_TOKENS_MAX) {
            return Optional.of("max_tokens: %d > %d, which is the maximum allowed number of output tokens"
                    .formatted(maxTokens.asLong(), OUTPUT_TOKENS_MAX));
        }
        return Optional.empty();
    }

    private static LineAnswer message(InputLine.Body body, SplittableRandom random) {
        Completion completion =
                Completion.within(body.parameters().path("max_tokens").asLong(), random);
        ObjectNode message = JsonNodeFactory.instance
                .objectNode()
                .put("id", "msg_" + Ids.hex(random))
                .put("type", "message")
                .put("role", "assistant")
                .put("model", body.model());
        message.putArray("content").addObject().put("type", "text").put("text", completion.text());
        message.put("stop_reason", completion.cut() ? "max_tokens" : "end_turn").putNull("stop_sequence");
        Usage usage = new Usage(inputTokens(body), completion.tokens());
        ObjectNode counted = message.putObject("usage")
                .put("input_tokens", usage.inputTokens())
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", 0);
        counted.putObject("cache_creation").put("ephemeral_5m_input_tokens", 0).put("ephemeral_1h_input_tokens", 0);
        counted.put("output_tokens", usage.outputTokens())
                .put("service_tier", "batch")
                .put("inference_geo", "not_available");
        return new LineAnswer(200, message, usage);
    }

    private static long inputTokens(InputLine.Body body) {
        InputLine.Prompt messages = body.prompts().get("messages");
        int system = Json.bytes(body.parameters().path("system")).length;
        return Usage.tokensOf((messages == null ? 0 : messages.bytes()) + system);
    }
}

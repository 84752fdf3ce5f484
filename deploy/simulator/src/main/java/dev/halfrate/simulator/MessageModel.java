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
record MessageModel(Seed seed, LineErrorRates rates, PromptCache cache) {

    static final String ENDPOINT = "/v1/messages";

    private static final List<String> SAMPLING = List.of("temperature", "top_p", "top_k");

    LineAnswer answer(InputLine.Body body, MessageTerms terms, Execution execution) {
        String model = body.model();
        if (model != null && !ClaudeModels.isKnown(model)) {
            return refusal(404, "model: " + model);
        }
        Optional<String> mistake = mistake(body, terms);
        if (mistake.isPresent()) {
            return refusal(400, mistake.get());
        }
        if (seed.hits("refused", execution.content(), rates.refused())) {
            return failure(400, "Output blocked by content filtering policy", execution);
        }
        if (seed.hits("failed", execution.attempt(), execution.failing())) {
            return seed.hits("overloaded", execution.attempt(), 0.5)
                    ? failure(529, "Overloaded", execution)
                    : failure(500, "Internal server error", execution);
        }
        return message(body, terms, execution);
    }

    /** The size of a prompt. */
    static long inputTokens(InputLine.Body body) {
        return Usage.tokensOf(inputBytes(body));
    }

    /** Before anything was executed. */
    private static LineAnswer refusal(int status, String message) {
        ObjectNode envelope =
                Json.MAPPER.valueToTree(AnthropicError.of(status, message).envelope(null));
        envelope.withObject("/error").putObject("details").put("error_visibility", "user_facing");
        return new LineAnswer(status, envelope, Usage.NONE);
    }

    private LineAnswer failure(int status, String message, Execution execution) {
        String requestId = "req_" + Ids.hex(seed.random("request", execution.attempt()));
        return new LineAnswer(
                status,
                Json.MAPPER.valueToTree(AnthropicError.of(status, message).envelope(requestId)),
                Usage.NONE);
    }

    private static Optional<String> mistake(InputLine.Body body, MessageTerms terms) {
        ObjectNode parameters = body.parameters();
        InputLine.Prompt messages = body.prompts().get("messages");
        String model = body.model();
        if (model == null) {
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
            return Optional.of(
                    terms.batch()
                            ? "stream: Streaming is not supported in batches"
                            : "stream: Streaming is not supported by this simulator");
        }
        if (terms.batch() && parameters.has("speed")) {
            return Optional.of("speed: Extra inputs are not permitted");
        }
        if (!terms.version().takesSampling()) {
            Optional<String> gone = SAMPLING.stream().filter(parameters::has).findFirst();
            if (gone.isPresent()) {
                return gone.map(name -> name + ": Extra inputs are not permitted");
            }
        }
        return outputLimitMistake(parameters.get("max_tokens"), model, terms)
                .or(() -> contentMistake(body, messages, terms));
    }

    private static Optional<String> outputLimitMistake(@Nullable JsonNode maxTokens, String model, MessageTerms terms) {
        if (maxTokens == null) {
            return Optional.of("max_tokens: Field required");
        }
        if (!maxTokens.isIntegralNumber()) {
            return Optional.of("max_tokens: Input should be a valid integer");
        }
        if (maxTokens.asLong() < 1) {
            return Optional.of("max_tokens: Input should be greater than or equal to 1");
        }
        long max = ClaudeModels.outputTokensMax(model, terms.longOutput());
        if (maxTokens.asLong() > max) {
            return Optional.of("max_tokens: %d > %d, which is the maximum allowed number of output tokens for %s"
                    .formatted(maxTokens.asLong(), max, model));
        }
        return Optional.empty();
    }

    private static Optional<String> contentMistake(InputLine.Body body, InputLine.Prompt messages, MessageTerms terms) {
        Optional<String> gone = messages.special() == null || terms.version().takesOldContent()
                ? Optional.empty()
                : MessageContent.goneIn(messages.special());
        return gone.or(() -> MessageContent.cacheMistake(MessageContent.blocks(body.parameters(), messages.special())));
    }

    private LineAnswer message(InputLine.Body body, MessageTerms terms, Execution execution) {
        SplittableRandom random = seed.random("answer", execution.content());
        String model = ClaudeModels.snapshotOf(String.valueOf(body.model()));
        Completion completion =
                Completion.within(body.parameters().path("max_tokens").asLong(), body, execution, seed, random);
        ObjectNode message = JsonNodeFactory.instance
                .objectNode()
                .put("id", "msg_" + Ids.hex(random))
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        message.putArray("content").addObject().put("type", "text").put("text", completion.text());
        message.put("stop_reason", completion.cut() ? "max_tokens" : "end_turn").putNull("stop_sequence");
        Usage usage = usage(body, model, terms, execution).plus(new Usage(0, completion.tokens()));
        ObjectNode counted = message.putObject("usage")
                .put("input_tokens", usage.inputTokens())
                .put("cache_creation_input_tokens", usage.cacheWrite5m() + usage.cacheWrite1h())
                .put("cache_read_input_tokens", usage.cacheRead());
        counted.putObject("cache_creation")
                .put("ephemeral_5m_input_tokens", usage.cacheWrite5m())
                .put("ephemeral_1h_input_tokens", usage.cacheWrite1h());
        counted.put("output_tokens", usage.outputTokens())
                .put("service_tier", terms.batch() ? "batch" : "standard")
                .put("inference_geo", "not_available");
        return new LineAnswer(200, message, usage);
    }

    private Usage usage(InputLine.Body body, String model, MessageTerms terms, Execution execution) {
        InputLine.Prompt messages = body.prompts().get("messages");
        return cache.use(
                terms.account() + " " + model,
                MessageContent.blocks(body.parameters(), messages == null ? null : messages.special()),
                inputBytes(body),
                execution.at());
    }

    private static long inputBytes(InputLine.Body body) {
        InputLine.Prompt messages = body.prompts().get("messages");
        long bytes = messages == null ? 0 : messages.bytes();
        for (String name : List.of("system", "tools")) {
            JsonNode part = body.parameters().path(name);
            bytes += part.isMissingNode() ? 0 : Json.bytes(part).length;
        }
        return bytes;
    }
}

package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** The models: deterministic answers, from the seed and a line's content, in the shape of each endpoint. */
final class ModelEndpoints {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int COMPLETION_TOKENS_DEFAULT = 16;
    private static final Duration CACHE_LIFE = Duration.ofMinutes(10);
    private static final int IMAGE_TOKENS = 272;
    private static final Duration VIDEO_LIFE = Duration.ofHours(1);

    private static final List<String> MODERATION_CATEGORIES = List.of(
            "harassment",
            "harassment/threatening",
            "hate",
            "hate/threatening",
            "illicit",
            "illicit/violent",
            "self-harm",
            "self-harm/instructions",
            "self-harm/intent",
            "sexual",
            "sexual/minors",
            "violence",
            "violence/graphic");

    private final Seed seed;
    private final LineErrorRates rates;
    private final PromptCache cache;

    ModelEndpoints(Seed seed, LineErrorRates rates, PromptCache cache) {
        this.seed = seed;
        this.rates = rates;
        this.cache = cache;
    }

    LineAnswer answer(Endpoint endpoint, InputLine.Body body, Execution execution) {
        Optional<OpenAiError> mistake = BodyRules.violation(endpoint, body);
        if (mistake.isPresent()) {
            return LineAnswer.error(400, mistake.get());
        }
        if (seed.hits("refused", execution.content(), rates.refused())) {
            return LineAnswer.error(
                    400,
                    OpenAiError.invalidRequest(
                            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
                            null,
                            "invalid_prompt"));
        }
        if (seed.hits("failed", execution.attempt(), execution.failing())) {
            return seed.hits("overloaded", execution.attempt(), 0.5)
                    ? LineAnswer.error(503, OpenAiError.server("The engine is currently overloaded."))
                    : LineAnswer.error(
                            500, OpenAiError.server("The server had an error while processing your request."));
        }
        SplittableRandom random = seed.random("answer", execution.content());
        Instant at = execution.at();
        return switch (endpoint) {
            case CHAT_COMPLETIONS -> chatCompletion(body, random, execution);
            case RESPONSES -> response(body, random, execution);
            case COMPLETIONS -> completion(body, random, execution);
            case EMBEDDINGS -> embeddings(body, random);
            case MODERATIONS -> moderation(body, random);
            case IMAGE_GENERATIONS, IMAGE_EDITS -> images(endpoint, body, random, at);
            case VIDEOS -> video(body, random, at);
        };
    }

    private LineAnswer chatCompletion(InputLine.Body body, SplittableRandom random, Execution execution) {
        long budget = longOf(body, "max_completion_tokens", longOf(body, "max_tokens", Long.MAX_VALUE));
        ObjectNode answer = JSON.objectNode()
                .put("id", "chatcmpl-" + Ids.hex(random))
                .put("object", "chat.completion")
                .put("created", execution.at().getEpochSecond())
                .put("model", snapshot(Endpoint.CHAT_COMPLETIONS, body));
        ArrayNode choices = answer.putArray("choices");
        long outputTokens = 0;
        for (int index = 0; index < longOf(body, "n", 1); index++) {
            Completion completion = Completion.within(budget, body, execution, seed, random);
            outputTokens += completion.tokens();
            ObjectNode choice = choices.addObject().put("index", index);
            ObjectNode message = choice.putObject("message")
                    .put("role", "assistant")
                    .put("content", completion.text())
                    .putNull("refusal");
            message.putArray("annotations");
            choice.putNull("logprobs").put("finish_reason", completion.cut() ? "length" : "stop");
        }
        Usage usage = cached(Endpoint.CHAT_COMPLETIONS, body, outputTokens, execution);
        ObjectNode counted = putUsage(answer, usage);
        counted.putObject("prompt_tokens_details")
                .put("cached_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite5m())
                .put("audio_tokens", 0);
        counted.putObject("completion_tokens_details")
                .put("reasoning_tokens", 0)
                .put("audio_tokens", 0)
                .put("accepted_prediction_tokens", 0)
                .put("rejected_prediction_tokens", 0);
        answer.put("service_tier", "default")
                .put("system_fingerprint", "fp_" + Ids.hex(random).substring(0, 10));
        return new LineAnswer(200, answer, usage);
    }

    private LineAnswer response(InputLine.Body body, SplittableRandom random, Execution execution) {
        Completion completion =
                Completion.within(longOf(body, "max_output_tokens", Long.MAX_VALUE), body, execution, seed, random);
        String status = completion.cut() ? "incomplete" : "completed";
        ObjectNode answer = JSON.objectNode()
                .put("id", "resp_" + Ids.hex(random))
                .put("object", "response")
                .put("created_at", execution.at().getEpochSecond())
                .put("status", status)
                .putNull("error");
        answer.set(
                "incomplete_details",
                completion.cut() ? JSON.objectNode().put("reason", "max_output_tokens") : JSON.nullNode());
        answer.set("instructions", body.parameters().path("instructions").deepCopy());
        answer.set(
                "max_output_tokens", body.parameters().path("max_output_tokens").deepCopy());
        answer.put("model", snapshot(Endpoint.RESPONSES, body));
        ObjectNode message = answer.putArray("output")
                .addObject()
                .put("id", "msg_" + Ids.hex(random))
                .put("type", "message")
                .put("status", status)
                .put("role", "assistant");
        ObjectNode text = message.putArray("content").addObject().put("type", "output_text");
        text.putArray("annotations");
        text.putArray("logprobs");
        text.put("text", completion.text());
        answer.put("parallel_tool_calls", true)
                .putNull("previous_response_id")
                .put("store", true)
                .put("temperature", 1.0)
                .put("tool_choice", "auto")
                .put("top_p", 1.0)
                .put("truncation", "disabled");
        answer.putArray("tools");
        answer.putObject("metadata");
        Usage usage = cached(Endpoint.RESPONSES, body, completion.tokens(), execution);
        ObjectNode counted = answer.putObject("usage").put("input_tokens", usage.inputTokens());
        counted.putObject("input_tokens_details")
                .put("cached_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite5m());
        counted.put("output_tokens", usage.outputTokens());
        counted.putObject("output_tokens_details").put("reasoning_tokens", 0);
        counted.put("total_tokens", usage.inputTokens() + usage.outputTokens());
        return new LineAnswer(200, answer, usage);
    }

    private LineAnswer completion(InputLine.Body body, SplittableRandom random, Execution execution) {
        Completion completion =
                Completion.within(longOf(body, "max_tokens", COMPLETION_TOKENS_DEFAULT), body, execution, seed, random);
        ObjectNode answer = JSON.objectNode()
                .put("id", "cmpl-" + Ids.hex(random))
                .put("object", "text_completion")
                .put("created", execution.at().getEpochSecond())
                .put("model", snapshot(Endpoint.COMPLETIONS, body));
        answer.putArray("choices")
                .addObject()
                .put("text", completion.text())
                .put("index", 0)
                .putNull("logprobs")
                .put("finish_reason", completion.cut() ? "length" : "stop");
        Usage usage = new Usage(inputTokens(body, Endpoint.COMPLETIONS), completion.tokens());
        putUsage(answer, usage);
        return new LineAnswer(200, answer, usage);
    }

    private static LineAnswer embeddings(InputLine.Body body, SplittableRandom random) {
        int dimensions = (int)
                longOf(body, "dimensions", snapshot(Endpoint.EMBEDDINGS, body).endsWith("-3-large") ? 3_072 : 1_536);
        boolean encoded = body.parameters().path("encoding_format").asText().equals("base64");
        ObjectNode answer = JSON.objectNode().put("object", "list");
        ArrayNode data = answer.putArray("data");
        InputLine.Prompt prompt = body.prompt(Endpoint.EMBEDDINGS);
        for (int index = 0; prompt != null && index < prompt.items(); index++) {
            ObjectNode embedding = data.addObject().put("object", "embedding").put("index", index);
            float[] vector = unitVector(dimensions, random);
            if (encoded) {
                embedding.put("embedding", base64(vector));
            } else {
                ArrayNode numbers = embedding.putArray("embedding");
                for (float number : vector) {
                    numbers.add(number);
                }
            }
        }
        Usage usage = new Usage(inputTokens(body, Endpoint.EMBEDDINGS), 0);
        answer.put("model", snapshot(Endpoint.EMBEDDINGS, body))
                .putObject("usage")
                .put("prompt_tokens", usage.inputTokens())
                .put("total_tokens", usage.inputTokens());
        return new LineAnswer(200, answer, usage);
    }

    private static LineAnswer moderation(InputLine.Body body, SplittableRandom random) {
        ObjectNode answer = JSON.objectNode()
                .put("id", "modr-" + Ids.hex(random))
                .put("model", snapshot(Endpoint.MODERATIONS, body));
        ArrayNode results = answer.putArray("results");
        InputLine.Prompt prompt = body.prompt(Endpoint.MODERATIONS);
        for (int index = 0; prompt != null && index < prompt.items(); index++) {
            ObjectNode result = results.addObject().put("flagged", false);
            ObjectNode categories = result.putObject("categories");
            ObjectNode scores = result.putObject("category_scores");
            ObjectNode inputTypes = result.putObject("category_applied_input_types");
            for (String category : MODERATION_CATEGORIES) {
                categories.put(category, false);
                scores.put(category, random.nextDouble() / 100);
                inputTypes.putArray(category).add("text");
            }
        }
        return new LineAnswer(200, answer, Usage.NONE);
    }

    private static LineAnswer images(Endpoint endpoint, InputLine.Body body, SplittableRandom random, Instant at) {
        ObjectNode answer = JSON.objectNode().put("created", at.getEpochSecond());
        ArrayNode data = answer.putArray("data");
        long images = longOf(body, "n", 1);
        for (long index = 0; index < images; index++) {
            data.addObject().put("b64_json", Picture.base64(random));
        }
        answer.put("background", "opaque")
                .put("output_format", "png")
                .put("quality", "low")
                .put("size", "1024x1024");
        Usage usage = new Usage(inputTokens(body, endpoint), IMAGE_TOKENS * images);
        ObjectNode counted = answer.putObject("usage")
                .put("input_tokens", usage.inputTokens())
                .put("output_tokens", usage.outputTokens())
                .put("total_tokens", usage.total());
        counted.putObject("input_tokens_details")
                .put("text_tokens", usage.inputTokens())
                .put("image_tokens", 0);
        return new LineAnswer(200, answer, usage);
    }

    /** Videos are billed by the second, not by tokens. */
    private static LineAnswer video(InputLine.Body body, SplittableRandom random, Instant at) {
        ObjectNode answer = JSON.objectNode()
                .put("id", "video_" + Ids.hex(random))
                .put("object", "video")
                .put("created_at", at.getEpochSecond())
                .put("completed_at", at.getEpochSecond())
                .put("expires_at", at.plus(VIDEO_LIFE).getEpochSecond())
                .put("model", snapshot(Endpoint.VIDEOS, body))
                .put("status", "completed")
                .put("progress", 100)
                .put("seconds", body.parameters().path("seconds").asText("4"))
                .put("size", body.parameters().path("size").asText("720x1280"))
                .putNull("prompt")
                .putNull("remixed_from_video_id")
                .putNull("error");
        return new LineAnswer(200, answer, Usage.NONE);
    }

    /** Long beginnings that were seen shortly before are found; newer models charge for writing them down. */
    private Usage cached(Endpoint endpoint, InputLine.Body body, long outputTokens, Execution execution) {
        InputLine.Prompt prompt = body.prompt(endpoint);
        long inputTokens = inputTokens(body, endpoint);
        if (prompt == null || prompt.head() == null) {
            return new Usage(inputTokens, outputTokens);
        }
        String model = endpoint.modelOf(body);
        long head = Usage.tokensOf(InputLine.HEAD_BYTES);
        return cache.recall(execution.account() + " " + model + " " + prompt.head(), CACHE_LIFE, execution.at())
                ? new Usage(inputTokens, outputTokens, head, 0, 0)
                : new Usage(inputTokens, outputTokens, 0, Models.chargesCacheWrites(model) ? head : 0, 0);
    }

    private static ObjectNode putUsage(ObjectNode answer, Usage usage) {
        return answer.putObject("usage")
                .put("prompt_tokens", usage.inputTokens())
                .put("completion_tokens", usage.outputTokens())
                .put("total_tokens", usage.inputTokens() + usage.outputTokens());
    }

    private static long inputTokens(InputLine.Body body, Endpoint endpoint) {
        InputLine.Prompt prompt = body.prompt(endpoint);
        return prompt == null ? 0 : Usage.tokensOf(prompt.bytes());
    }

    private static long longOf(InputLine.Body body, String parameter, long otherwise) {
        return body.parameters().path(parameter).asLong(otherwise);
    }

    private static String snapshot(Endpoint endpoint, InputLine.Body body) {
        return Models.snapshotOf(endpoint.modelOf(body));
    }

    private static float[] unitVector(int dimensions, SplittableRandom random) {
        float[] vector = new float[dimensions];
        double squares = 0;
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) random.nextDouble(-1, 1);
            squares += vector[i] * vector[i];
        }
        float length = (float) Math.sqrt(squares);
        for (int i = 0; i < dimensions; i++) {
            vector[i] /= length;
        }
        return vector;
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}

package dev.halfrate.simulator;

import java.io.IOException;
import java.util.List;

/** The model endpoints of OpenAI and those like it, called without a batch. */
final class OpenAiCalls {

    private final Dialect dialect;
    private final SynchronousCalls calls;
    private final ModelEndpoints models;
    private final RateLimits limits;

    OpenAiCalls(Dialect dialect, SynchronousCalls calls, ModelEndpoints models, RateLimits limits) {
        this.dialect = dialect;
        this.calls = calls;
        this.models = models;
        this.limits = limits;
    }

    /** One for each endpoint that the vendor has. */
    List<Route> routes() {
        return dialect.endpoints().stream()
                .map(path -> Endpoint.of(path).orElseThrow())
                .map(endpoint -> Route.of("POST", endpoint.path(), call -> answer(call, endpoint)))
                .toList();
    }

    private Reply answer(Call call, Endpoint endpoint) throws IOException {
        byte[] bytes = call.bytes(SynchronousCalls.BODY_BYTES_MAX);
        InputLine.Body body = InputLine.parseBody(bytes).orElseThrow(Call::notParsed);
        String model = requireModel(endpoint, body);
        InputLine.Prompt prompt = body.prompt(endpoint);
        long tokens = prompt == null ? 0 : Usage.tokensOf(prompt.bytes());
        OpenAiRateHeaders.require(call, model, limits.call(call.account(), model, tokens), limits);
        requirePrompt(endpoint, body);
        if (!limits.enter(call.account())) {
            throw OpenAiRateHeaders.tooMany(
                    call, 1, "Rate limit reached for %s on concurrent requests.".formatted(model), "requests");
        }
        try {
            return SynchronousCalls.reply(calls.answer(
                    call, endpoint.path(), model, bytes, execution -> models.answer(endpoint, body, execution)));
        } finally {
            limits.leave(call.account());
        }
    }

    private String requireModel(Endpoint endpoint, InputLine.Body body) {
        String model = endpoint.modelOf(body);
        if (model.isEmpty()) {
            throw RefusedException.badRequest("you must provide a model parameter");
        }
        if (!dialect.knowsModel(model)) {
            throw new RefusedException(
                    404,
                    OpenAiError.invalidRequest(
                            "The model `%s` does not exist or you do not have access to it.".formatted(model),
                            null,
                            "model_not_found"));
        }
        return model;
    }

    private static void requirePrompt(Endpoint endpoint, InputLine.Body body) {
        if (body.prompt(endpoint) == null && endpoint.requiresPrompt()) {
            throw RefusedException.badRequest(OpenAiError.missing(endpoint.promptParameter()));
        }
        if (body.parameters().path("stream").asBoolean()) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Streaming is not supported by this simulator.", "stream", "unsupported_value"));
        }
    }
}

package dev.halfrate.simulator;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The model endpoints that a batch may address here. Images and videos are left out: their answers are not text. */
enum Endpoint {
    RESPONSES("/v1/responses", "Responses", "input"),
    CHAT_COMPLETIONS("/v1/chat/completions", "Chat Completions", "messages"),
    EMBEDDINGS("/v1/embeddings", "Embeddings", "input"),
    COMPLETIONS("/v1/completions", "Completions", "prompt"),
    MODERATIONS("/v1/moderations", "Moderations", "input");

    static final Set<String> PROMPT_PARAMETERS =
            Arrays.stream(values()).map(Endpoint::promptParameter).collect(Collectors.toUnmodifiableSet());

    private final String path;
    private final String title;
    private final String promptParameter;

    Endpoint(String path, String title, String promptParameter) {
        this.path = path;
        this.title = title;
        this.promptParameter = promptParameter;
    }

    String path() {
        return path;
    }

    /** The endpoint's name in messages. */
    String title() {
        return title;
    }

    /** The body parameter that carries what is sent to the model. */
    String promptParameter() {
        return promptParameter;
    }

    /** A response may be asked for with a stored prompt or by continuing another one. */
    boolean requiresPrompt() {
        return this != RESPONSES;
    }

    /** Moderations have a default model. */
    boolean requiresModel() {
        return this != MODERATIONS;
    }

    static Optional<Endpoint> of(String path) {
        return Arrays.stream(values())
                .filter(endpoint -> endpoint.path.equals(path))
                .findFirst();
    }

    static List<String> paths() {
        return Arrays.stream(values()).map(Endpoint::path).toList();
    }
}

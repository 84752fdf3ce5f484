package dev.halfrate.simulator;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The model endpoints that a batch may address. */
enum Endpoint {
    RESPONSES("/v1/responses", "Responses", "input", null),
    CHAT_COMPLETIONS("/v1/chat/completions", "Chat Completions", "messages", null),
    EMBEDDINGS("/v1/embeddings", "Embeddings", "input", null),
    COMPLETIONS("/v1/completions", "Completions", "prompt", null),
    MODERATIONS("/v1/moderations", "Moderations", "input", "omni-moderation-latest"),
    IMAGE_GENERATIONS("/v1/images/generations", "Images", "prompt", "gpt-image-1"),
    IMAGE_EDITS("/v1/images/edits", "Image Edits", "prompt", "gpt-image-1"),
    VIDEOS("/v1/videos", "Videos", "prompt", "sora-2");

    static final Set<String> PROMPT_PARAMETERS =
            Arrays.stream(values()).map(Endpoint::promptParameter).collect(Collectors.toUnmodifiableSet());

    private final String path;
    private final String title;
    private final String promptParameter;
    private final @Nullable String defaultModel;

    Endpoint(String path, String title, String promptParameter, @Nullable String defaultModel) {
        this.path = path;
        this.title = title;
        this.promptParameter = promptParameter;
        this.defaultModel = defaultModel;
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

    boolean requiresModel() {
        return defaultModel == null;
    }

    boolean makesImages() {
        return this == IMAGE_GENERATIONS || this == IMAGE_EDITS;
    }

    /** The model that a body asks for, or the one it gets without asking; empty if there is neither. */
    String modelOf(InputLine.Body body) {
        String asked = body.model();
        if (asked != null) {
            return asked;
        }
        return defaultModel == null ? "" : defaultModel;
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

package dev.halfrate.processor.registry;

import com.fasterxml.jackson.databind.JsonNode;

/** What became of a question to the registry. */
sealed interface Reply {
    /** It was understood. */
    record Ok(JsonNode json) implements Reply {}

    /**
     * A well-formed no.
     *
     * @param code the registry's, such as 40403
     */
    record No(int status, int code, String message) implements Reply {}

    /** No answer that anything can be concluded from. */
    record Down(String message) implements Reply {}
}

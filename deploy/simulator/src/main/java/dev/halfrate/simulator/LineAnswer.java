package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;

/** What a model endpoint answers to one line. */
record LineAnswer(int status, JsonNode body, Usage usage) {

    static LineAnswer error(int status, OpenAiError error) {
        return new LineAnswer(status, Json.MAPPER.valueToTree(error.envelope()), Usage.NONE);
    }

    boolean succeeded() {
        return status >= 200 && status < 300;
    }
}

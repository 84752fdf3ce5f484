package dev.halfrate.processor.output;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

/** The text of an answer of which nobody knows any more what endpoint it came from: each has a form of its own. */
public final class AnswerText {
    private AnswerText() {}

    /**
     * @param body of a vendor's answer
     * @return a JSON text; empty where it has none
     */
    public static Optional<byte[]> of(byte[] body) {
        return Stream.of("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions")
                .flatMap(endpoint -> text(endpoint, body).stream())
                .findFirst();
    }

    private static Optional<byte[]> text(String endpoint, byte[] body) {
        try {
            return Answer.of(endpoint, body).flatMap(Answer::text);
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}

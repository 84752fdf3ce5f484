package dev.halfrate.processor.output;

import dev.halfrate.processor.codec.Slice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A vendor's answer, of which the endpoint says where its text and its calls of tools stand. */
final class Answer {
    private final JsonParts parts;
    private final byte[] body;
    private final List<Slice> texts = new ArrayList<>();
    private final List<Slice> arguments = new ArrayList<>();

    private Answer(byte[] body) {
        this.body = body;
        this.parts = new JsonParts(body);
    }

    /**
     * @param endpoint path
     * @return empty where the endpoint answers with no text
     * @throws IOException if the body is no JSON
     */
    static Optional<Answer> of(String endpoint, byte[] body) throws IOException {
        var answer = new Answer(body);
        var members = answer.parts.members(answer.parts.whole());
        switch (endpoint) {
            case "/v1/chat/completions" -> answer.chatCompletion(members);
            case "/v1/completions" -> answer.completion(members);
            case "/v1/responses" -> answer.response(members);
            case "/v1/messages" -> answer.message(members);
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(answer);
    }

    /** @return its text as a JSON text, several of them as one; empty for none */
    Optional<byte[]> text() {
        if (texts.isEmpty()) {
            return Optional.empty();
        }
        var joined = new ByteArrayOutputStream();
        joined.write('"');
        texts.forEach(text -> joined.write(body, text.from() + 1, text.bytes() - 2));
        joined.write('"');
        return Optional.of(joined.toByteArray());
    }

    /** @return what it gives to the first tool that it calls, as JSON if the model wrote it well; empty for none */
    Optional<byte[]> toolArguments() throws IOException {
        if (arguments.isEmpty()) {
            return Optional.empty();
        }
        var first = arguments.getFirst();
        return Optional.of(
                parts.isText(first)
                        ? parts.text(first).getBytes(StandardCharsets.UTF_8)
                        : Arrays.copyOfRange(body, first.from(), first.until()));
    }

    /** The first of several choices. */
    private void chatCompletion(Map<String, Slice> members) throws IOException {
        var message = in(firstChoice(members), "message");
        addText(message.get("content"));
        for (var call : list(message, "tool_calls")) {
            var function = in(parts.members(call), "function");
            addArguments(function.get("arguments"));
        }
    }

    private void completion(Map<String, Slice> members) throws IOException {
        addText(firstChoice(members).get("text"));
    }

    private void response(Map<String, Slice> members) throws IOException {
        for (var element : list(members, "output")) {
            var item = parts.members(element);
            if (isOfType(item, "function_call")) {
                addArguments(item.get("arguments"));
            } else if (isOfType(item, "message")) {
                addTexts(item, "output_text");
            }
        }
    }

    private void message(Map<String, Slice> members) throws IOException {
        addTexts(members, "text");
        for (var element : list(members, "content")) {
            var block = parts.members(element);
            if (isOfType(block, "tool_use")) {
                addArguments(block.get("input"));
            }
        }
    }

    private void addTexts(Map<String, Slice> members, String type) throws IOException {
        for (var element : list(members, "content")) {
            var block = parts.members(element);
            if (isOfType(block, type)) {
                addText(block.get("text"));
            }
        }
    }

    private Map<String, Slice> firstChoice(Map<String, Slice> members) throws IOException {
        var choices = list(members, "choices");
        return choices.isEmpty() ? Map.of() : parts.members(choices.getFirst());
    }

    private Map<String, Slice> in(Map<String, Slice> members, String name) throws IOException {
        var value = members.get(name);
        return value == null ? Map.of() : parts.members(value);
    }

    private List<Slice> list(Map<String, Slice> members, String name) throws IOException {
        var value = members.get(name);
        return value == null ? List.of() : parts.elements(value);
    }

    private boolean isOfType(Map<String, Slice> members, String type) throws IOException {
        var value = members.get("type");
        return value != null && parts.isText(value) && parts.text(value).equals(type);
    }

    private void addText(@Nullable Slice value) {
        if (value != null && parts.isText(value)) {
            texts.add(value);
        }
    }

    private void addArguments(@Nullable Slice value) {
        if (value != null) {
            arguments.add(value);
        }
    }
}

package dev.halfrate.processor.estimate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;

/**
 * The texts of a request in the order in which a vendor reads them.
 *
 * @param prefix all but the last message: what other requests may share, and a cache may hold
 * @param rest the last message
 * @param messages how many there are
 * @param uncounted images, sounds and files, whose tokens cannot be told from outside
 * @param tokens of the prompt that are given as such
 * @param answers how many are asked for
 * @param outputMax tokens that each may have, -1 if the request does not say
 */
record Prompt(String prefix, String rest, int messages, int uncounted, long tokens, long answers, long outputMax) {
    private static final List<String> HEADS = List.of("system", "instructions");

    /** Of which a vendor reads the names, too. */
    private static final List<String> SCHEMAS = List.of("tools", "functions", "response_format", "text");

    private static final List<String> BODIES = List.of("messages", "input", "prompt");
    private static final List<String> LIMITS = List.of("max_completion_tokens", "max_output_tokens", "max_tokens");
    /** Answers to one request, each of which may be as long as the limit says. */
    private static final List<String> ANSWERS = List.of("n", "best_of");

    private static final Set<String> MEDIA =
            Set.of("image_url", "image", "input_image", "input_audio", "input_file", "file", "document", "video_url");

    /** Words of the form, not of the prompt. */
    private static final Set<String> FORM =
            Set.of("role", "type", "cache_control", "id", "tool_use_id", "tool_call_id");

    static Prompt of(JsonNode body) {
        var prefix = new Reader();
        SCHEMAS.stream().map(body::path).filter(JsonNode::isContainerNode).forEach(prefix::readAsItIs);
        HEADS.forEach(head -> prefix.read(body.path(head)));
        var rest = new Reader();
        var messages = 0;
        for (var name : BODIES) {
            var content = body.path(name);
            // An array of texts is one of inputs to embed; none of them is a message that another follows.
            var conversation = content.isArray() && content.path(0).isObject();
            for (var i = 0; conversation && i < content.size(); i++) {
                (i < content.size() - 1 ? prefix : rest).read(content.get(i));
                messages++;
            }
            if (!conversation) {
                rest.read(content);
            }
        }
        return new Prompt(
                prefix.text.toString(),
                rest.text.toString(),
                messages,
                prefix.media + rest.media,
                prefix.tokens + rest.tokens,
                ANSWERS.stream()
                        .map(body::path)
                        .filter(JsonNode::isIntegralNumber)
                        .mapToLong(JsonNode::longValue)
                        .reduce(1, Math::max),
                LIMITS.stream()
                        .map(body::path)
                        .filter(JsonNode::isIntegralNumber)
                        .mapToLong(JsonNode::longValue)
                        .findFirst()
                        .orElse(-1));
    }

    private static final class Reader {
        private final StringBuilder text = new StringBuilder();
        private int media;
        private long tokens;

        private void readAsItIs(JsonNode node) {
            text.append(node).append('\n');
        }

        private void read(JsonNode node) {
            if (node.isObject() && MEDIA.contains(node.path("type").asText(""))) {
                media++;
            } else if (node.isObject()) {
                node.properties().forEach(field -> {
                    if (!FORM.contains(field.getKey())) {
                        read(field.getValue());
                    }
                });
            } else if (node.isArray()) {
                node.forEach(this::read);
            } else if (node.isTextual()) {
                text.append(node.textValue()).append('\n');
            } else if (node.isIntegralNumber()) {
                tokens++;
            }
        }
    }
}

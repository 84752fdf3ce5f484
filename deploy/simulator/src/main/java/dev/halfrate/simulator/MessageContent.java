package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The blocks of a message's params in the order in which a model reads them, and what is wrong with some. */
final class MessageContent {

    private static final int BREAKPOINTS_MAX = 4;

    /**
     * @param json as far as it is to be compared with others
     * @param ttl how long a cache is to keep all up to its end; null if none is
     */
    record Block(JsonNode json, @Nullable String ttl) {}

    private MessageContent() {}

    /** Of params with something special only: others have no need of it. */
    static List<Block> blocks(ObjectNode parameters, @Nullable JsonNode messages) {
        List<Block> blocks = new ArrayList<>();
        addBlocks(blocks, parameters.path("tools"));
        addBlocks(blocks, parameters.path("system"));
        if (messages != null) {
            messages.forEach(message -> addBlocks(blocks, message.path("content")));
        }
        return blocks;
    }

    static Optional<String> cacheMistake(List<Block> blocks) {
        List<String> ttls =
                blocks.stream().map(Block::ttl).filter(ttl -> ttl != null).toList();
        if (ttls.size() > BREAKPOINTS_MAX) {
            return Optional.of("A maximum of %d blocks with cache_control may be provided. Found %d."
                    .formatted(BREAKPOINTS_MAX, ttls.size()));
        }
        int firstShort = ttls.indexOf("5m");
        return firstShort >= 0 && ttls.lastIndexOf("1h") > firstShort
                ? Optional.of("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
                : Optional.empty();
    }

    /** What messages may no longer have in them. */
    static Optional<String> goneIn(JsonNode messages) {
        for (int number = 0; number < messages.size(); number++) {
            JsonNode message = messages.get(number);
            JsonNode content = message.path("content");
            for (int part = 0; content.isArray() && part < content.size(); part++) {
                JsonNode block = content.get(part);
                String at = "messages.%d.content.%d".formatted(number, part);
                String type = block.path("type").asText();
                if (message.path("role").asText().equals("assistant") && type.equals("document")) {
                    return Optional.of(at + ": document blocks are not permitted in assistant messages");
                }
                if (message.path("role").asText().equals("user")
                        && type.equals("text")
                        && !block.path("citations").isEmpty()) {
                    return Optional.of(at + ".citations: Extra inputs are not permitted");
                }
            }
        }
        return Optional.empty();
    }

    private static void addBlocks(List<Block> blocks, JsonNode content) {
        if (!content.isArray()) {
            if (!content.isMissingNode() && !content.isNull()) {
                blocks.add(new Block(content, null));
            }
            return;
        }
        for (JsonNode block : content) {
            JsonNode mark = block.path("cache_control");
            blocks.add(
                    mark.isObject()
                            ? new Block(
                                    ((ObjectNode) block.deepCopy()).without("cache_control"),
                                    mark.path("ttl").asText("5m"))
                            : new Block(block, null));
        }
    }
}

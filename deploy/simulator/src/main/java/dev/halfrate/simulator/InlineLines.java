package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A create that has its lines in itself, in a file: the other fields, and where each line is. Nothing is checked of a line
 * but that it is an object.
 */
final class InlineLines {

    private static final Set<String> FIELDS = Set.of("input_file_content", "requests");

    private final Path file;
    private final ObjectNode fields = Json.MAPPER.createObjectNode();
    private long[] starts = new long[1_024];
    private long[] ends = new long[1_024];
    private int count;
    private @Nullable String field;

    private InlineLines(Path file) {
        this.file = file;
    }

    /** @throws RefusedException for the first mistake */
    static InlineLines parse(Path file) throws IOException {
        InlineLines lines = new InlineLines(file);
        try (JsonParser parser = Json.MAPPER.createParser(file.toFile())) {
            lines.readBody(parser);
        } catch (JsonProcessingException _) {
            throw Call.notParsed();
        }
        if (lines.field == null) {
            throw RefusedException.badRequest(OpenAiError.missing("input_file_content"));
        }
        if (lines.count == 0) {
            throw RefusedException.badRequest(OpenAiError.emptyArray(lines.field));
        }
        return lines;
    }

    /** All but the lines. */
    JsonNode fields() {
        return fields;
    }

    /**
     * Writes them as a file of lines, each with the bytes it came with; only line ends within become spaces. A line that is
     * no more than a body and its id gets the rest from the create.
     */
    void writeTo(Path target, BatchRequest request) throws IOException {
        try (FileChannel channel = FileChannel.open(file);
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(target))) {
            for (int line = 0; line < count; line++) {
                byte[] bytes = onOneLine(read(channel, starts[line], ends[line]));
                out.write(request.dialect() == Dialect.OPENROUTER ? completed(bytes, request) : bytes);
                out.write('\n');
            }
        }
    }

    private void readBody(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw Call.notParsed();
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (!FIELDS.contains(name)) {
                fields.set(name, Json.MAPPER.readTree(parser));
                continue;
            }
            if (token != JsonToken.START_ARRAY) {
                throw RefusedException.badRequest(OpenAiError.wrongType(name, "an array of objects", token));
            }
            field = name;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                readLine(parser, name);
            }
        }
        if (parser.nextToken() != null) {
            throw Call.notParsed();
        }
    }

    private void readLine(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw RefusedException.badRequest(
                    OpenAiError.wrongType("%s[%d]".formatted(name, count), "an object", parser.currentToken()));
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        starts[count] = parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        ends[count++] = parser.currentLocation().getByteOffset();
    }

    private static byte[] read(FileChannel channel, long from, long to) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) (to - from));
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, from + bytes.position()) < 0) {
                throw new IOException("a create has become shorter");
            }
        }
        return bytes.array();
    }

    /** Line ends are between a document's tokens only. */
    private static byte[] onOneLine(byte[] json) {
        for (int i = 0; i < json.length; i++) {
            if (json[i] == '\n' || json[i] == '\r') {
                json[i] = ' ';
            }
        }
        return json;
    }

    private static byte[] completed(byte[] json, BatchRequest request) throws IOException {
        InputLine line = InputLine.parse(json).orElse(null);
        if (line == null || line.body() == null || line.customId() == null) {
            return json;
        }
        String body = new String(line.body().bytesIn(json), UTF_8);
        if (line.body().model() == null && request.model() != null) {
            boolean empty =
                    line.body().parameters().isEmpty() && line.body().prompts().isEmpty();
            body = "{\"model\":" + Json.MAPPER.writeValueAsString(request.model()) + (empty ? "" : ",")
                    + body.substring(1);
        }
        return "{\"custom_id\":%s,\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}"
                .formatted(
                        Json.MAPPER.writeValueAsString(line.customId()),
                        request.endpoint().path(),
                        body)
                .getBytes(UTF_8);
    }
}

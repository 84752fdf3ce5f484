package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The body of a create, in a file: what the vendor checks of it before it answers, and where each request is. The
 * params are nobody's business before a line is executed.
 */
final class MessageRequests implements LineInput {

    static final int REQUESTS_MAX = 100_000;
    static final int CUSTOM_ID_CHARS_MAX = 64;

    private static final Pattern CUSTOM_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    private final Path file;
    private final Set<String> customIds = new HashSet<>();
    private long[] starts = new long[1_024];
    private long[] ends = new long[1_024];
    private int count;

    private MessageRequests(Path file) {
        this.file = file;
    }

    /** The same in another place of the same file system. */
    MessageRequests movedTo(Path target) throws IOException {
        MessageRequests moved = new MessageRequests(Files.move(file, target, StandardCopyOption.ATOMIC_MOVE));
        moved.starts = starts;
        moved.ends = ends;
        moved.count = count;
        return moved;
    }

    /** @throws RefusedException in the vendor's words, for the first mistake */
    static MessageRequests parse(Path file) throws IOException {
        MessageRequests requests = new MessageRequests(file);
        try (JsonParser parser = Json.MAPPER.createParser(file.toFile())) {
            requests.readBody(parser);
        } catch (JsonProcessingException e) {
            throw RefusedException.badRequest("The request body is not valid JSON: " + e.getOriginalMessage());
        }
        requests.customIds.clear();
        return requests;
    }

    private void readBody(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw RefusedException.badRequest("The request body is not valid JSON: an object was expected");
        }
        boolean found = false;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (!name.equals("requests")) {
                throw RefusedException.badRequest(name + ": Extra inputs are not permitted");
            }
            if (token != JsonToken.START_ARRAY) {
                throw RefusedException.badRequest("requests: Input should be a valid list");
            }
            found = true;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                readRequest(parser);
            }
        }
        if (parser.nextToken() != null) {
            throw RefusedException.badRequest("The request body is not valid JSON: trailing characters");
        }
        if (!found) {
            throw RefusedException.badRequest("requests: Field required");
        }
        if (count == 0) {
            throw RefusedException.badRequest("requests: List should have at least 1 item after validation, not 0");
        }
        if (count > REQUESTS_MAX) {
            throw RefusedException.badRequest("requests: List should have at most %d items after validation, not %d"
                    .formatted(REQUESTS_MAX, count));
        }
    }

    private void readRequest(JsonParser parser) throws IOException {
        String at = "requests.%d".formatted(count);
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw RefusedException.badRequest(at + ": Input should be a valid dictionary");
        }
        long start = parser.currentTokenLocation().getByteOffset();
        String customId = null;
        boolean hasParams = false;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "custom_id" -> {
                    if (token != JsonToken.VALUE_STRING) {
                        throw RefusedException.badRequest(at + ".custom_id: Input should be a valid string");
                    }
                    customId = parser.getText();
                }
                case "params" -> {
                    if (token != JsonToken.START_OBJECT) {
                        throw RefusedException.badRequest(at + ".params: Input should be a valid dictionary");
                    }
                    hasParams = true;
                    parser.skipChildren();
                }
                default ->
                    throw RefusedException.badRequest("%s.%s: Extra inputs are not permitted".formatted(at, name));
            }
        }
        requireCustomId(at, customId);
        if (!hasParams) {
            throw RefusedException.badRequest(at + ".params: Field required");
        }
        add(start, parser.currentLocation().getByteOffset());
    }

    private void requireCustomId(String at, @Nullable String customId) {
        if (customId == null) {
            throw RefusedException.badRequest(at + ".custom_id: Field required");
        }
        if (customId.length() > CUSTOM_ID_CHARS_MAX) {
            throw RefusedException.badRequest(
                    "%s.custom_id: String should have at most %d characters".formatted(at, CUSTOM_ID_CHARS_MAX));
        }
        if (!CUSTOM_ID.matcher(customId).matches()) {
            throw RefusedException.badRequest(at + ".custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
        }
        if (count < REQUESTS_MAX && !customIds.add(customId)) {
            throw RefusedException.badRequest(
                    "requests: custom_id's must be unique within a batch. Duplicate custom_id found: " + customId);
        }
    }

    /** Of those too many only the number counts. */
    private void add(long start, long end) {
        if (count < REQUESTS_MAX) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            starts[count] = start;
            ends[count] = end;
        }
        count++;
    }

    @Override
    public Path file() {
        return file;
    }

    @Override
    public int lines() {
        return count;
    }

    @Override
    public ValidLine read(FileChannel channel, int line) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) (ends[line] - starts[line]));
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, starts[line] + bytes.position()) < 0) {
                throw new IOException("%s has become shorter".formatted(file));
            }
        }
        String customId = "";
        InputLine.Body body = null;
        try (JsonParser parser = Json.MAPPER.createParser(bytes.array())) {
            parser.nextToken();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                if (name.equals("custom_id")) {
                    customId = parser.getText();
                } else {
                    body = InputLine.body(parser, bytes.array());
                }
            }
        } catch (JacksonException e) {
            throw new IOException(file + " has changed", e);
        }
        InputLine.Body params = Objects.requireNonNull(body);
        return new ValidLine(
                customId, params, BillingBook.contentOf(MessageModel.ENDPOINT, params.bytesIn(bytes.array())));
    }
}

package dev.halfrate.processor.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** custom_ids whose results are waited for. One thread. */
public final class WantedIds {
    /** Of a result that has not come. */
    static final long OPEN = -1;

    private static final int LINE_BYTES_MAX = 1 << 30;

    private final IdNumbers ids;

    public WantedIds() {
        this(new IdNumbers());
    }

    WantedIds(IdNumbers ids) {
        this.ids = ids;
    }

    /**
     * @param file with a custom_id a line, or a request; what has no custom_id is passed over
     * @throws LinesException if it cannot be read, or has more than there is room for
     */
    public static WantedIds of(Path file) {
        var wanted = new WantedIds();
        var parser = new RequestParser();
        try (var lines = new ByteLines(file, LINE_BYTES_MAX)) {
            for (var line = lines.next(); line != null; line = lines.next()) {
                var id = ByteLines.isBlank(line) ? null : customId(parser, line);
                if (id != null) {
                    wanted.add(id);
                }
            }
            return wanted;
        } catch (IOException e) {
            throw LinesException.unreadable(file, e);
        }
    }

    private static @Nullable String customId(RequestParser parser, byte[] line) {
        var text = line[0] == '{' ? parser.parse(line) : null;
        return switch (text) {
            case null -> new String(line, UTF_8).strip();
            case Parsed.Request request -> request.customId();
            case Parsed.Rejected rejected -> rejected.customId();
            case Parsed.Unusable _ -> null;
        };
    }

    /** @throws LinesException if there is no room for one more */
    public void add(String customId) {
        if (!ids.put(IdNumbers.bytes(customId), OPEN)) {
            throw new LinesException(
                    "%,d custom_ids are as many as there is memory for: HALFRATE_JAVA_OPTS=-Xmx2g gives more"
                            .formatted(ids.size()));
        }
    }

    /** How many, each once. */
    public int size() {
        return ids.size();
    }

    IdNumbers ids() {
        return ids;
    }
}

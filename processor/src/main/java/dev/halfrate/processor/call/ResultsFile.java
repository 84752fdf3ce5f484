package dev.halfrate.processor.call;

import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.lines.Appended;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import dev.halfrate.processor.money.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Results as JSON lines, in the form of the results topic, in the order in which they come. Line breaks between the
 * tokens of a vendor's answer become spaces. A line that broke off at the end is dropped.
 */
public final class ResultsFile implements AutoCloseable {
    /** An answer, and what stands around it. */
    private static final int LINE_BYTES_MAX = (64 << 20) + (1 << 20);

    /** What a request's result says. */
    enum Known {
        SUCCEEDED,
        FAILED,
        /** It was sent, and nobody knows what came of it. */
        UNKNOWN
    }

    private final @Nullable Path file;
    private final @Nullable OutputStream stream;
    private final Map<String, Known> known = new HashMap<>();
    private Usage usage = Usage.NONE;
    private boolean used;
    private long size;
    private @Nullable FileChannel channel;
    private @Nullable Appended lines;

    private ResultsFile(@Nullable Path file, @Nullable OutputStream stream) {
        this.file = file;
        this.stream = stream;
    }

    /**
     * Reads what there is.
     *
     * @throws CallException if it cannot be read, or is not what it should be
     */
    public static ResultsFile open(Path file) {
        var results = new ResultsFile(file, null);
        try {
            if (Files.exists(file)) {
                results.used = Files.size(file) > 0;
                results.read(file);
            }
            return results;
        } catch (IOException e) {
            throw results.failed(e);
        }
    }

    /** @param stream the caller's to close */
    public static ResultsFile to(OutputStream stream) {
        return new ResultsFile(null, stream);
    }

    /** @return whether there is something in it, whatever it is */
    boolean used() {
        return used;
    }

    /** @return what earlier runs left, by custom_id */
    Map<String, Known> known() {
        return known;
    }

    /** @return of all results that earlier runs left */
    Usage usage() {
        return usage;
    }

    void write(Result result) {
        var json = ResultCodec.encodeLine(result);
        var line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        try {
            append(line);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.force(false);
                channel.close();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void append(byte[] line) throws IOException {
        if (stream != null) {
            stream.write(line);
            stream.flush();
            return;
        }
        if (lines == null && file != null) {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lines = new Appended(channel, size);
        }
        if (lines != null) {
            lines.append(line);
        }
    }

    private void read(Path results) throws IOException {
        try (var all = new ByteLines(results, LINE_BYTES_MAX)) {
            for (var line = all.next(); line != null && all.ended(); line = all.next()) {
                try {
                    note(ResultCodec.decode(line, null));
                } catch (MalformedRecordException _) {
                    throw new CallException("%s holds something else than results at line %d: choose another --output"
                            .formatted(results, all.number()));
                }
                size = all.end();
            }
        }
    }

    private void note(Result result) {
        var failure = result.failure();
        known.put(
                result.customId(),
                failure == null
                        ? Known.SUCCEEDED
                        : failure.code().equals(CallRules.NO_ANSWER) ? Known.UNKNOWN : Known.FAILED);
        if (result.usage() != null) {
            usage = usage.plus(result.usage());
        }
    }

    private CallException failed(IOException e) {
        return new CallException(
                "%s cannot be written: %s".formatted(file == null ? "standard output" : file, LinesException.why(e)),
                e);
    }
}

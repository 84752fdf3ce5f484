package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.lines.Appended;
import dev.halfrate.processor.lines.ByteLines;
import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was about to be sent, written down before: a file beside the results, of JSON lines. A line {@code sending}
 * holds a group of requests, and is on disk before the first of them leaves; a line {@code refused} takes back what
 * surely was not executed. A request that is sent and has no result may have been bought.
 *
 * <p>A line that broke off at the end was never on disk as a whole, so nothing of it was sent.
 */
public final class CallJournal implements AutoCloseable {
    private static final int LINE_BYTES_MAX = 64 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NAME = "halfrate call";
    private static final int VERSION = 1;
    private static final String HEAD = "{\"journal\":\"%s\",\"version\":%d}".formatted(NAME, VERSION);

    /**
     * A request that was sent by an earlier run.
     *
     * @param hash of its content
     * @param open calls that may have been bought, or were answered
     */
    record Sent(String hash, int open) {}

    private final Path file;
    private final @Nullable Appended lines;
    private final @Nullable FileChannel channel;
    private final Map<String, Sent> sent = new HashMap<>();
    private boolean used;

    private CallJournal(Path file, @Nullable FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        if (channel == null) {
            this.lines = null;
            return;
        }
        lock(channel);
        this.used = channel.size() > 0;
        this.lines = new Appended(channel, read(channel));
    }

    /**
     * Reads what there is, and keeps everybody else out until it is closed.
     *
     * @throws CallException if somebody else has it, or it is not what it should be
     */
    public static CallJournal open(Path file) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            return new CallJournal(file, channel);
        } catch (IOException e) {
            close(channel);
            throw failed(file, e);
        } catch (CallException e) {
            close(channel);
            throw e;
        }
    }

    /** Nothing is remembered. */
    public static CallJournal none() {
        try {
            return new CallJournal(Path.of(""), null);
        } catch (IOException e) {
            throw failed(Path.of(""), e);
        }
    }

    /** @return whether an earlier run wrote into it */
    boolean used() {
        return used;
    }

    Path file() {
        return file;
    }

    /** @return what earlier runs sent, by custom_id */
    Map<String, Sent> sent() {
        return sent;
    }

    /** Returns when it is on disk that these are about to be sent. */
    void sending(Collection<CallRequest> group) {
        if (lines == null) {
            return;
        }
        var line = JSON.createObjectNode();
        var requests = line.putArray("sending");
        for (var request : group) {
            requests.addObject().put("id", request.customId()).put("hash", request.hash());
        }
        try {
            if (!used) {
                append(HEAD);
            }
            append(line.toString());
            lines.force();
            if (!used) {
                forceName();
                used = true;
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** These were sent, and surely not executed. */
    void refused(List<String> customIds) {
        if (lines == null || customIds.isEmpty()) {
            return;
        }
        var line = JSON.createObjectNode();
        var refused = line.putArray("refused");
        customIds.forEach(refused::add);
        try {
            append(line.toString());
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** One that nobody needs leaves no trace. */
    @Override
    public void close() {
        if (channel == null) {
            return;
        }
        try {
            if (!used) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw failed(file, e);
        } finally {
            close(channel);
        }
    }

    /** A new file is lost with its content if its directory does not know it. */
    private void forceName() throws IOException {
        var directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            try (var entries = FileChannel.open(directory, StandardOpenOption.READ)) {
                entries.force(true);
            }
        }
    }

    private void append(String line) throws IOException {
        if (lines != null) {
            lines.append((line + "\n").getBytes(UTF_8));
        }
    }

    private void lock(FileChannel open) throws IOException {
        FileLock lock;
        try {
            lock = open.tryLock();
        } catch (OverlappingFileLockException _) {
            lock = null;
        }
        if (lock == null) {
            throw new CallException("another halfrate call writes to %s; wait for it".formatted(file));
        }
    }

    /**
     * Through the channel that is locked, and stays open: to close any other one of the same file gives up the lock.
     *
     * @return bytes of the whole lines
     */
    private long read(FileChannel locked) throws IOException {
        var all = new ByteLines(Channels.newInputStream(locked), LINE_BYTES_MAX);
        var good = 0L;
        for (var line = all.next(); line != null; line = all.next()) {
            var first = all.number() == 1;
            var text = first ? new String(line, UTF_8) : "";
            if (first && !(all.ended() ? text.equals(HEAD) : HEAD.startsWith(text))) {
                throw new CallException(file + " is no journal of this command: choose another --output");
            }
            if (all.ended()) {
                if (!first && !read(line)) {
                    throw new CallException(
                            "%s is damaged at line %d, so nobody knows what was sent".formatted(file, all.number()));
                }
                good = all.end();
            }
        }
        used = good > 0;
        return good;
    }

    /** @return whether it can be read */
    private boolean read(byte[] line) {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (IOException _) {
            return false;
        }
        for (var request : json.path("sending")) {
            var id = request.path("id").asText();
            var hash = request.path("hash").asText();
            sent.merge(id, new Sent(hash, 1), (before, more) -> new Sent(hash, before.open + more.open));
        }
        for (var id : json.path("refused")) {
            sent.computeIfPresent(id.asText(), (_, before) -> new Sent(before.hash, before.open - 1));
        }
        return json.has("sending") || json.has("refused");
    }

    private static void close(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new CallException("a file cannot be closed: " + LinesException.why(e), e);
        }
    }

    private static CallException failed(Path file, IOException e) {
        return new CallException("%s cannot be written: %s".formatted(file, LinesException.why(e)), e);
    }
}

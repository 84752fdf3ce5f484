package dev.halfrate.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.stream.Stream;

/**
 * Who was billed for which line or call how often. Either is billed once it is answered with success; what is refused,
 * fails or is not executed costs nothing. The entries are on disk, eight bytes of each are in memory. Safe for use by
 * many threads.
 */
public final class BillingBook {

    /** More would need another index; the simulator then stops executing. */
    public static final int LINES_MAX = 50_000_000;

    /** What a token costs. */
    public enum Price {
        /** In a batch. */
        HALF,
        /** Called for synchronously. */
        FULL
    }

    /**
     * One line or call that was paid for.
     *
     * @param account a short hash of the API key
     * @param batchId empty for a call, as are the next two
     * @param requestId what the answer of a call is called; empty for a line
     * @param model as it was asked for
     * @param content stands for the endpoint and the exact bytes of the body, see {@link BillingBook#contentOf}
     * @param inputTokens at OpenAI all of them, at Anthropic those that no cache was asked for
     * @param billedAt virtual time in Unix seconds
     */
    public record BilledLine(
            String account,
            String batchId,
            String inputFileId,
            String customId,
            String requestId,
            String endpoint,
            String model,
            String content,
            Price price,
            long inputTokens,
            long outputTokens,
            long cacheReadTokens,
            long cacheWrite5mTokens,
            long cacheWrite1hTokens,
            long billedAt) {

        static BilledLine ofLine(
                Batch.Identity batch, String customId, String model, String content, Usage usage, Instant at) {
            return new BilledLine(
                    batch.account(),
                    batch.id(),
                    batch.inputFileId(),
                    customId,
                    "",
                    batch.endpoint(),
                    model,
                    content,
                    Price.HALF,
                    usage.inputTokens(),
                    usage.outputTokens(),
                    usage.cacheRead(),
                    usage.cacheWrite5m(),
                    usage.cacheWrite1h(),
                    at.getEpochSecond());
        }

        static BilledLine ofCall(Call call, String endpoint, String model, String content, Usage usage, Instant at) {
            return new BilledLine(
                    call.account(),
                    "",
                    "",
                    "",
                    call.requestId(),
                    endpoint,
                    model,
                    content,
                    Price.FULL,
                    usage.inputTokens(),
                    usage.outputTokens(),
                    usage.cacheRead(),
                    usage.cacheWrite5m(),
                    usage.cacheWrite1h(),
                    at.getEpochSecond());
        }
    }

    /**
     * @param linesBilled of batches
     * @param contentsBilled different contents among the lines and calls billed
     * @param createsReceived batch creates that arrived, refused ones included
     * @param callsBilled synchronous ones
     */
    public record Summary(
            long linesBilled,
            long contentsBilled,
            long contentsBilledMoreThanOnce,
            long batchesCreated,
            long createsReceived,
            long callsBilled) {}

    private final Path file;
    private long fileBytes;
    private long[] contents = new long[1_024];
    private int entries;
    private long calls;
    private long batchesCreated;
    private long createsReceived;

    BillingBook(Path file) throws IOException {
        this.file = Files.createFile(file);
    }

    /** The key under which a content is billed, whatever custom_id it had: 16 hex digits. */
    public static String contentOf(String endpoint, byte[] body) {
        return Fingerprint.of(endpoint, body);
    }

    /** All lines and calls in the order they were billed. */
    public List<BilledLine> entries() {
        List<BilledLine> entries = new ArrayList<>();
        forEachEntry(entries::add);
        return entries;
    }

    /** The same without holding them all in memory. */
    public void forEachEntry(Consumer<BilledLine> action) {
        try (Stream<String> json = Files.lines(file)) {
            json.limit(entriesBilled()).map(BillingBook::parse).forEach(action);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Map<String, Integer> timesBilledByContent() {
        Map<String, Integer> times = new TreeMap<>();
        forEachContent(times::put);
        return times;
    }

    public synchronized Summary summary() {
        int[] counted = new int[2];
        forEachContent((_, times) -> {
            counted[0]++;
            counted[1] += times > 1 ? 1 : 0;
        });
        return new Summary(entries - calls, counted[0], counted[1], batchesCreated, createsReceived, calls);
    }

    synchronized void createReceived() {
        createsReceived++;
    }

    synchronized void batchCreated() {
        batchesCreated++;
    }

    /** All of them or, if this throws, none. */
    synchronized void bill(List<BilledLine> billed) throws IOException {
        if (billed.size() > LINES_MAX - entries) {
            throw new IOException("the billing book is full: it holds at most %,d lines".formatted(LINES_MAX));
        }
        StringBuilder text = new StringBuilder();
        for (BilledLine line : billed) {
            text.append(Json.MAPPER.writeValueAsString(line)).append('\n');
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        int size = bytes.remaining();
        FileTail.write(file, fileBytes, bytes);
        fileBytes += size;
        if (contents.length < entries + billed.size()) {
            contents = Arrays.copyOf(contents, Math.max(entries + billed.size(), (int) (contents.length * 1.5)));
        }
        for (BilledLine line : billed) {
            contents[entries++] = HexFormat.fromHexDigitsToLong(line.content());
            calls += line.price() == Price.FULL ? 1 : 0;
        }
    }

    /** The entries so far, as JSON lines. */
    synchronized Reply.Content content() {
        return new Reply.Content(file, fileBytes, "application/jsonl", "billing-" + fileBytes);
    }

    private synchronized int entriesBilled() {
        return entries;
    }

    private void forEachContent(ObjIntConsumer<String> action) {
        long[] sorted = sortedContents();
        for (int first = 0, next; first < sorted.length; first = next) {
            next = first + 1;
            while (next < sorted.length && sorted[next] == sorted[first]) {
                next++;
            }
            action.accept(HexFormat.of().toHexDigits(sorted[first]), next - first);
        }
    }

    private synchronized long[] sortedContents() {
        long[] sorted = Arrays.copyOf(contents, entries);
        Arrays.sort(sorted);
        return sorted;
    }

    private static BilledLine parse(String json) {
        try {
            return Json.MAPPER.readValue(json, BilledLine.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

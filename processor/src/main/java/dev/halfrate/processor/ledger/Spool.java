package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Writes one batch's file of ready lines, in the {@link SpoolOrder}, whatever order the bodies come in: the place
 * of each line is known from the sizes in the manifest.
 */
final class Spool implements BodyReader.Sink {
    private static final int HELD_BYTES = 1 << 18;

    private final Batch batch;
    private final LineFormat format;
    private final FileChannel file;
    private final Path path;
    private final ByteBuffer held = ByteBuffer.allocate(HELD_BYTES);
    private long heldAt;
    /** By the items' numbers. */
    private final long[] places;

    private final Map<Long, Integer> alike = new HashMap<>();
    private final List<ManifestItem> wanted = new ArrayList<>();
    private final List<ManifestItem> gone = new ArrayList<>();

    private Spool(Batch batch, List<ManifestItem> items, LineFormat format, Path path) throws IOException {
        this.batch = batch;
        this.format = format;
        this.path = path;
        this.places = new long[items.size()];
        var place = 0L;
        for (var item : SpoolOrder.of(batch, items)) {
            wanted.add(item);
            var prefix = item.ref().getPrefix();
            if (prefix != 0) {
                alike.merge(prefix, 1, Integer::sum);
            }
            places[item.item()] = place;
            place += item.ref().getLineBytes();
        }
        this.file = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /**
     * Fetches the bodies of all items that are not done and writes their lines to {@code path}.
     *
     * @throws IOException if the disk does not take them
     */
    static Written write(Batch batch, List<ManifestItem> items, LineFormat format, Path path, BodyReader bodies)
            throws IOException, InterruptedException {
        var spool = new Spool(batch, items, format, path);
        try (spool.file) {
            bodies.read(List.copyOf(spool.wanted), spool);
            spool.flush();
        } catch (ClosedByInterruptException _) {
            Thread.interrupted();
            throw new InterruptedException();
        }
        if (!spool.gone.isEmpty()) {
            spool.closeGaps();
        }
        return new Written(spool.wanted.size() - spool.gone.size(), spool.gone);
    }

    /** @param gone items without a body, which are not in the file */
    record Written(int lines, List<ManifestItem> gone) {}

    @Override
    public void found(ManifestItem item, ByteBuffer value) throws IOException {
        var ref = item.ref();
        var fits = ref.getBodyOffset() >= 0 && (long) ref.getBodyOffset() + ref.getBodyBytes() <= value.limit();
        var body = fits ? value.slice(ref.getBodyOffset(), ref.getBodyBytes()) : ByteBuffer.allocate(0);
        if (!fits
                || !Arrays.equals(
                        ContentHash.of(batch.header().endpoint(), body),
                        ref.getContent().bytes())) {
            gone(item);
            return;
        }
        put(filled(line(item, body), ref.getLineBytes()), places[item.item()]);
        CrashPoint.SPOOLING.reached();
    }

    /** Most lines come in the order in which they stand in the file, so that many are written at once. */
    private void put(byte[] line, long place) throws IOException {
        if (place != heldAt + held.position() || line.length > held.remaining()) {
            flush();
            heldAt = place;
        }
        if (line.length > held.remaining()) {
            write(ByteBuffer.wrap(line), place);
        } else {
            held.put(line);
        }
    }

    private void flush() throws IOException {
        write(held.flip(), heldAt);
        held.clear();
    }

    private void write(ByteBuffer bytes, long place) throws IOException {
        for (var at = place; bytes.hasRemaining(); ) {
            at += file.write(bytes, at);
        }
    }

    private byte[] line(ManifestItem item, ByteBuffer body) {
        var id = new UpstreamId(batch.attempt().tag(), item.item());
        var endpoint = batch.header().endpoint();
        if (alike.getOrDefault(item.ref().getPrefix(), 0) >= format.markedFrom()) {
            var marked = format.encode(id, endpoint, format.marked(body));
            // Marks may have been chosen after the request was read; then there is no room for one.
            if (marked.length <= item.ref().getLineBytes()) {
                return marked;
            }
        }
        return format.encode(id, endpoint, body);
    }

    /** Spaces before the line feed take the room of a mark that is not there. */
    private static byte[] filled(byte[] line, int bytes) {
        if (line.length > bytes) {
            throw new IllegalStateException("line of %d bytes where the ref says %d".formatted(line.length, bytes));
        }
        if (line.length == bytes) {
            return line;
        }
        var filled = Arrays.copyOf(line, bytes);
        Arrays.fill(filled, line.length - 1, bytes - 1, (byte) ' ');
        filled[bytes - 1] = '\n';
        return filled;
    }

    @Override
    public void gone(ManifestItem item) {
        gone.add(item);
    }

    /** Rare: lines move up to where gone ones would have stood. */
    private void closeGaps() throws IOException {
        var without = path.resolveSibling(path.getFileName() + ".gaps");
        var missing = new HashSet<Integer>();
        gone.forEach(item -> missing.add(item.item()));
        try (var from = FileChannel.open(path, StandardOpenOption.READ);
                var to = FileChannel.open(
                        without,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            for (var item : wanted) {
                if (!missing.contains(item.item())) {
                    var place = places[item.item()];
                    var end = place + item.ref().getLineBytes();
                    while (place < end) {
                        place += from.transferTo(place, end - place, to);
                    }
                }
            }
        }
        Files.move(without, path, StandardCopyOption.REPLACE_EXISTING);
    }
}

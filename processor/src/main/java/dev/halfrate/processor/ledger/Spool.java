package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
 * Writes one batch's file of ready lines, in the order of the items, whatever order the bodies come in: the place
 * of each line is known from the sizes in the manifest.
 */
final class Spool implements BodyReader.Sink {
    private final Batch batch;
    private final LineFormat format;
    private final FileChannel file;
    private final Path path;
    private final Map<Integer, Long> places = new HashMap<>();
    private final List<ManifestItem> wanted = new ArrayList<>();
    private final List<ManifestItem> gone = new ArrayList<>();

    private Spool(Batch batch, List<ManifestItem> items, LineFormat format, Path path) throws IOException {
        this.batch = batch;
        this.format = format;
        this.path = path;
        var place = 0L;
        for (var item : items) {
            if (!batch.done().has(item.item())) {
                wanted.add(item);
                places.put(item.item(), place);
                place += item.ref().getLineBytes();
            }
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
        } catch (BodyReader.BodiesUnavailableException e) {
            if (e.getCause() instanceof UncheckedIOException disk) {
                throw disk.getCause();
            }
            throw e;
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
        var line = format.encode(
                new UpstreamId(batch.attempt().tag(), item.item()),
                batch.header().endpoint(),
                body);
        if (line.length != ref.getLineBytes()) {
            throw new IllegalStateException(
                    "line of %d bytes where the ref says %d".formatted(line.length, ref.getLineBytes()));
        }
        var buffer = ByteBuffer.wrap(line);
        for (var place = places.getOrDefault(item.item(), 0L); buffer.hasRemaining(); ) {
            place += file.write(buffer, place);
        }
        CrashPoint.SPOOLING.reached();
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
                    var place = places.getOrDefault(item.item(), 0L);
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

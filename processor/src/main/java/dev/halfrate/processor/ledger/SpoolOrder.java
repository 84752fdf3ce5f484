package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * In which order a batch's items stand in its spool file: those whose prompts begin alike stand next to each other, so that
 * the later ones find what the first one has put into the vendor's cache; apart from that in their own order.
 */
final class SpoolOrder {
    private SpoolOrder() {}

    /** @return the items that are not done, a line each */
    static List<ManifestItem> of(Batch batch, List<ManifestItem> items) {
        // Last, so that the order is the same whatever is done: items may end between the spool and a look at its
        // lines.
        return alike(items).stream()
                .flatMap(List::stream)
                .filter(item -> !batch.done().has(item.item()))
                .toList();
    }

    /** @return the items, those together whose prompts begin alike */
    static List<List<ManifestItem>> alike(List<ManifestItem> items) {
        var groups = new LinkedHashMap<Long, List<ManifestItem>>();
        var alone = -1L;
        for (var item : items) {
            var prefix = item.ref().getPrefix();
            // No prefix is below 0, so these are keys of nobody else's.
            groups.computeIfAbsent(prefix == 0 ? alone-- : prefix, _ -> new ArrayList<>(1))
                    .add(item);
        }
        return List.copyOf(groups.values());
    }
}

package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import java.util.ArrayList;
import java.util.HashMap;
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
        var groups = new ArrayList<List<ManifestItem>>(items.size());
        var byPrefix = new HashMap<Long, List<ManifestItem>>();
        for (var item : items) {
            var prefix = item.ref().getPrefix();
            if (prefix == 0) {
                groups.add(List.of(item));
            } else {
                byPrefix.computeIfAbsent(prefix, _ -> {
                            var group = new ArrayList<ManifestItem>(1);
                            groups.add(group);
                            return group;
                        })
                        .add(item);
            }
        }
        return groups;
    }
}

package dev.halfrate.processor.simulation;

import java.util.HashMap;
import java.util.Map;

/** Who was billed for what, how often. */
final class BillingBook {
    private record Entry(int times, boolean revoked) {}

    private final Map<String, Entry> entries = new HashMap<>();
    private int unavoidable;

    /** What it was charged for could not be known of when the next attempt began. */
    void excuse(VirtualVendor.Line line) {
        entries.computeIfPresent(key(line), (_, entry) -> new Entry(entry.times, true));
    }

    private static String key(VirtualVendor.Line line) {
        return line.windowId() + "/" + line.item();
    }

    /** @param revoked whether the input was deleted before the create came, and the vendor took it nevertheless */
    void charge(VirtualVendor.Line line, boolean revoked) {
        var entry = entries.merge(
                key(line),
                new Entry(1, revoked),
                (one, other) -> new Entry(one.times + other.times, one.revoked || other.revoked));
        if (entry.times > 1 && !entry.revoked) {
            throw Invariants.broken("billing", "item %d of %s is billed twice".formatted(line.item(), line.windowId()));
        } else if (entry.times > 1) {
            unavoidable++;
        }
    }

    int linesBilled() {
        return entries.size();
    }

    /** @return lines billed twice because the vendor executed what had been deleted */
    int unavoidablyTwice() {
        return unavoidable;
    }
}

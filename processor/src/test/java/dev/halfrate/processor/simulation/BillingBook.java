package dev.halfrate.processor.simulation;

import java.util.HashMap;
import java.util.Map;

/** Who was billed for what, how often. */
final class BillingBook {
    private record Entry(int times, boolean revoked) {}

    private final Map<String, Entry> entries = new HashMap<>();
    private int unavoidable;

    /** @param revoked whether the input was deleted before the create came, and the vendor took it nevertheless */
    void charge(VirtualVendor.Line line, boolean revoked) {
        var entry = entries.merge(
                line.batchId() + "/" + line.item(),
                new Entry(1, revoked),
                (one, other) -> new Entry(one.times + other.times, one.revoked || other.revoked));
        if (entry.times > 1 && !entry.revoked) {
            throw Invariants.broken("billing", "item %d of %s is billed twice".formatted(line.item(), line.batchId()));
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

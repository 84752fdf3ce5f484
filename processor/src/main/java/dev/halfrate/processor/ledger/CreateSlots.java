package dev.halfrate.processor.ledger;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a remote batch can only be guessed from what is new in a listing, an account has one create at a time that is
 * unresolved and not yet quiesced; and a listing counts only if no other create began while it was made.
 */
final class CreateSlots {
    private static final class Slot {
        /** One at most, but for what an earlier owner has left. */
        private final Set<String> holders = new HashSet<>();

        private final Deque<String> waiting = new ArrayDeque<>();
        private final Map<String, Long> lookedFrom = new HashMap<>();
        private long taken;
    }

    private final Map<String, Slot> slots = new HashMap<>();

    private Slot slot(String account) {
        return slots.computeIfAbsent(account, _ -> new Slot());
    }

    /** An unresolved create was found in the ledger. */
    void occupy(String account, String batchId) {
        slot(account).holders.add(batchId);
    }

    /** @return whether the batch may go on to its create; otherwise it is its turn later */
    boolean take(String account, String batchId) {
        var slot = slot(account);
        if (slot.holders.contains(batchId)) {
            return true;
        } else if (!slot.holders.isEmpty()) {
            if (!slot.waiting.contains(batchId)) {
                slot.waiting.add(batchId);
            }
            return false;
        }
        slot.holders.add(batchId);
        slot.taken++;
        return true;
    }

    /** @return the batch whose turn it is now, if the slot became free and one waits */
    Optional<String> leave(String account, String batchId) {
        var slot = slot(account);
        if (!slot.holders.remove(batchId) || !slot.holders.isEmpty()) {
            return Optional.empty();
        }
        return Optional.ofNullable(slot.waiting.poll());
    }

    boolean holds(String account, String batchId) {
        return slot(account).holders.contains(batchId);
    }

    void looks(String account, String batchId) {
        var slot = slot(account);
        slot.lookedFrom.put(batchId, slot.taken);
    }

    /** @return whether all that is new in the batch's last listing can only be its own, or a stranger's */
    boolean conclusive(String account, String batchId) {
        var slot = slot(account);
        var from = slot.lookedFrom.remove(batchId);
        if (from == null) {
            return false;
        } else if (slot.holders.isEmpty()) {
            return from == slot.taken;
        }
        return slot.holders.equals(Set.of(batchId));
    }
}

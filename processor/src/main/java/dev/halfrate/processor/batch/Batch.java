package dev.halfrate.processor.batch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole state of one batch: what one ledger record holds.
 *
 * @param attempts oldest first; the last one is the present one
 * @param done items that have had their terminal record or went back to the lane
 * @param succeeded the part of them that succeeded
 * @param failures consecutive failures of the present step, for the back-off
 * @param changedAt when the state was entered
 */
public record Batch(
        BatchHeader header,
        BatchState state,
        List<Attempt> attempts,
        ItemBits done,
        ItemBits succeeded,
        Tally tally,
        int failures,
        Instant changedAt) {

    public Batch {
        attempts = List.copyOf(attempts);
    }

    /** A batch whose manifest has just become complete. */
    public static Batch sealed(BatchHeader header, Instant now) {
        return new Batch(
                header,
                new BatchState.Sealed(),
                List.of(Attempt.open(header.batchId(), 1)),
                ItemBits.NONE,
                ItemBits.NONE,
                Tally.ZERO,
                0,
                now);
    }

    public String id() {
        return header.batchId();
    }

    public Attempt attempt() {
        return attempts.getLast();
    }

    public boolean settled() {
        return state instanceof BatchState.Settled;
    }

    /** @return items that are not done */
    public int open() {
        return header.items() - tally.done();
    }

    /** @return attempts whose outcome stayed unknown until evidence or policy resolved it */
    int doubts() {
        return (int) attempts.stream()
                .filter(attempt -> switch (attempt.outcome()) {
                    case DOUBTFUL, ABSENT, REVOKED, RELEASED -> true;
                    case OPEN, CREATED, REFUSED -> false;
                })
                .count();
    }

    /** @return what is worth remembering of a settled batch */
    public Batch withoutBits() {
        return new Batch(header, state, attempts, ItemBits.NONE, ItemBits.NONE, tally, failures, changedAt);
    }

    Batch in(BatchState newState, Instant now) {
        return new Batch(header, newState, attempts, done, succeeded, tally, 0, now);
    }

    Batch failedAgain(BatchState newState, Instant now) {
        return new Batch(header, newState, attempts, done, succeeded, tally, failures + 1, now);
    }

    Batch with(Attempt newAttempt) {
        var changed = new ArrayList<>(attempts);
        changed.set(changed.size() - 1, newAttempt);
        return new Batch(header, state, changed, done, succeeded, tally, failures, changedAt);
    }

    /** Refused attempts made nothing, so the oldest of them are forgotten; a queue can be full for days. */
    Batch withNextAttempt() {
        var changed = new ArrayList<>(attempts);
        if (changed.size() >= LifecycleSettings.ATTEMPTS_MAX) {
            changed.stream()
                    .filter(attempt -> attempt.outcome() == Attempt.Outcome.REFUSED)
                    .findFirst()
                    .ifPresent(changed::remove);
        }
        changed.add(Attempt.open(id(), attempt().number() + 1));
        return new Batch(header, state, changed, done, succeeded, tally, failures, changedAt);
    }

    Batch with(List<ItemEnd> ends) {
        var newTally = tally;
        for (var end : ends) {
            newTally = newTally.plus(end);
        }
        return new Batch(
                header,
                state,
                attempts,
                done.with(ends.stream().mapToInt(ItemEnd::item)),
                succeeded.with(ends.stream()
                        .filter(end -> end.kind() == ItemEnd.Kind.SUCCEEDED)
                        .mapToInt(ItemEnd::item)),
                newTally,
                failures,
                changedAt);
    }
}

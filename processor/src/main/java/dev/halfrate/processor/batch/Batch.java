package dev.halfrate.processor.batch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The whole state of one batch: what one ledger record holds.
 *
 * @param attempts oldest first; the last one is the present one
 * @param done items that are not this batch's any more
 * @param succeeded the part of them that succeeded
 * @param twins remote batches beside the one that counts
 * @param calls items that were sent alone
 * @param unwanted items that somebody has cancelled, whether they have ended by now or not
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
        List<Twin> twins,
        Exposure exposure,
        Calls calls,
        ItemBits unwanted,
        int failures,
        Instant changedAt) {

    public Batch {
        attempts = List.copyOf(attempts);
        twins = List.copyOf(twins);
    }

    /** A batch whose manifest has just become complete. */
    public static Batch sealed(BatchHeader header, Instant now) {
        return sealed(header, ItemBits.NONE, Calls.NONE, ItemBits.NONE, now);
    }

    private static Batch sealed(BatchHeader header, ItemBits elsewhere, Calls calls, ItemBits unwanted, Instant now) {
        return new Batch(
                header,
                new BatchState.Sealed(),
                List.of(Attempt.open(header.batchId(), 1)),
                elsewhere,
                ItemBits.NONE,
                new Tally(0, 0, 0, 0, 0, elsewhere.count(), Spending.NONE),
                List.of(),
                Exposure.NONE,
                calls,
                unwanted,
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

    /** @return items that are or were this batch's */
    public int items() {
        return header.items() - tally.elsewhere();
    }

    /** @return items that are not done */
    public int open() {
        return header.items() - tally.done();
    }

    /** @return every remote batch that has to do with it */
    public Stream<String> remoteBatchIds() {
        return Stream.concat(
                attempts.stream().map(Attempt::remoteBatchId).filter(id -> !id.isEmpty()),
                twins.stream().map(Twin::remoteBatchId));
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
        return new Batch(
                header,
                state,
                attempts,
                ItemBits.NONE,
                ItemBits.NONE,
                tally,
                twins,
                exposure,
                calls.withoutBits(),
                ItemBits.NONE,
                failures,
                changedAt);
    }

    Batch in(BatchState newState, Instant now) {
        return failing(newState, 0, now);
    }

    Batch failedAgain(BatchState newState, Instant now) {
        return failing(newState, failures + 1, now);
    }

    Batch failing(BatchState newState, int newFailures, Instant now) {
        return new Batch(
                header, newState, attempts, done, succeeded, tally, twins, exposure, calls, unwanted, newFailures, now);
    }

    Batch with(Attempt newAttempt) {
        var changed = new ArrayList<>(attempts);
        changed.set(changed.size() - 1, newAttempt);
        return withAttempts(changed);
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
        return withAttempts(changed);
    }

    private Batch withAttempts(List<Attempt> newAttempts) {
        return new Batch(
                header,
                state,
                newAttempts,
                done,
                succeeded,
                tally,
                twins,
                exposure,
                calls,
                unwanted,
                failures,
                changedAt);
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
                twins,
                exposure,
                calls,
                unwanted,
                failures,
                changedAt);
    }

    /** @param twin replaces the one of the same remote batch, if there is one */
    Batch with(Twin twin) {
        var changed = new ArrayList<>(twins);
        changed.removeIf(known -> known.remoteBatchId().equals(twin.remoteBatchId()));
        changed.add(twin);
        return new Batch(
                header, state, attempts, done, succeeded, tally, changed, exposure, calls, unwanted, failures,
                changedAt);
    }

    Batch with(Exposure newExposure) {
        return new Batch(
                header,
                state,
                attempts,
                done,
                succeeded,
                tally,
                twins,
                newExposure,
                calls,
                unwanted,
                failures,
                changedAt);
    }

    Batch with(Calls newCalls) {
        return new Batch(
                header, state, attempts, done, succeeded, tally, twins, exposure, newCalls, unwanted, failures,
                changedAt);
    }

    /** Nobody wants these any more. */
    Batch without(IntStream items) {
        return new Batch(
                header,
                state,
                attempts,
                done,
                succeeded,
                tally,
                twins,
                exposure,
                calls,
                unwanted.with(items),
                failures,
                changedAt);
    }

    /** @return items that nobody wants, and that have not ended */
    IntStream unwantedOpen() {
        return done.missing(header.items()).filter(unwanted::has);
    }

    /** @return items that are not done and were not called */
    public IntStream uncalled() {
        return done.missing(header.items()).filter(item -> !calls.called().has(item));
    }

    /** @return items that were called, and have not ended */
    IntStream unanswered() {
        return done.missing(header.items()).filter(calls.called()::has);
    }

    /** @return the open items in two halves, each a batch of its own over the same window */
    List<Batch> halves(Instant now) {
        var open = done.missing(header.items()).toArray();
        var half = open.length / 2;
        return List.of(part(1, open, 0, half, now), part(2, open, half, open.length, now));
    }

    private Batch part(int number, int[] open, int from, int until, Instant now) {
        var own = ItemBits.NONE.with(Arrays.stream(open, from, until));
        var bytes = Math.max(1, header.bytes() * (until - from) / open.length);
        var elsewhere = ItemBits.NONE.with(own.missing(header.items()));
        return sealed(
                header.part(number, bytes),
                elsewhere,
                Calls.NONE.with(calls.called().and(own)),
                unwanted.and(own),
                now);
    }

    /** @param part that has settled, with its bits */
    Batch withSettled(Batch part, BatchState.Split newState) {
        return new Batch(
                header,
                newState,
                attempts,
                done,
                succeeded.with(part.succeeded),
                tally.plus(part.tally),
                twins,
                exposure,
                calls,
                unwanted.with(part.unwanted),
                failures,
                changedAt);
    }
}

package dev.halfrate.processor.simulation;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.ledger.PartitionLog;
import dev.halfrate.processor.ledger.PartitionLostException;
import dev.halfrate.processor.ledger.Restart;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** One partition's ledger, its offset and the topics written in the same transactions; fences by owner. */
final class VirtualLog {
    private static final Duration WRITTEN_BEHIND = Duration.ofSeconds(10);

    private final VirtualTime time;
    private final Faults faults;
    private final Invariants invariants;
    private final VirtualLane lane;
    private final Mutant mutant;
    private final Map<String, byte[]> ledger = new LinkedHashMap<>();
    private Map<String, byte[]> before = Map.of();
    private long workOffset;
    private long epoch;
    private int owners;
    private int inDoubt;
    private int fenced;

    VirtualLog(VirtualTime time, Faults faults, Invariants invariants, VirtualLane lane, Mutant mutant) {
        this.time = time;
        this.faults = faults;
        this.invariants = invariants;
        this.lane = lane;
        this.mutant = mutant;
    }

    long workOffset() {
        return workOffset;
    }

    int commitsInDoubt() {
        return inDoubt;
    }

    int commitsFenced() {
        return fenced;
    }

    PartitionLog owner() {
        return new Owner();
    }

    private void write(PartitionLog.Transaction transaction) {
        invariants.committed(transaction);
        before = Map.copyOf(ledger);
        for (var batch : transaction.batches()) {
            ledger.put(batch.id(), Restart.written(batch));
        }
        transaction.forgotten().forEach(ledger::remove);
        transaction.signals().forEach(signal -> lane.signal(signal.signal()));
        transaction.settled().forEach(batch -> lane.deleteManifest(batch.id()));
        workOffset = mutant == Mutant.OFFSET_PASSES_OPEN_MANIFEST ? lane.workEnd() : transaction.workOffset();
    }

    private Batch read(byte[] written) {
        var batch = Restart.read(written);
        if (mutant == Mutant.CALLS_NOT_RESTORED) {
            return new Batch(
                    batch.header(),
                    batch.state(),
                    batch.attempts(),
                    batch.done(),
                    batch.succeeded(),
                    batch.tally(),
                    batch.twins(),
                    batch.exposure(),
                    Calls.NONE,
                    ItemBits.NONE,
                    batch.failures(),
                    batch.changedAt());
        }
        return mutant == Mutant.BITS_NOT_RESTORED
                ? new Batch(
                        batch.header(),
                        batch.state(),
                        batch.attempts(),
                        ItemBits.NONE,
                        batch.succeeded(),
                        batch.tally(),
                        batch.twins(),
                        batch.exposure(),
                        batch.calls(),
                        batch.unwanted(),
                        batch.failures(),
                        batch.changedAt())
                : batch;
    }

    private final class Owner implements PartitionLog {
        private int number;
        private boolean over;

        @Override
        public Restored open(long offset) {
            number = ++owners;
            if (faults.hit(0.05)) {
                throw lost("cannot reach the brokers");
            }
            epoch++;
            invariants.tookOver(epoch);
            if (faults.hit(0.02)) {
                throw lost("nobody knows whether the epoch was written");
            }
            var replayed = mutant == Mutant.REPLAY_STOPS_SHORT ? before : ledger;
            return new Restored(
                    epoch, replayed.values().stream().map(VirtualLog.this::read).toList());
        }

        @Override
        public void commit(Transaction transaction) {
            if (over || (number != owners && mutant != Mutant.NO_FENCING)) {
                fenced++;
                throw lost("fenced");
            } else if (faults.hit(0.01)) {
                throw lost("not written");
            }
            if (mutant == Mutant.EFFECTS_BEFORE_COMMIT) {
                time.after(WRITTEN_BEHIND, () -> {
                    if (!over && number == owners) {
                        write(transaction);
                    }
                });
            } else {
                write(transaction);
            }
            if (faults.hit(0.02)) {
                inDoubt++;
                throw lost("written, but nobody knows");
            }
        }

        private PartitionLostException lost(String why) {
            over = true;
            return new PartitionLostException(why, null);
        }

        @Override
        public void close() {
            over = true;
        }
    }
}

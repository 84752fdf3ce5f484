package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.QuarantinedLine;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.schemas.internal.Signal;
import java.util.List;

/** What an actor reads and writes, one transaction at a time. Used by one thread. */
public interface PartitionLog extends AutoCloseable {
    /**
     * Fences every earlier owner, reads what was committed up to here, and commits the next epoch.
     *
     * @param workOffset where the owner starts to read the work partition
     * @throws PartitionLostException if a later owner is there already
     */
    Restored open(long workOffset) throws InterruptedException;

    /**
     * Writes all of it or nothing.
     *
     * @throws PartitionLostException if it is unknown whether it was written, or it was not: the owner has to start over
     */
    void commit(Transaction transaction);

    @Override
    void close();

    /** The partition's batches, settled ones included. */
    record Restored(long epoch, List<Batch> batches) {
        public Restored {
            batches = List.copyOf(batches);
        }
    }

    /**
     * @param batches whole states, for the ledger
     * @param forgotten ids of settled batches that need no longer be remembered
     * @param settled batches whose manifests are to be deleted
     * @param workOffset next one to read of the work partition after a restart
     */
    record Transaction(
            List<Batch> batches,
            List<String> forgotten,
            List<Result> results,
            List<QuarantinedLine> quarantined,
            List<BatchProgress> feed,
            List<LaneSignal> signals,
            List<Batch> settled,
            long workOffset) {

        public Transaction {
            batches = List.copyOf(batches);
            forgotten = List.copyOf(forgotten);
            results = List.copyOf(results);
            quarantined = List.copyOf(quarantined);
            feed = List.copyOf(feed);
            signals = List.copyOf(signals);
            settled = List.copyOf(settled);
        }

        static Transaction of(List<QuarantinedLine> quarantined, long workOffset) {
            return new Transaction(
                    List.of(), List.of(), List.of(), quarantined, List.of(), List.of(), List.of(), workOffset);
        }
    }

    /** A signal and the lane-inbox partition it goes to. */
    record LaneSignal(int inboxPartition, Signal signal) {}
}

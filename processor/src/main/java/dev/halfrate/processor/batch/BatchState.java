package dev.halfrate.processor.batch;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where one batch stands between its window closing and its last result. The transitions are
 * {@link BatchLifecycle}'s.
 */
public sealed interface BatchState {
    /** The manifest is complete; bodies are being written into a local file of ready lines. */
    record Sealed() implements BatchState {}

    /**
     * Before it is spooled, some of its requests are sent alone, so that the others find in the vendor's cache what they
     * have in common with them.
     *
     * @param awaited how many of them are under way; none as long as they are got ready
     */
    record Priming(int awaited) implements BatchState {}

    /** The spool is written; items without a body have ended. The file goes up. */
    record Spooled(int lines) implements BatchState {}

    /** The vendor has the file. Waits for a permit to create. */
    record Uploaded(int lines) implements BatchState {}

    /** A create may be under way: written ahead of it. Whoever finds this without an outcome has a doubt. */
    record Creating(int lines) implements BatchState {}

    /**
     * A create was started and nobody knows how it ended. Never create again from here without looking.
     *
     * @param cleanListings full listings without a trace of it, seen after the quiet time
     * @param quiet whether the quiet time is over
     */
    record Quiescing(int lines, int cleanListings, boolean quiet, String reason) implements BatchState {}

    /** It was not found; its input file is deleted, so that it cannot come late. */
    record Revoking(int lines, boolean deleted) implements BatchState {}

    /** Waits for evidence or an operator. */
    record Hold(int lines, String reason) implements BatchState {}

    /**
     * The vendor works on it.
     *
     * @param remoteStatus as the vendor spells it
     * @param remoteDone lines the vendor reports as executed
     * @param polls so far, by this owner
     */
    record Running(int lines, Instant createdAt, String remoteStatus, int remoteDone, int polls, Standing standing)
            implements BatchState {

        Running seen(String newRemoteStatus, int newRemoteDone) {
            return new Running(lines, createdAt, newRemoteStatus, newRemoteDone, polls + 1, standing);
        }

        Running as(Standing newStanding) {
            return new Running(lines, createdAt, remoteStatus, remoteDone, polls, newStanding);
        }
    }

    /** What the remote batch is to us. */
    enum Standing {
        /** Surely ours. */
        PROVEN,
        /** A candidate: its lines will show whether it is ours. Never cancelled, it may be somebody else's. */
        PROVISIONAL,
        /** Ours, and being cancelled. */
        CANCELLING
    }

    /**
     * The vendor said no to the whole batch.
     *
     * @param again whether another attempt follows after a wait; otherwise the items fail, or go back to their lane
     * @param limitTokens enqueued tokens that the vendor allows, for items that go back for that; else 0
     */
    record Refused(String code, String message, boolean again, long limitTokens) implements BatchState {
        /** For any other reason. */
        public Refused(String code, String message, boolean again) {
            this(code, message, again, 0);
        }

        /** @return whether the batch has more tokens than the vendor has room for, and the lane makes others of its items */
        public boolean queueFull() {
            return limitTokens > 0;
        }
    }

    /**
     * The vendor is done.
     *
     * @param outputHandle, errorHandle what holds the results, null if there is none
     * @param begun whether lines were published already
     * @param reads how often this owner has read the files to their ends
     */
    record Ended(
            int lines,
            Instant createdAt,
            Instant endedAt,
            String remoteStatus,
            @Nullable String outputHandle,
            @Nullable String errorHandle,
            boolean begun,
            Standing standing,
            int reads)
            implements BatchState {

        Ended readOnceMore() {
            return new Ended(
                    lines, createdAt, endedAt, remoteStatus, outputHandle, errorHandle, begun, standing, reads + 1);
        }

        boolean hasFiles() {
            return outputHandle != null || errorHandle != null;
        }

        Ended andBegun() {
            return with(true, standing);
        }

        Ended asProven() {
            return with(begun, Standing.PROVEN);
        }

        private Ended with(boolean newBegun, Standing newStanding) {
            return new Ended(
                    lines, createdAt, endedAt, remoteStatus, outputHandle, errorHandle, newBegun, newStanding, reads);
        }
    }

    /** Its requests are sent one by one; which of them, is written ahead of each call. */
    record Calling() implements BatchState {}

    /** Too large, or with a bad line that the vendor does not name: parts of it go on. Settles with the last of them. */
    record Split(List<String> openParts) implements BatchState {
        public Split {
            openParts = List.copyOf(openParts);
        }
    }

    /**
     * Every item has had its terminal record or went back to the lane.
     *
     * @param createdAt, endedAt of the remote batch whose results settled it; null if it was settled without
     */
    record Settled(
            Instant at,
            @Nullable Instant createdAt,
            @Nullable Instant endedAt) implements BatchState {
        /** Without a remote batch that had ended. */
        public Settled(Instant at) {
            this(at, null, null);
        }

        static Settled after(BatchState before, Instant at) {
            return before instanceof Ended ended
                    ? new Settled(at, ended.createdAt(), ended.endedAt())
                    : new Settled(at);
        }
    }

    /** @return the state's name in ledger, feed, metrics and documents */
    default String word() {
        return switch (this) {
            case Sealed _ -> "sealed";
            case Priming _ -> "priming";
            case Spooled _ -> "spooled";
            case Uploaded _ -> "uploaded";
            case Creating _ -> "creating";
            case Quiescing _ -> "quiescing";
            case Revoking _ -> "revoking";
            case Hold _ -> "hold";
            case Running running ->
                switch (running.standing()) {
                    case PROVEN -> "running";
                    case PROVISIONAL -> "provisional";
                    case CANCELLING -> "cancelling";
                };
            case Refused _ -> "refused";
            case Ended ended -> ended.begun() ? "collecting" : "ended";
            case Calling _ -> "calling";
            case Split _ -> "split";
            case Settled _ -> "settled";
        };
    }
}

package dev.halfrate.processor.simulation;

/** Ways to break a promise on purpose: the invariants have to notice each. */
enum Mutant {
    NONE,
    /** Whoever gets no answer to a create takes it for a no. */
    DOUBT_IS_REFUSAL,
    /** Something below us sends a create once more when it sees fit. */
    CREATE_SENT_AGAIN,
    /** Nothing is waited for before what is not found counts as absent. */
    NO_QUIET_TIME,
    /** A restart reads the log up to where no transaction hangs, not to its end. */
    REPLAY_STOPS_SHORT,
    /** What is newer than the marker is newer than the batch. */
    MARKER_TAKEN_LATE,
    /** An owner goes on writing after another one has taken over. */
    NO_FENCING,
    /** Effects start while what they rest on is still on its way to the log. */
    EFFECTS_BEFORE_COMMIT,
    /** Only the output file is read. */
    ERROR_FILE_IGNORED,
    /** A restart forgets which items have ended. */
    BITS_NOT_RESTORED,
    /** The input of an attempt that was not found stays. */
    INPUT_NOT_DELETED,
    /** Listings follow each other faster than the vendor shows new batches. */
    LISTINGS_NOT_APART,
    /** Reading goes on after the last chunk that was read, complete or not. */
    OFFSET_PASSES_OPEN_MANIFEST,
    /** A line names its item by number alone, whoever's batch it is of. */
    FOREIGN_LINES_TAKEN,
    /** A request leaves alone before the ledger has it. */
    CALLS_NOT_WRITTEN_AHEAD,
    /** A request whose deadline is near leaves before the ledger has it. */
    HEDGES_NOT_WRITTEN_AHEAD,
    /** A restart forgets which items were called. */
    CALLS_NOT_RESTORED
}

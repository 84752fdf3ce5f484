package dev.halfrate.processor.batch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What is to be done once the step that asks for it is committed, never before. */
public sealed interface Effect {
    /** Write the lines of all items that are not done, under the present attempt's tag. */
    record Spool() implements Effect {}

    record Upload() implements Effect {}

    /** The lines are of no more use. */
    record DiscardSpool() implements Effect {}

    record AcquirePermit() implements Effect {}

    /** Note what is the newest remote batch. Holds the permit. */
    record TakeMarker() implements Effect {}

    /** The one that costs money. Holds the permit. */
    record Create() implements Effect {}

    record ReleasePermit() implements Effect {}

    record Find() implements Effect {}

    record DeleteInput() implements Effect {}

    /** Delete all that the batch has left at the vendor, as far as it goes. */
    record DeleteFiles() implements Effect {}

    /** What others have been told of the remote batch lately will do. */
    record Poll() implements Effect {}

    /** The answer has to be this moment's. */
    record PollAlone() implements Effect {}

    /** Cancel the remote batch; polls show what comes of it. */
    record Cancel() implements Effect {}

    /** Cancel a twin unless it has ended, and say how it stands. */
    record EndTwin(String remoteBatchId) implements Effect {}

    /** Read both result files, and those of twins. */
    record Collect() implements Effect {}

    /** Report every item that is not done as missing. */
    record ReportMissing() implements Effect {}

    /** Report every item that is not done as failed for good: the vendor refused the batch. */
    record ReportRefused(String code, String message) implements Effect {}

    /** Report every item that is not done as not executed. */
    record ReportUnexecuted(String code, String message) implements Effect {}

    /** Report the items of these lines as failed for good, all in one event. */
    record ReportRefusedLines(List<RefusedLine> lines) implements Effect {
        public ReportRefusedLines {
            lines = List.copyOf(lines);
        }
    }

    /**
     * A line that the vendor named when it refused the batch.
     *
     * @param line of the spool file, from 1
     */
    record RefusedLine(int line, String code, String message) {}

    /** Choose some items that are neither done nor called, get their bodies, and wait for their turns. */
    record PrepareCalls() implements Effect {}

    /** The same for those whose deadlines are not after {@code until}; say as well when the next one is. */
    record PrepareHedges(Instant until) implements Effect {}

    /** The same for one of each group of at least so many open items that begin alike. */
    record PreparePrimers(int groupsFrom) implements Effect {}

    /**
     * Send these, which were prepared; each of them costs money. Give back the turns of others that were.
     *
     * @param at when they were written ahead: long after that an owner may have to do with them no more
     */
    record Call(List<Integer> items, Instant at) implements Effect {
        public Call {
            items = List.copyOf(items);
        }
    }

    /** What was prepared is of no use. */
    record DropCalls() implements Effect {}

    /** Report these items as called by an owner that has not seen their answers. */
    record ReportUnanswered(List<Integer> items) implements Effect {
        public ReportUnanswered {
            items = List.copyOf(items);
        }
    }

    /** Report these items as cancelled, in {@link BatchEvent.WithdrawalsReported}. */
    record ReportWithdrawn(List<Integer> items) implements Effect {
        public ReportWithdrawn {
            items = List.copyOf(items);
        }
    }

    record StartTimer(Timer timer, Duration delay) implements Effect {}

    /** What a timer is for. At most one of each kind is running per batch. */
    enum Timer {
        RETRY,
        POLL,
        QUIET,
        LIST,
        /** Of the batch's twins, whatever its own state is. */
        TWIN,
        /** Of the next deadline that is near, likewise. */
        DEADLINE
    }
}

package dev.halfrate.processor.batch;

import java.time.Duration;
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

    /** Report these items as failed for good, all in one event. */
    record ReportRefusedItems(List<RefusedItem> items) implements Effect {
        public ReportRefusedItems {
            items = List.copyOf(items);
        }
    }

    /** An item that the vendor named when it refused the batch. */
    record RefusedItem(int item, String code, String message) {}

    record StartTimer(Timer timer, Duration delay) implements Effect {}

    /** What a timer is for. At most one of each kind is running per batch. */
    enum Timer {
        RETRY,
        POLL,
        QUIET,
        LIST,
        /** Of the batch's twins, whatever its own state is. */
        TWIN
    }
}

package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A transaction of intake or of a ledger partition. Begins when it is made. */
@Name("halfrate.Commit")
@Label("Commit")
@Category("Halfrate")
@StackTrace(false)
public final class CommitEvent extends Event {
    @Label("Part")
    final String part;

    @Label("Records")
    final int records;

    /**
     * @param part that commits, such as intake or work-3
     * @param records that it publishes
     */
    public CommitEvent(String part, int records) {
        this.part = part;
        this.records = records;
        begin();
    }
}

package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The result files of a batch are read. Begins when it is made. */
@Name("halfrate.Collect")
@Label("Collect")
@Category("Halfrate")
@StackTrace(false)
public final class CollectEvent extends Event {
    @Label("Batch")
    final String batch;

    @Label("Lines")
    long lines;

    public CollectEvent(String batch) {
        this.batch = batch;
        begin();
    }

    /** Says how many lines were read, and ends. */
    public void commit(long linesRead) {
        lines = linesRead;
        commit();
    }
}

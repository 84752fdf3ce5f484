package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Bodies of a batch are read and written into a file of lines. Begins when it is made. */
@Name("halfrate.Spool")
@Label("Spool")
@Category("Halfrate")
@StackTrace(false)
public final class SpoolEvent extends Event {
    @Label("Batch")
    final String batch;

    @Label("Requests")
    final int requests;

    @Label("Bytes")
    @DataAmount
    final long bytes;

    public SpoolEvent(String batch, int requests, long bytes) {
        this.batch = batch;
        this.requests = requests;
        this.bytes = bytes;
        begin();
    }
}

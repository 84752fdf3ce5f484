package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A remote batch is made. Begins when it is made. */
@Name("halfrate.Create")
@Label("Create")
@Category("Halfrate")
@StackTrace(false)
public final class CreateEvent extends Event {
    @Label("Batch")
    final String batch;

    @Label("Requests")
    final int requests;

    @Label("Bytes")
    @DataAmount
    final long bytes;

    public CreateEvent(String batch, int requests, long bytes) {
        this.batch = batch;
        this.requests = requests;
        this.bytes = bytes;
        begin();
    }
}

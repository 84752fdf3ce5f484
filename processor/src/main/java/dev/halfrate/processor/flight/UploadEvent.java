package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The lines of a batch go to the vendor. Begins when it is made. */
@Name("halfrate.Upload")
@Label("Upload")
@Category("Halfrate")
@StackTrace(false)
public final class UploadEvent extends Event {
    @Label("Batch")
    final String batch;

    @Label("Requests")
    final int requests;

    @Label("Bytes")
    @DataAmount
    final long bytes;

    public UploadEvent(String batch, int requests, long bytes) {
        this.batch = batch;
        this.requests = requests;
        this.bytes = bytes;
        begin();
    }
}

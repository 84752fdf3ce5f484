package dev.halfrate.processor.flight;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Lanes of one partition look for windows that are due. Begins when it is made. */
@Name("halfrate.LaneTick")
@Label("LaneTick")
@Category("Halfrate")
@StackTrace(false)
public final class LaneTickEvent extends Event {
    @Label("Task")
    final String task;

    /** @param task of Kafka Streams */
    public LaneTickEvent(String task) {
        this.task = task;
        begin();
    }
}

package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.LineInput.ValidLine;
import java.time.Instant;

/** What one vendor makes of a line. {@code attempt} stands for the line and the batch that it is executed in. */
interface ResultForm {

    /** Why a line was not executed, or not to its end. */
    enum Unexecuted {
        EXPIRED,
        CANCELLED,
        TIMED_OUT
    }

    LineAnswer answer(ValidLine line, long attempt, Instant at);

    /** Whom the line is for. */
    String model(ValidLine line);

    /** An answer that has nothing to do with what was asked. */
    LineAnswer error(int status);

    /** The line that reports an answer. */
    ObjectNode answered(ValidLine line, LineAnswer answer, long attempt);

    /** The line that reports that there is none. */
    ObjectNode unexecuted(ValidLine line, Unexecuted reason, long attempt);

    /** Whether lines that did not succeed are in a file of their own. */
    boolean errorsApart();
}

package dev.halfrate.simulator;

import java.io.Serial;

/** The simulator could not start; the message says why, and what to do about it. */
public final class SimulatorStartException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    SimulatorStartException(String message, Throwable cause) {
        super(message, cause);
    }
}

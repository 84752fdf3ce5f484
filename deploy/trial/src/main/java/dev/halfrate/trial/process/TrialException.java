package dev.halfrate.trial.process;

import java.io.Serial;

/** What a trial waited for did not come about. */
public final class TrialException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public TrialException(String message) {
        super(message);
    }

    public TrialException(String message, Throwable cause) {
        super(message, cause);
    }
}

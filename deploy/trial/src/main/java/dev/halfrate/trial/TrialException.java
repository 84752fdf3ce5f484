package dev.halfrate.trial;

import java.io.Serial;

/** What a trial waited for did not come about. */
final class TrialException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    TrialException(String message) {
        super(message);
    }

    TrialException(String message, Throwable cause) {
        super(message, cause);
    }
}

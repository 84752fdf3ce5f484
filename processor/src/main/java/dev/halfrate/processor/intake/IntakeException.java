package dev.halfrate.processor.intake;

/** Intake cannot go on until somebody changes something; the message says what. */
public final class IntakeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    IntakeException(String message) {
        super(message);
    }
}

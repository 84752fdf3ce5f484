package dev.halfrate.processor.codec;

/** A record of which nothing can be made; the message says what to change and never quotes it. */
public final class UnusableValueException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final DeadLetter.Reason reason;

    public UnusableValueException(DeadLetter.Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public DeadLetter.Reason reason() {
        return reason;
    }
}

package dev.halfrate.processor.call;

/** Requests cannot be sent one by one, or no further; the message says what to change. */
public final class CallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CallException(String message) {
        super(message);
    }

    public CallException(String message, Throwable cause) {
        super(message, cause);
    }
}

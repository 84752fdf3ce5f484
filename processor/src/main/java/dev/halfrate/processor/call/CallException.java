package dev.halfrate.processor.call;

import static java.util.Objects.requireNonNullElse;

import java.io.IOException;
import java.nio.file.FileSystemException;

/** Requests cannot be sent one by one, or no further; the message says what to change. */
public final class CallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CallException(String message) {
        super(message);
    }

    public CallException(String message, Throwable cause) {
        super(message, cause);
    }

    /** @return what went wrong with a file, without its name */
    static String why(IOException e) {
        return e instanceof FileSystemException failure
                ? requireNonNullElse(failure.getReason(), e.getClass().getSimpleName())
                : String.valueOf(e.getMessage());
    }
}

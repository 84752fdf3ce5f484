package dev.halfrate.processor.ops;

import org.jspecify.annotations.Nullable;

/** The surroundings do not allow a start. The message says in one line what to change. */
public final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        super(message);
    }

    public StartupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

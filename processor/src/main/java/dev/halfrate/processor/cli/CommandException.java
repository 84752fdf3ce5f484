package dev.halfrate.processor.cli;

/** A command failed for a reason that its user can understand; the message is all that is printed. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CommandException(String message) {
        super(message);
    }

    public CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}

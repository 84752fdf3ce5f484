package dev.halfrate.processor.lines;

import static java.util.Objects.requireNonNullElse;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** A file cannot be read or written; the message says which, and why. */
public final class LinesException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LinesException(String message) {
        super(message);
    }

    public LinesException(String message, Throwable cause) {
        super(message, cause);
    }

    /** @param name of the file */
    public static LinesException unreadable(Object name, IOException e) {
        return new LinesException("%s cannot be read: %s".formatted(name, why(e)), e);
    }

    /** @param name of the file */
    public static LinesException unwritable(Object name, IOException e) {
        return new LinesException("%s cannot be written: %s".formatted(name, why(e)), e);
    }

    /** @return what went wrong with a file, without its name */
    public static String why(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file";
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            case FileSystemException failure ->
                requireNonNullElse(failure.getReason(), e.getClass().getSimpleName());
            default -> String.valueOf(e.getMessage());
        };
    }
}

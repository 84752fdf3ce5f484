package dev.halfrate.schemas.internal;

/** A value that is no internal record, is damaged, or is of a version that this release cannot read. */
public final class UnreadableRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnreadableRecordException(String message) {
        super(message);
    }
}

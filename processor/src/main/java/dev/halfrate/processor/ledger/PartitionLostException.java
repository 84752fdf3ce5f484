package dev.halfrate.processor.ledger;

import org.jspecify.annotations.Nullable;

/** This owner may not or can no longer write; whatever it had under way is for the next one to find out. */
public final class PartitionLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PartitionLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

package dev.halfrate.simulator;

import java.util.Locale;

/**
 * Where a batch stands.
 *
 * <pre>
 * VALIDATING ─► IN_PROGRESS ─► FINALIZING ─► COMPLETED
 * VALIDATING ─► FAILED      IN_PROGRESS ─► EXPIRED
 * VALIDATING, IN_PROGRESS, FINALIZING ─► CANCELLING ─► CANCELLED
 * </pre>
 */
enum BatchStatus {
    VALIDATING,
    IN_PROGRESS,
    FINALIZING,
    COMPLETED,
    FAILED,
    EXPIRED,
    CANCELLING,
    CANCELLED;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean terminal() {
        return switch (this) {
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING -> false;
            case COMPLETED, FAILED, EXPIRED, CANCELLED -> true;
        };
    }
}

package dev.halfrate.processor.batch;

/**
 * A remote batch that came into being beside the one that counts: cancelled, and what it cost is metered.
 *
 * @param over whether it has ended, or is gone
 * @param lines that it executed, as the vendor counts them; paid for twice
 */
public record Twin(String remoteBatchId, boolean over, int lines) {}

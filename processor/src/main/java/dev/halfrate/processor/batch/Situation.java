package dev.halfrate.processor.batch;

import java.time.Instant;

/**
 * What a decision needs to know besides the batch.
 *
 * @param epoch of the owner of the partition
 * @param parts that the batch's window has been split into so far, 0 if it was not
 */
public record Situation(long epoch, Instant now, int parts) {}

package dev.halfrate.processor.batch;

/**
 * What an effect was started for: its answer may come when that is past.
 *
 * @param attempt its number
 * @param remoteBatchId that the attempt had then, empty if none
 */
public record Origin(int attempt, String remoteBatchId) {
    public static Origin of(Batch batch) {
        return new Origin(batch.attempt().number(), batch.attempt().remoteBatchId());
    }

    boolean isPast(Batch batch) {
        return attempt != batch.attempt().number()
                || !(remoteBatchId.isEmpty()
                        || remoteBatchId.equals(batch.attempt().remoteBatchId()));
    }
}

package dev.halfrate.processor.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * What follows from an event: the batch as it is from now on, the ends of items that are published together with
 * it, and what to do afterwards.
 *
 * @param parts that the batch is split into, sealed together with it
 */
public record Step(Batch batch, Durability durability, List<ItemEnd> ends, List<Effect> effects, List<Batch> parts) {
    Step(Batch batch, Durability durability, List<ItemEnd> ends, List<Effect> effects) {
        this(batch, durability, ends, effects, List.of());
    }

    public Step {
        parts = List.copyOf(parts);
        ends = List.copyOf(ends);
        effects = List.copyOf(effects);
    }

    /** What has to be committed before the effects. */
    public enum Durability {
        /** Nothing: a new owner finds out again. */
        NONE,
        /** Progress for the public feed only. */
        FEED,
        /** The batch's ledger record, and the feed. */
        LEDGER
    }

    Step and(List<? extends Effect> more) {
        var all = new ArrayList<>(effects);
        all.addAll(more);
        return new Step(batch, durability, ends, all, parts);
    }

    static Step ignore(Batch batch) {
        return remember(batch);
    }

    static Step remember(Batch batch, Effect... effects) {
        return new Step(batch, Durability.NONE, List.of(), List.of(effects));
    }

    static Step commit(Batch batch, Effect... effects) {
        return new Step(batch, Durability.LEDGER, List.of(), List.of(effects));
    }
}

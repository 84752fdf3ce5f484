package dev.halfrate.processor.lane;

import java.util.List;

/** What an event made of a lane. Chunks below the new state's firstSeq are not needed any more. */
public record LaneStep(LaneState state, List<LaneEffect> effects) {
    public LaneStep {
        effects = List.copyOf(effects);
    }
}

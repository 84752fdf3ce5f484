package dev.halfrate.processor.money;

import java.time.Instant;
import java.util.Optional;

/** What models cost, as far as that is known at a time. Safe for use by many threads. */
@FunctionalInterface
public interface Pricing {
    /** Knows no price. */
    Pricing NONE = (model, at) -> Optional.empty();

    /** @return the price that holds at a time; empty if the model or that time has none */
    Optional<Price> of(String model, Instant at);
}

package dev.halfrate.processor.provider;

/** A moment after which nothing more may be sent. */
@FunctionalInterface
public interface Deadline {
    boolean passed();
}

package dev.halfrate.processor.callback;

/** What a record is to an endpoint. */
sealed interface Reading {
    record Told(Event event) implements Reading {}

    /** Nothing that it wants. */
    record Unwanted() implements Reading {}

    /** Nobody can say now: read it again later. */
    record Pending() implements Reading {}
}

package dev.halfrate.processor.source;

/** Nobody can say now how an event is to be read: it has to come again. */
final class EventPendingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EventPendingException() {
        super("the schema registry does not answer yet");
    }
}

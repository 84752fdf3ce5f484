package dev.halfrate.processor.source;

/** A template does not fit an event. The message says where and what to change, and quotes nothing of the event. */
final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TemplateException(String message) {
        super(message);
    }
}

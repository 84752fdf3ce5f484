package dev.halfrate.processor.registry;

/** The registry does not do what is needed of it at start; the message says what to change and holds no secret. */
public final class RegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RegistryException(String message) {
        super(message);
    }
}

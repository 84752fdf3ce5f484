package dev.halfrate.processor.config;

/** The configuration breaks a rule; the message names the key, the rule and the value. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}

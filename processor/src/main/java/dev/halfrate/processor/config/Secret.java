package dev.halfrate.processor.config;

/** A value that must not be seen: its {@link #toString} hides it. */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** @return the value itself, for the one place that sends it */
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "***";
    }
}

package dev.halfrate.simulator;

import java.util.Set;

/** The API keys that are let in; none means any. Never prints a key. */
public record ApiKeys(Set<String> accepted) {

    public ApiKeys {
        accepted = Set.copyOf(accepted);
        if (accepted.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("simulator.api-keys must not be blank");
        }
    }

    public static ApiKeys any() {
        return new ApiKeys(Set.of());
    }

    public static ApiKeys of(String... keys) {
        return new ApiKeys(Set.of(keys));
    }

    boolean accept(String key) {
        return accepted.isEmpty() ? !key.isBlank() : accepted.contains(key);
    }

    @Override
    public String toString() {
        return accepted.isEmpty() ? "any" : accepted.size() + " keys";
    }
}

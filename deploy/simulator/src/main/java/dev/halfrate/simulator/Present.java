package dev.halfrate.simulator;

/** What holds at present of something that may be changed at any time. Safe for use by many threads. */
final class Present<T> {

    private volatile T value;

    Present(T value) {
        this.value = value;
    }

    T get() {
        return value;
    }

    void set(T changed) {
        value = changed;
    }
}

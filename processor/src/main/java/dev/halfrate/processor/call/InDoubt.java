package dev.halfrate.processor.call;

import java.util.Locale;

/** What is done with a request that may have been bought already. */
public enum InDoubt {
    /** It is sent again, and may be bought twice. */
    CALL_AGAIN,
    /** It is never sent again; its result says that nobody knows. */
    SKIP;

    /** @return the word after the option */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

package dev.halfrate.trial;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One square of the matrix. */
record Case(Moment moment, Vendor vendor, Blow blow) {
    /** What happens to the process. */
    enum Blow {
        /** kill -9, or SIGTERM where the moment is a graceful end. */
        KILL,
        /** SIGSTOP until another process has taken over, then SIGCONT. */
        STOP
    }

    /** All of them, in the order of their numbers. */
    static List<Case> all() {
        var cases = new ArrayList<Case>();
        for (var moment : Moment.values()) {
            for (var vendor : Vendor.values()) {
                if (moment.existsAt(vendor)) {
                    cases.add(new Case(moment, vendor, Blow.KILL));
                    if (moment.has(Moment.Trait.STARRED)) {
                        cases.add(new Case(moment, vendor, Blow.STOP));
                    }
                }
            }
        }
        return List.copyOf(cases);
    }

    /** Such as {@code CP12/openai/kill}. */
    String name() {
        return "%s/%s/%s".formatted(moment, vendor.provider(), blow.name().toLowerCase(Locale.ROOT));
    }
}

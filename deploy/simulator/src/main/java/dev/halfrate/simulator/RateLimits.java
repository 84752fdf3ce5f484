package dev.halfrate.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Whether an account may call once more, at one vendor. Safe for use by many threads. */
final class RateLimits {

    static final Duration MINUTE = Duration.ofMinutes(1);
    static final Duration HOUR = Duration.ofHours(1);

    /** What is limited, as vendors call it. */
    enum Kind {
        BATCH_CREATES,
        BATCH_CALLS,
        REQUESTS,
        TOKENS
    }

    record Use(Kind kind, Meter.Standing standing) {}

    private final Present<Limits> limits;
    private final Meter meter;
    private final double speed;
    private final Map<String, Integer> atOnce = new ConcurrentHashMap<>();

    /** @param speed virtual seconds per real second */
    RateLimits(Present<Limits> limits, VirtualClock clock, double speed) {
        this.limits = limits;
        this.speed = speed;
        this.meter = new Meter(clock);
    }

    Limits present() {
        return limits.get();
    }

    /** Empty if there is no limit. */
    Optional<Use> batchCreate(String account) {
        return take(Kind.BATCH_CREATES, account, 1, limits.get().batchCreatesPerHour(), HOUR);
    }

    Optional<Use> batchCall(String account) {
        return take(Kind.BATCH_CALLS, account, 1, limits.get().batchCallsPerMinute(), MINUTE);
    }

    /** What of a synchronous call is limited, up to the first thing there is not enough of. */
    List<Use> call(String account, String model, long tokens) {
        List<Use> uses = new ArrayList<>();
        String of = account + " " + model;
        take(Kind.REQUESTS, of, 1, limits.get().callsPerMinute(), MINUTE).ifPresent(uses::add);
        if (uses.stream().allMatch(use -> use.standing().taken())) {
            take(Kind.TOKENS, of, tokens, limits.get().tokensPerMinute(), MINUTE)
                    .ifPresent(uses::add);
        }
        return uses;
    }

    /** False if the account has as many calls open as it may have. */
    boolean enter(String account) {
        int max = limits.get().callsAtOnce();
        boolean[] entered = {true};
        atOnce.compute(account, (_, open) -> {
            int now = open == null ? 0 : open;
            entered[0] = max == 0 || now < max;
            return entered[0] ? now + 1 : now;
        });
        return entered[0];
    }

    void leave(String account) {
        atOnce.merge(account, -1, Integer::sum);
    }

    /** What a caller has to wait, whose clock is a real one. */
    long realSeconds(Duration duration) {
        return Math.max(1, (long) Math.ceil(duration.toMillis() / 1_000.0 / speed));
    }

    private Optional<Use> take(Kind kind, String of, long amount, long limit, Duration window) {
        return limit == 0
                ? Optional.empty()
                : Optional.of(new Use(kind, meter.take(kind + " " + of, amount, limit, window)));
    }
}

package dev.halfrate.processor.call;

import dev.halfrate.processor.provider.CallOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** A vendor in virtual time: calls end when and how a test says. */
final class VirtualCaller implements Caller {

    /** What becomes of a call, and when. */
    record Reaction(CallOutcome outcome, Duration after) {}

    /** A vendor's mind. */
    @FunctionalInterface
    interface Vendor {
        /**
         * @param time since the beginning
         * @param underWay this one included
         * @param times this request was sent, this one included
         */
        Reaction to(CallRequest request, Duration time, int underWay, int times);
    }

    /** The process dies here. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private record Due(long nanos, Completed completed) {}

    private final Vendor vendor;
    private final PriorityQueue<Due> underWay = new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
    private final List<String> sent = new ArrayList<>();
    private long nanos;
    private int mostAtOnce;
    private int callsLeft = Integer.MAX_VALUE;

    VirtualCaller(Vendor vendor) {
        this.vendor = vendor;
    }

    /** Dies instead of the call after these. */
    VirtualCaller dyingAfter(int calls) {
        callsLeft = calls;
        return this;
    }

    @Override
    public void begin(Pending pending) {
        if (callsLeft-- == 0) {
            throw new Killed();
        }
        var id = pending.request().customId();
        sent.add(id);
        mostAtOnce = Math.max(mostAtOnce, underWay.size() + 1);
        var times = (int) sent.stream().filter(id::equals).count();
        var reaction = vendor.to(pending.request(), Duration.ofNanos(nanos), underWay.size() + 1, times);
        underWay.add(new Due(nanos + reaction.after.toNanos(), new Completed(pending, reaction.outcome, nanos)));
    }

    @Override
    public @Nullable Completed next(Duration atMost) {
        var end = nanos + atMost.toNanos();
        var first = underWay.peek();
        if (first == null || first.nanos > end) {
            nanos = end;
            return null;
        }
        underWay.remove();
        nanos = Math.max(nanos, first.nanos);
        return first.completed;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public double random() {
        return 0.5;
    }

    /** @return custom_ids in the order in which they were sent */
    List<String> sent() {
        return sent;
    }

    int mostAtOnce() {
        return mostAtOnce;
    }

    Duration elapsed() {
        return Duration.ofNanos(nanos);
    }
}

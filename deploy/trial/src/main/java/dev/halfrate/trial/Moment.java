package dev.halfrate.trial;

import dev.halfrate.trial.Vendor.Call;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The moments at which a process dies, by their numbers. Some are crash points in the code; the others are calls
 * that the simulator keeps waiting, on arrival or with their answer, while the process is killed from outside.
 */
@SuppressWarnings("ImmutableEnumChecker") // nobody changes the set
enum Moment {
    CP1(inCode(1)),
    CP2(inCode(1)),
    CP3(inCode(1)),
    CP4(inCode(5)),
    CP5(inCode(1), Trait.UPLOADS),
    CP6(whileAnswerWaits(vendor -> vendor.upload)),
    CP7(inCode(1), Trait.UPLOADS),
    CP8(inCode(1), Trait.UPLOADS),
    CP9(inCode(1), Trait.STARRED),
    CP10(inCode(1), Trait.STARRED),
    CP11(whileCallWaits(vendor -> vendor.create), Trait.STARRED),
    CP12(whileAnswerWaits(vendor -> vendor.create)),
    CP13(inCode(1), Trait.STARRED),
    CP14(inCode(1)),
    CP15(whileAnswerWaits(vendor -> vendor.nextPage), Trait.AFTER_LOST_ANSWER, Trait.MANY_BATCHES),
    CP16(whileAnswerWaits(vendor -> vendor.deleteInput), Trait.AFTER_LOST_CREATE, Trait.STARRED),
    CP17(inCode(1), Trait.AFTER_LOST_CREATE, Trait.STARRED),
    CP18(whileAnswerWaits(vendor -> vendor.cancel), Trait.TWIN, Trait.UPLOADS),
    CP19(inCode(1)),
    CP20(inCode(5)),
    CP21(inCode(1), Trait.SLOW_DOWNLOADS),
    CP22(inCode(1)),
    CP24(inCode(1), Trait.FAILING_LINES),
    CP25(inCode(1)),
    CP26(inCode(2), Trait.UPLOADS),
    CP27(inCode(2), Trait.TAKING_OVER),
    CP28(whileAnswerWaits(vendor -> vendor.create), Trait.GRACEFUL),
    CP29(inCode(1), Trait.TAKING_OVER, Trait.STARRED),
    CP31(inCode(1), Trait.TOO_LARGE),
    CP32(inCode(1), Trait.PAUSED, Trait.STARRED),
    CP33(inCode(1), Trait.ALONE, Trait.UNSENT, Trait.STARRED),
    CP34(whileAnswerWaits(vendor -> vendor.single), Trait.ALONE, Trait.PAID),
    CP35(inCode(1), Trait.ALONE, Trait.PAID, Trait.STARRED),
    CP36(inCode(1), Trait.HEDGED, Trait.STARRED),
    CP37(inCode(1), Trait.HEDGED, Trait.PAID),
    CP38(inCode(1), Trait.PAUSED),
    CP39(inCode(1), Trait.CANCELLED),
    CP40(inCode(1), Trait.CANCELLED, Trait.STARRED),
    CP41(inCode(1), Trait.HELD, Trait.AFTER_LOST_CREATE);

    /** How a moment is brought about. */
    sealed interface Trigger {
        /** @param times the crash point is reached until then */
        record CrashPoint(int times) implements Trigger {}

        /** @param answer whether the call is carried out before it waits */
        record Waiting(Function<Vendor, @Nullable Call> call, boolean answer) implements Trigger {}
    }

    /** What a moment needs. */
    enum Trait {
        /** Stopping there is worth a case too. */
        STARRED,
        /** The process is told to end, not killed. */
        GRACEFUL,
        /** The process finds the work of one that was killed before. */
        TAKING_OVER,
        /** The vendor takes input as files. */
        UPLOADS,
        /** A create never arrives, and its connection is reset. */
        AFTER_LOST_CREATE,
        /** A create is carried out, and its connection is reset. */
        AFTER_LOST_ANSWER,
        /** The vendor has more batches than a page of its list shows. */
        MANY_BATCHES,
        /** Somebody on the way sends a create a second time. */
        TWIN,
        /** A create is refused as too large. */
        TOO_LARGE,
        SLOW_DOWNLOADS,
        FAILING_LINES,
        /** An operator pauses the lanes. */
        PAUSED,
        /** An operator cancels batches. */
        CANCELLED,
        /** A create without a trace is on hold until an operator resolves it. */
        HELD,
        /** Requests are sent alone. */
        ALONE,
        /** Requests are sent alone while their batch runs. */
        HEDGED,
        /** Killed there, a process leaves exposure that nobody was paid for. */
        UNSENT,
        /** What was paid for until then is paid for once more. */
        PAID
    }

    private final Trigger trigger;
    private final Set<Trait> traits;

    Moment(Trigger trigger, Trait... traits) {
        this.trigger = trigger;
        this.traits = Set.of(traits);
    }

    Trigger trigger() {
        return trigger;
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    boolean existsAt(Vendor vendor) {
        var called =
                !(trigger instanceof Trigger.Waiting waiting) || waiting.call().apply(vendor) != null;
        return called && (!has(Trait.UPLOADS) || vendor.upload != null);
    }

    private static Trigger inCode(int times) {
        return new Trigger.CrashPoint(times);
    }

    private static Trigger whileCallWaits(Function<Vendor, @Nullable Call> call) {
        return new Trigger.Waiting(call, false);
    }

    private static Trigger whileAnswerWaits(Function<Vendor, @Nullable Call> call) {
        return new Trigger.Waiting(call, true);
    }
}

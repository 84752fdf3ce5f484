package dev.halfrate.simulator;

import java.util.SplittableRandom;

/** The root of all chance: for each purpose and subject a random stream of its own, the same in every run. */
record Seed(long value) {

    SplittableRandom random(String purpose, long subject) {
        return new SplittableRandom(mix(mix(value ^ purpose.hashCode()) ^ subject));
    }

    /** True for {@code share} of all subjects. */
    boolean hits(String purpose, long subject, double share) {
        return share > 0 && random(purpose, subject).nextDouble() < share;
    }

    /** The finalizer of MurmurHash3, so that neighbouring subjects get unrelated streams. */
    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }
}

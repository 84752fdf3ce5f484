package dev.halfrate.local;

import dev.halfrate.processor.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that has too little heap: all but a tenth of it is taken by something else. */
final class FullHeap {
    private static final double TAKEN_MAX = 0.9;
    private static final int PIECE_BYTES = 500_000;
    private static final List<byte[]> BALLAST = new ArrayList<>();

    private FullHeap() {}

    /** @param arguments as of {@code halfrate} */
    public static void main(String[] arguments) {
        Thread.ofPlatform().daemon().start(FullHeap::fill);
        Main.main(arguments);
    }

    private static void fill() {
        var runtime = Runtime.getRuntime();
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(50);
                if (runtime.totalMemory() - runtime.freeMemory() < TAKEN_MAX * runtime.maxMemory()) {
                    BALLAST.add(new byte[PIECE_BYTES]);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

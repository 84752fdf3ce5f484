package dev.halfrate.processor.doctor;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What this machine, or its container, gives a process. */
final class MachineCheck {
    /** What a process takes besides its heap (docs/operations.md). */
    private static final long BESIDES_HEAP = 230L << 20;

    /** Somewhat below 128 MB: some collectors do not count all of it. */
    private static final long HEAP_MIN = 120L << 20;

    private static final long OPEN_FILES_MIN = 4_096;

    private MachineCheck() {}

    static Verdict memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
                ? memory(Runtime.getRuntime().maxMemory(), machine.getTotalMemorySize())
                : Verdict.skipped("this Java does not tell how much memory there is");
    }

    /**
     * @param heapMax bytes
     * @param memory bytes of the machine or its container
     */
    static Verdict memory(long heapMax, long memory) {
        var found = "heap of up to %s of %s of memory, as this command is started"
                .formatted(Amounts.bytes(heapMax), Amounts.bytes(memory));
        if (heapMax < HEAP_MIN) {
            return Verdict.warn(found, "the largest batches need a heap of 128 MB: -Xmx128m or more");
        }
        if (heapMax + BESIDES_HEAP > memory) {
            return Verdict.warn(
                    found,
                    "a process takes some %s besides its heap, and is killed where that is not there: give it more memory, or a smaller heap (-Xmx)"
                            .formatted(Amounts.bytes(BESIDES_HEAP)));
        }
        return Verdict.ok(found);
    }

    static Verdict openFiles() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? openFiles(unix.getMaxFileDescriptorCount())
                : Verdict.skipped("this system does not tell its limit");
    }

    static Verdict openFiles(long max) {
        var found = "up to %,d".formatted(max);
        return max < OPEN_FILES_MIN
                ? Verdict.warn(
                        found,
                        "raise the limit to %,d or more: ulimit -n, LimitNOFILE= of systemd, or --ulimit nofile of docker"
                                .formatted(OPEN_FILES_MIN))
                : Verdict.ok(found);
    }
}

package dev.halfrate.schemas.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.zip.CRC32C;

/** Which partition of the work topic owns a batch. */
public final class WorkPartition {
    private WorkPartition() {}

    /**
     * @param key of what belongs together: a window, or an account whose batches share one partition
     * @param partitions of the work topic
     */
    public static int of(String key, int partitions) {
        var crc = new CRC32C();
        crc.update(key.getBytes(UTF_8));
        return (int) (crc.getValue() % partitions);
    }
}

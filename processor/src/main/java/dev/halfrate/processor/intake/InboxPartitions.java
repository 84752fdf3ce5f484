package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.utils.Utils;

/** Which lane-inbox partition belongs to a pool: the one that Kafka's default partitioner takes for it as a key. */
public final class InboxPartitions {
    private InboxPartitions() {}

    public static int of(String pool, int partitions) {
        return Utils.toPositive(Utils.murmur2(pool.getBytes(UTF_8))) % partitions;
    }
}

package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

class InboxPartitionsTest {
    @Test
    void poolStaysWhereItIsForEver() {
        // Another answer here would take every pool's state away from it.
        assertThat(InboxPartitions.of("main", 8)).isEqualTo(7);
        assertThat(InboxPartitions.of("openai-main", 8)).isEqualTo(0);
    }

    @Test
    void poolIsWhereKafkasOwnPartitionerWouldPutIt() {
        for (var i = 0; i < 1_000; i++) {
            assertThat(InboxPartitions.of("pool-" + i, 7))
                    .isEqualTo(BuiltInPartitioner.partitionForKey(("pool-" + i).getBytes(UTF_8), 7));
        }
    }
}

package dev.halfrate.processor.topology;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way to a topic.
 *
 * @param partition where it goes, or {@link #BY_KEY}
 */
record Outgoing(byte @Nullable [] value, int partition) {
    /** As any producer of the topic would choose. */
    static final int BY_KEY = -1;

    static final StreamPartitioner<byte[], Outgoing> PARTITIONER = (_, _, outgoing, _) ->
            outgoing.partition == BY_KEY ? Optional.empty() : Optional.of(Set.of(outgoing.partition));

    static Serializer<Outgoing> serializer() {
        var bytes = new ByteArraySerializer();
        return (topic, outgoing) -> bytes.serialize(topic, outgoing.value);
    }
}

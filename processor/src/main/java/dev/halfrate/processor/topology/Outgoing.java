package dev.halfrate.processor.topology;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TopicNameExtractor;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way to a topic.
 *
 * @param topic where it goes
 * @param partition there, or {@link #BY_KEY}
 */
record Outgoing(String topic, byte @Nullable [] value, int partition) {
    /** As any producer of the topic would choose. */
    static final int BY_KEY = -1;

    static final StreamPartitioner<byte[], Outgoing> PARTITIONER = (_, _, outgoing, _) ->
            outgoing.partition == BY_KEY ? Optional.empty() : Optional.of(Set.of(outgoing.partition));

    static final TopicNameExtractor<byte[], Outgoing> TOPIC = new AsItSays();

    /** A name for descriptions of the topology. */
    private record AsItSays() implements TopicNameExtractor<byte[], Outgoing> {
        @Override
        public String extract(byte[] key, Outgoing outgoing, RecordContext context) {
            return outgoing.topic;
        }
    }

    static Serializer<Outgoing> serializer() {
        var bytes = new ByteArraySerializer();
        return (topic, outgoing) -> bytes.serialize(topic, outgoing.value);
    }
}

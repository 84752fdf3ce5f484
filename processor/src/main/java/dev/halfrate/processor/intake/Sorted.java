package dev.halfrate.processor.intake;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.schemas.internal.RefChunk;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * What becomes of the records of one poll: each is in exactly one of these, or comes again.
 *
 * @param chunks refs of accepted requests, by lane
 * @param cancels of requests that were sent before
 * @param tombstones records without a value, which ask for nothing
 * @param counts by partition of the requests topics
 * @param stalled partitions whose records have to wait from this offset on, because nobody can say what they are
 */
record Sorted(
        List<RefChunk> chunks,
        List<Answer> answers,
        List<DeadLetter> deadLetters,
        List<Cancel> cancels,
        int tombstones,
        Map<TopicPartition, ReadCounts> counts,
        Map<TopicPartition, Long> stalled) {
    Sorted {
        chunks = List.copyOf(chunks);
        answers = List.copyOf(answers);
        deadLetters = List.copyOf(deadLetters);
        cancels = List.copyOf(cancels);
        counts = Map.copyOf(counts);
        stalled = Map.copyOf(stalled);
    }

    int routed() {
        return chunks.stream().mapToInt(chunk -> chunk.getRefs().size()).sum();
    }

    /**
     * Somebody does not want a request any more.
     *
     * @param pools in which there may be such a request
     * @param where the record that says so stands
     * @param at epoch milliseconds
     */
    record Cancel(String customId, List<String> pools, String where, long at) {
        Cancel {
            pools = List.copyOf(pools);
        }
    }

    /** The result of a request that does not get into a batch. */
    record Answer(Rejection rejection, Result result) {}
}

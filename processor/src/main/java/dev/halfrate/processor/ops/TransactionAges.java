package dev.halfrate.processor.ops;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * How long transactions have been seen open. Records' timestamps would say more, but not the truth: whoever writes one
 * gives it any.
 */
final class TransactionAges {
    private final Map<TopicPartition, Look> looks = new HashMap<>();

    /** @param startOffset of its first record in the partition */
    record Transaction(long producerId, long startOffset) {}

    /** @param since when each that was open was first seen */
    private record Look(Map<Transaction, Instant> since, Instant at) {}

    /** @param transactions all that are open in the partition now */
    void seen(TopicPartition partition, Collection<Transaction> transactions, Instant now) {
        var last = looks.get(partition);
        var known = last == null ? Map.<Transaction, Instant>of() : last.since();
        looks.put(
                partition,
                new Look(
                        transactions.stream()
                                .distinct()
                                .collect(Collectors.toUnmodifiableMap(
                                        transaction -> transaction,
                                        transaction -> known.getOrDefault(transaction, now))),
                        now));
    }

    /**
     * @return of the oldest one that was open in any partition of the topic when that was last looked at, else zero; nothing grows
     *     older unseen
     */
    Duration oldest(String topic) {
        return looks.entrySet().stream()
                .filter(partition -> partition.getKey().topic().equals(topic))
                .map(Map.Entry::getValue)
                .flatMap(look -> look.since().values().stream().map(since -> Duration.between(since, look.at())))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }
}

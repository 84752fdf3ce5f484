package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.schemas.internal.AttemptOutcome;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.LedgerTwin;
import dev.halfrate.schemas.internal.PartitionEpoch;
import dev.halfrate.trial.Evidence.Place;
import dev.halfrate.trial.Evidence.Sent;
import dev.halfrate.trial.process.TrialException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a reader of committed records has seen so far of results, dead letters and the ledger. */
final class Feeds implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final TopicsConfig topics;
    private final List<String> secrets;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final Map<String, List<Result.Status>> answers = new HashMap<>();
    private final Map<Place, Integer> deadLetters = new HashMap<>();
    private final Map<String, LedgerRecord> ledger = new HashMap<>();
    private final Set<String> leaks = new HashSet<>();
    private final Map<Integer, Owner> owners = new HashMap<>();
    private long resultBytes;
    private int results;

    /** @param secrets what may stand in no header of a dead letter */
    Feeds(String bootstrapServers, TopicsConfig topics, List<String> secrets) {
        this.topics = topics;
        this.secrets = secrets;
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "isolation.level", "read_committed",
                        "enable.auto.commit", "false",
                        "metadata.max.age.ms", "5000"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        partitions = List.of(topics.results(), topics.deadLetters(), topics.ledger()).stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    void poll() {
        for (var entry : consumer.poll(POLL)) {
            if (entry.topic().equals(topics.results())) {
                var result = ResultCodec.fromRecord(entry);
                results++;
                resultBytes += entry.serializedValueSize();
                answers.computeIfAbsent(result.customId(), _ -> new ArrayList<>())
                        .add(result.status());
            } else if (entry.topic().equals(topics.deadLetters())) {
                bury(entry);
            } else if (entry.value() != null) {
                switch (InternalFormat.decodeAny(entry.value())) {
                    case LedgerRecord batch -> ledger.put(new String(entry.key(), UTF_8), batch);
                    case PartitionEpoch epoch ->
                        owners.put(entry.partition(), new Owner(epoch.getInstance(), epoch.getAt()));
                    default -> throw new TrialException("a foreign record in the ledger");
                }
            }
        }
    }

    /** Reads until nothing that is committed by now is left. */
    void drain() {
        var ends = consumer.endOffsets(partitions);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            poll();
        }
    }

    /** @return whether each of these has had an answer or a dead letter, and no batch is under way */
    boolean cover(List<Sent> sent) {
        poll();
        return sent.stream()
                        .allMatch(line -> line.customId() == null
                                ? deadLetters.containsKey(line.place())
                                : answers.containsKey(line.customId()))
                && ledger.values().stream().allMatch(Feeds::isOver);
    }

    /** What is still missing, in one line. */
    String missing(List<Sent> sent) {
        var unanswered = sent.stream()
                .filter(line -> line.customId() != null && !answers.containsKey(line.customId()))
                .count();
        var unburied = sent.stream()
                .filter(line -> line.customId() == null && !deadLetters.containsKey(line.place()))
                .count();
        var open = ledger.values().stream()
                .filter(batch -> !isOver(batch))
                .map(batch -> batch.getBatchId() + " is " + batch.getState())
                .limit(5)
                .toList();
        return "%d requests without a result, %d without a dead letter, %s".formatted(unanswered, unburied, open);
    }

    /** Who took a partition of the ledger over last, and when it had replayed it: epoch milliseconds. */
    record Owner(String instance, long since) {}

    /** By partition. */
    Map<Integer, Owner> owners() {
        return Map.copyOf(owners);
    }

    int results() {
        return results;
    }

    /** Batches that the vendor executes: their remote ones by their ids. */
    Map<String, String> running() {
        return ledger.values().stream()
                .filter(batch -> batch.getState() == LedgerState.RUNNING)
                .collect(Collectors.toMap(LedgerRecord::getBatchId, Feeds::remoteBatch));
    }

    /** @return the remote batch of its last attempt, empty for none */
    String remoteBatch(String batchId) {
        var batch = ledger.get(batchId);
        return batch == null ? "" : remoteBatch(batch);
    }

    private static String remoteBatch(LedgerRecord batch) {
        return batch.getAttempts().isEmpty()
                ? ""
                : batch.getAttempts().getLast().getRemoteBatchId();
    }

    List<LedgerRecord> in(LedgerState state) {
        return ledger.values().stream()
                .filter(batch -> batch.getState() == state)
                .toList();
    }

    Optional<LedgerRecord> batch(String id) {
        return Optional.ofNullable(ledger.get(id));
    }

    boolean hasBatches() {
        poll();
        return !ledger.isEmpty();
    }

    /** @return whether a remote batch is known of */
    boolean hasRemoteBatch() {
        poll();
        return ledger.values().stream()
                .anyMatch(batch -> batch.getAttempts().stream()
                        .anyMatch(attempt -> !attempt.getRemoteBatchId().isEmpty()));
    }

    Map<String, List<Result.Status>> answers() {
        return answers;
    }

    Map<Place, Integer> deadLetters() {
        return deadLetters;
    }

    long resultBytes() {
        return resultBytes;
    }

    /** By encoded bytes. */
    Optional<LedgerRecord> largestBatch() {
        return ledger.values().stream().max(Comparator.comparingLong(LedgerRecord::getBytes));
    }

    Map<String, Evidence.LedgerBatch> batches() {
        var batches = new HashMap<String, Evidence.LedgerBatch>();
        ledger.forEach((id, batch) -> batches.put(
                id,
                new Evidence.LedgerBatch(
                        batch.getState().name(),
                        batch.getAttempts().stream()
                                .map(attempt -> new Evidence.Attempt(attempt.getTag(), isOver(attempt.getOutcome())))
                                .toList(),
                        batch.getTwins().stream()
                                .map(LedgerTwin::getRemoteBatchId)
                                .collect(Collectors.toSet()),
                        batch.getReleasedLines()
                                + batch.getMissingLines()
                                + batch.getTwins().stream()
                                        .mapToInt(LedgerTwin::getLines)
                                        .sum(),
                        batch.getUnansweredCalls() + batch.getHedgedItems(),
                        // Of requests that were cancelled they are no second ones.
                        batch.getHedgedItems() == 0 ? 0 : batch.getLateLines())));
        return batches;
    }

    Set<String> leaks() {
        return leaks;
    }

    private static boolean isOver(LedgerRecord batch) {
        return batch.getState() == LedgerState.SETTLED
                && batch.getTwins().stream().allMatch(LedgerTwin::getOver);
    }

    private static boolean isOver(AttemptOutcome outcome) {
        return switch (outcome) {
            case OPEN, DOUBTFUL -> false;
            case CREATED, REFUSED, ABSENT, REVOKED, RELEASED -> true;
        };
    }

    private void bury(ConsumerRecord<byte[], byte[]> entry) {
        var letter = DeadLetterCodec.fromRecord(entry);
        deadLetters.merge(new Place(letter.partition(), letter.offset()), 1, Integer::sum);
        for (var header : entry.headers()) {
            var text = new String(header.value(), UTF_8);
            if (secrets.stream().anyMatch(text::contains)) {
                leaks.add("the header " + header.key() + " of a dead letter");
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}

package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Commands.Lanes;
import dev.halfrate.processor.ops.Commands.Resolution;
import dev.halfrate.processor.ops.Commands.Wish;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.trial.process.TrialException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * An operator who says everything twice, and looks whether it was done once. Each time from another process, as it were: one
 * that remembers a wish does not tell it again. One thread.
 */
final class Steering {
    private static final String OPERATOR = "trial";
    private static final Lanes LANES = Lanes.of("vendor");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(100);

    private final HalfrateConfig config;
    private final Feeds feeds;
    private final Map<String, Integer> wished = new TreeMap<>();
    private final TreeSet<String> cancelled = new TreeSet<>();
    private final Map<String, TreeSet<Integer>> resolved = new TreeMap<>();

    Steering(HalfrateConfig config, Feeds feeds) {
        this.config = config;
        this.feeds = feeds;
    }

    void pause() {
        say("pause", (commands, wish) -> commands.pause(wish, LANES));
    }

    void resume() {
        say("resume", (commands, wish) -> commands.resume(wish, LANES));
        say("flush", (commands, wish) -> commands.flush(wish, LANES));
    }

    /** One that runs and was not cancelled before. */
    void cancelABatch() {
        feeds.running().keySet().stream()
                .filter(id -> !cancelled.contains(id))
                .findFirst()
                .ifPresent(id -> {
                    cancelled.add(id);
                    cancel(id);
                });
    }

    private void cancel(String id) {
        say("cancel " + id, (commands, wish) -> commands.cancelBatch(wish, id));
    }

    /** Every batch on hold that was not resolved in its present attempt is to be tried again. */
    void resolve() {
        for (var batch : feeds.in(LedgerState.HOLD)) {
            var attempt = batch.getAttempts().getLast().getNumber();
            if (resolved.computeIfAbsent(batch.getBatchId(), _ -> new TreeSet<>())
                    .add(attempt)) {
                resolve(batch.getBatchId(), attempt);
            }
        }
    }

    private void resolve(String id, int attempt) {
        say(
                "resolve %s %d".formatted(id, attempt),
                (commands, wish) -> commands.resolve(wish, id, attempt, Resolution.AGAIN, ""));
    }

    /** Says about batches once more what was said. */
    void repeat() {
        cancelled.forEach(this::cancel);
        resolved.forEach((id, attempts) -> attempts.forEach(attempt -> resolve(id, attempt)));
    }

    private void say(String id, BiConsumer<Commands, Wish> action) {
        wished.merge(id, 1, Integer::sum);
        try (var commands = new Commands(config)) {
            action.accept(commands, new Wish(OPERATOR, id));
        }
    }

    /** @return whether the lanes have written down that they are paused */
    boolean isPaused() {
        var pauses = new HashMap<String, Boolean>();
        eachOf(
                config.lanesChangelog("pauses"),
                pause -> pauses.put(new String(pause.key(), UTF_8), pause.value() != null));
        return pauses.containsValue(true);
    }

    /** Of what was wished, one sentence each. */
    List<String> violations() {
        var violations = new ArrayList<String>();
        var audited = new TreeMap<String, Integer>();
        eachOf(config.topics().audit(), record -> audited.merge(commandId(record), 1, Integer::sum));
        if (!audited.equals(wished)) {
            violations.add("wishes were %s, the audit topic has %s".formatted(wished, audited));
        }
        var ended = cancelled.stream()
                .map(feeds::batch)
                .flatMap(Optional::stream)
                .mapToInt(LedgerRecord::getCancelledCount)
                .sum();
        if (!cancelled.isEmpty() && ended == 0) {
            violations.add("no request of the batches %s was cancelled".formatted(cancelled));
        }
        resolved.forEach((id, attempts) -> {
            var had = feeds.batch(id).map(batch -> batch.getAttempts().size()).orElse(0);
            if (had != attempts.size() + 1) {
                violations.add(
                        "%s had %d attempts after the wishes for another one after %s".formatted(id, had, attempts));
            }
        });
        if (wished.isEmpty()) {
            violations.add("nothing was wished");
        }
        return violations;
    }

    private static String commandId(ConsumerRecord<byte[], byte[]> record) {
        try {
            return JSON.readTree(record.value()).path("command_id").asText();
        } catch (IOException e) {
            throw new TrialException("an audit record cannot be read", e);
        }
    }

    /** All that is committed by now. */
    private void eachOf(String topic, Consumer<ConsumerRecord<byte[], byte[]>> action) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        Objects.requireNonNull(config.kafka().get("bootstrap.servers")),
                        "isolation.level",
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(POLL).forEach(action);
            }
        }
    }
}

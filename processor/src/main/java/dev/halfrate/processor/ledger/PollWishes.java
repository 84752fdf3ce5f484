package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.WorkKeys;
import dev.halfrate.schemas.internal.WorkPartition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the owners of batches, in whatever process they are, that it is worth polling now. Nothing rests on it: whatever is
 * lost here the usual polls find out later.
 */
final class PollWishes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PollWishes.class);

    private static final int WAITING_MAX = 1_000;

    /** One for all: compaction may leave only the last wish of a partition, and may forget that too. */
    private static final byte[] KEY = (WorkKeys.HINTS + "poll").getBytes(UTF_8);

    private record Wish(String account, String remoteBatchId) {}

    private final Map<String, AccountGate> gates;
    private final String workTopic;
    private final int workPartitions;
    private final Producer<byte[], byte[]> producer;
    private final InstantSource clock;
    private final BlockingQueue<Wish> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Thread thread = Thread.ofPlatform().name("ledger-poll-wishes").unstarted(this::run);

    PollWishes(
            Map<String, AccountGate> gates,
            String workTopic,
            int workPartitions,
            Producer<byte[], byte[]> producer,
            InstantSource clock) {
        this.gates = gates;
        this.workTopic = workTopic;
        this.workPartitions = workPartitions;
        this.producer = producer;
        this.clock = clock;
    }

    void start() {
        thread.start();
    }

    void add(String account, String remoteBatchId) {
        if (!waiting.offer(new Wish(account, remoteBatchId))) {
            LOG.info(
                    "account {}: {} has ended, but too many have at once; it is polled as usual",
                    account,
                    remoteBatchId);
        }
    }

    private void run() {
        try {
            while (true) {
                var wish = waiting.take();
                try {
                    passOn(wish);
                } catch (RuntimeException e) {
                    LOG.warn("account {}: {} is polled as usual", wish.account, wish.remoteBatchId, e);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void passOn(Wish wish) throws InterruptedException {
        var gate = gates.get(wish.account);
        // A paused account must not keep the others waiting.
        if (gate != null
                && gate.open()
                && gate.callNow(provider -> provider.lookUp(wish.remoteBatchId))
                        instanceof SweepOutcome.Swept(var batches)) {
            batches.stream().filter(listed -> !listed.batchId().isEmpty()).forEach(listed -> {
                var _ = producer.send(command(wish, listed.batchId()));
            });
        }
    }

    private ProducerRecord<byte[], byte[]> command(Wish wish, String batchId) {
        var command = Command.newBuilder()
                .setKind(CommandKind.POLL)
                .setCommandId("poll/" + wish.remoteBatchId)
                .setPool("")
                .setLane(null)
                .setTarget(batchId)
                .setArguments(Map.of(CommandArguments.REMOTE_BATCH_ID, wish.remoteBatchId))
                .setAt(clock.millis())
                .setBy("webhook of " + wish.account)
                .build();
        var partition = WorkPartition.of(WorkKeys.windowOf(batchId), workPartitions);
        return new ProducerRecord<>(workTopic, partition, KEY, InternalFormat.COMMAND.encode(command));
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        producer.close(Duration.ofSeconds(5));
    }
}

package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.Audit;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Tells owners, whatever process they are in, what an operator wishes, and writes it down for auditors in the same
 * transaction. All of it is idempotent: to wish it again changes nothing, and with the same id is not even told again, as long as this process
 * remembers. Whether anything came of it shows in the status.
 * Safe for use by many threads.
 */
public final class Commands implements AutoCloseable {
    private static final int TOLD_MAX = 1_000;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final HalfrateConfig config;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final InstantSource clock;
    private @Nullable Producer<byte[], byte[]> producer;

    /** By their id, the last ones that were told. */
    private final LinkedHashMap<String, Told> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
            return size() > TOLD_MAX;
        }
    };

    /** What a wish was. */
    private record Told(CommandKind kind, String by, String target, Map<String, String> arguments) {}

    /** Connects when the first wish comes. */
    public Commands(HalfrateConfig config) {
        this(config, () -> producer(config), InstantSource.system());
    }

    /** @param producers each is closed, and another one made, if it fails */
    public Commands(HalfrateConfig config, Supplier<Producer<byte[], byte[]>> producers, InstantSource clock) {
        this.config = config;
        this.producers = producers;
        this.clock = clock;
    }

    /** @throws StartupException if the cluster does not answer */
    public static Commands open(HalfrateConfig config) throws InterruptedException {
        TopicSetup.awaitReachable(config.bootstrapServers());
        return new Commands(config);
    }

    private static Producer<byte[], byte[]> producer(HalfrateConfig config) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "%s-commands-%s".formatted(config.application(), UUID.randomUUID()));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Who wishes something.
     *
     * @param id of the wish, the same if it is repeated
     */
    public record Wish(String by, String id) {
        /** A new one. */
        public static Wish of(String by) {
            return new Wish(by, UUID.randomUUID().toString());
        }
    }

    /** A wish has the id of another one. */
    public static final class IdTakenException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private IdTakenException(String id) {
            super("another wish has the id %s: each needs one of its own".formatted(id));
        }
    }

    /** What lanes are meant: one, by its name, or all of an account. */
    public record Lanes(String account, String lane) {
        /** @param name as the status shows it */
        public static Lanes named(String name) {
            var slash = name.indexOf('/');
            return new Lanes(slash < 0 ? name : name.substring(0, slash), name);
        }

        public static Lanes of(String account) {
            return new Lanes(account, "");
        }
    }

    /** Nothing of them is sealed until they are resumed; what is sealed goes on. */
    public void pause(Wish wish, Lanes lanes) {
        send(CommandKind.PAUSE, "pause", wish, lanes);
    }

    public void resume(Wish wish, Lanes lanes) {
        send(CommandKind.RESUME, "resume", wish, lanes);
    }

    /** What waits in them now waits for no more. */
    public void flush(Wish wish, Lanes lanes) {
        send(CommandKind.FLUSH, "flush", wish, lanes);
    }

    private void send(CommandKind kind, String action, Wish wish, Lanes lanes) {
        var arguments = new HashMap<>(Map.of(CommandArguments.ACCOUNT, lanes.account));
        if (!lanes.lane.isEmpty()) {
            arguments.put(CommandArguments.LANE, lanes.lane);
        }
        write(
                kind,
                wish,
                List.of(account(lanes).pool()),
                "",
                arguments,
                audit(action, wish, lanes.lane.isEmpty() ? lanes.account : "", lanes.lane, "", "", "", 0, ""));
    }

    /** @throws IllegalArgumentException if there is no such account */
    private AccountConfig account(Lanes lanes) {
        return config.accounts().stream()
                .filter(account -> account.name().equals(lanes.account))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no account is named '%s': there are %s; a lane's name begins with its account's, such as main/gpt-4o/v1/chat/completions"
                                .formatted(
                                        lanes.account,
                                        String.join(
                                                ", ",
                                                config.accounts().stream()
                                                        .map(AccountConfig::name)
                                                        .toList()))));
    }

    /** All of the batch's requests that have not ended end as cancelled. */
    public void cancelBatch(Wish wish, String batchId) {
        write(
                CommandKind.CANCEL_BATCH,
                wish,
                pools(),
                batchId,
                Map.of(),
                audit("cancel", wish, "", "", batchId, "", "", 0, ""));
    }

    /** The request ends as cancelled, wherever it is. */
    public void cancelRequest(Wish wish, String customId) {
        write(
                CommandKind.CANCEL_REQUEST,
                wish,
                pools(),
                customId,
                Map.of(),
                audit("cancel", wish, "", "", "", customId, "", 0, ""));
    }

    /** How a hold may go on. */
    public enum Resolution {
        LOOK,
        FOUND,
        AGAIN
    }

    /**
     * Says what is to be done about a batch on hold.
     *
     * @param attempt its number, as the status has it; if it is another one by then nothing happens
     * @param remoteBatchId that was found; empty otherwise
     */
    public void resolve(Wish wish, String batchId, int attempt, Resolution resolution, String remoteBatchId) {
        write(
                CommandKind.RESOLVE,
                wish,
                pools(),
                batchId,
                Map.of(
                        CommandArguments.RESOLUTION, resolution.name(),
                        CommandArguments.ATTEMPT, Integer.toString(attempt),
                        CommandArguments.REMOTE_BATCH_ID, remoteBatchId),
                audit(
                        "resolve",
                        wish,
                        "",
                        "",
                        batchId,
                        "",
                        resolution.name().toLowerCase(Locale.ROOT),
                        attempt,
                        remoteBatchId));
    }

    /** Whose batch or request it is, its owner knows; to all others it is nobody's. */
    private List<String> pools() {
        return config.accounts().stream().map(AccountConfig::pool).distinct().toList();
    }

    private Audit audit(
            String action,
            Wish wish,
            String account,
            String lane,
            String batchId,
            String customId,
            String resolution,
            int attempt,
            String remoteBatchId) {
        return new Audit(
                clock.instant(),
                wish.by,
                action,
                account,
                lane,
                batchId,
                customId,
                resolution,
                attempt,
                remoteBatchId,
                wish.id);
    }

    private synchronized void write(
            CommandKind kind,
            Wish wish,
            List<String> pools,
            String target,
            Map<String, String> arguments,
            Audit audit) {
        var asked = new Told(kind, wish.by, target, Map.copyOf(arguments));
        var before = told.get(wish.id);
        if (asked.equals(before)) {
            return;
        }
        if (before != null) {
            throw new IdTakenException(wish.id);
        }
        try {
            var open = connected();
            open.beginTransaction();
            for (var pool : pools) {
                var command = new Command(kind, wish.id, pool, null, target, arguments, clock.millis(), wish.by);
                var _ = open.send(new ProducerRecord<>(
                        config.topics().laneInbox(), pool.getBytes(UTF_8), InternalFormat.COMMAND.encode(command)));
            }
            var _ = open.send(audit.toRecord(config.topics().audit()));
            open.commitTransaction();
            told.put(wish.id, asked);
        } catch (KafkaException e) {
            close();
            throw new StartupException(
                    "it could not be written, or nobody knows: %s; ask again".formatted(e.getMessage()), e);
        }
    }

    private Producer<byte[], byte[]> connected() {
        var open = producer;
        if (open == null) {
            open = producers.get();
            producer = open;
            open.initTransactions();
        }
        return open;
    }

    @Override
    public synchronized void close() {
        var open = producer;
        producer = null;
        if (open != null) {
            // What it has begun, the broker ends.
            open.close(CLOSE_WITHIN);
        }
    }
}

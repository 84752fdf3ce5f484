package dev.halfrate.processor.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the lanes in this process. */
public final class LaneStreams implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneStreams.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(20);
    /** Ends of the lanes' thread within {@link #REPLACEMENTS_PERIOD} that are borne. */
    private static final int REPLACEMENTS_MAX = 20;

    private static final Duration REPLACEMENTS_PERIOD = Duration.ofHours(1);

    /** A name that nobody reaches; for processes that do not say how they are. */
    private static final String NOT_ADVERTISED = "not-advertised.";

    private final KafkaStreams streams;
    private final HostInfo self;
    private final KafkaStreamsMetrics metrics;
    private final Deque<Long> replacedAtNanos = new ArrayDeque<>();

    /**
     * @param advertised host:port at which operators' questions reach this process; empty if they do not
     * @param instance a static member of the group: restarted at once after a crash, it has its partitions again at once
     * @param onFailure told once if the lanes cannot go on
     */
    public LaneStreams(
            LaneTopology topology,
            LaneStreamsSettings settings,
            String advertised,
            String instance,
            Consumer<Throwable> onFailure) {
        var properties = settings.properties();
        var server = advertised.isEmpty() ? NOT_ADVERTISED + instance + ":1" : advertised;
        properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, server);
        this.self = requireNonNull(HostInfo.buildFromEndpoint(server));
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instance);
        // Partitions of a process that stays away move on after this; longer than a restart takes.
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 15_000);
        this.streams = topology.tracing().isOn()
                ? new KafkaStreams(topology.get(), properties, new TracedClients(topology.tracing()))
                : new KafkaStreams(topology.get(), properties);
        this.metrics = new KafkaStreamsMetrics(streams);
        metrics.bindTo(topology.meters());
        streams.setUncaughtExceptionHandler(failure -> {
            if (beganAnew(failure)) {
                onFailure.accept(new IllegalStateException(
                        "the lanes' offsets are gone or point to nothing: start again to see what it costs", failure));
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            }
            // A broker that is away for a while ends the thread; a defect ends every one that replaces it.
            if (mayReplace(System.nanoTime())) {
                LOG.warn("the lanes' thread ended and is replaced", failure);
                return StreamThreadExceptionResponse.REPLACE_THREAD;
            }
            onFailure.accept(failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    /** @return whether Kafka would have had to choose where to read */
    private static boolean beganAnew(@Nullable Throwable failure) {
        return failure != null && (failure instanceof InvalidOffsetException || beganAnew(failure.getCause()));
    }

    private synchronized boolean mayReplace(long nowNanos) {
        replacedAtNanos.removeIf(at -> nowNanos - at > REPLACEMENTS_PERIOD.toNanos());
        replacedAtNanos.add(nowNanos);
        return replacedAtNanos.size() <= REPLACEMENTS_MAX;
    }

    /** @return why they do not run, for an operator; empty if they do */
    public Optional<String> notReady() {
        return switch (streams.state()) {
            case RUNNING -> Optional.empty();
            case CREATED, REBALANCING -> Optional.of("lanes: get their partitions and read their state");
            case PENDING_SHUTDOWN, NOT_RUNNING, PENDING_ERROR, ERROR -> Optional.of("lanes: have stopped");
        };
    }

    /**
     * Who has a pool's lanes.
     *
     * @param here whether they are this process's
     * @param address host:port of the process that has them; empty if it does not say
     */
    public record Owner(int inboxPartition, boolean here, String address) {}

    /** @return empty as long as lanes change hands */
    public Optional<Owner> owner(String pool) {
        var metadata = streams.state() == KafkaStreams.State.RUNNING
                ? streams.queryMetadataForKey(LaneStores.LANES, pool, LaneStreams::partition)
                : KeyQueryMetadata.NOT_AVAILABLE;
        if (metadata == null || metadata.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
            return Optional.empty();
        }
        var host = metadata.activeHost();
        var known = !host.host().startsWith(NOT_ADVERTISED);
        return Optional.of(
                new Owner(metadata.partition(), host.equals(self), known ? host.host() + ":" + host.port() : ""));
    }

    /** As intake does. */
    private static Optional<Set<Integer>> partition(String topic, String pool, @Nullable Object value, int partitions) {
        return Optional.of(Set.of(Utils.toPositive(Utils.murmur2(pool.getBytes(UTF_8))) % partitions));
    }

    /**
     * Looks for a request in lanes of this process; one search at a time.
     *
     * @return empty if they have just changed hands
     */
    public synchronized Optional<List<Sighting>> find(int inboxPartition, String pool, String customId) {
        try {
            return Optional.of(new LaneSearch(
                            store(LaneStores.LANES, inboxPartition),
                            store(LaneStores.CHUNKS, inboxPartition),
                            store(LaneStores.DELAYED, inboxPartition),
                            store(LaneStores.IDS, inboxPartition),
                            store(LaneStores.BATCHES, inboxPartition))
                    .find(pool, customId));
        } catch (InvalidStateStoreException e) {
            LOG.debug("lanes of inbox partition {} cannot be asked", inboxPartition, e);
            return Optional.empty();
        }
    }

    private <K, V> ReadOnlyKeyValueStore<K, V> store(String name, int partition) {
        return streams.store(StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.<K, V>keyValueStore())
                .withPartition(partition));
    }

    public void start() {
        streams.start();
    }

    @Override
    public void close() {
        metrics.close();
        streams.close(CLOSE_WAIT);
    }
}

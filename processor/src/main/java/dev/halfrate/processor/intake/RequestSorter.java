package dev.halfrate.processor.intake;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.RequestDecoder;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.Traceparent;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Mode;
import dev.halfrate.processor.config.RequestsConfig;
import dev.halfrate.processor.intake.ChunkBuilder.Origin;
import dev.halfrate.processor.intake.Router.Asked;
import dev.halfrate.processor.intake.Router.Destination;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Decides what becomes of request records. The same records at the same time give the same decisions. */
final class RequestSorter {
    private static final ReadCounts READ = new ReadCounts(1, 0, 0, 0, 0, true);
    private static final ReadCounts TOMBSTONE = new ReadCounts(0, 1, 0, 0, 0, true);
    /** No request either. */
    private static final ReadCounts COMMANDED = TOMBSTONE;

    private static final ReadCounts ROUTED = new ReadCounts(0, 0, 1, 0, 0, true);
    private static final ReadCounts REJECTED = new ReadCounts(0, 0, 0, 1, 0, true);
    private static final ReadCounts DEAD_LETTERED = new ReadCounts(0, 0, 0, 0, 1, true);

    private final RequestDecoder decoder;
    private final Router router;
    private final RequestsConfig requests;
    private final ResultRules rules;
    private final Map<String, Source> sources;
    private final Topics topics;

    /**
     * @param schemas that requests in Avro are written with
     * @param capabilities of every account, by its name
     */
    RequestSorter(HalfrateConfig config, WriterSchemas schemas, Map<String, Capabilities> capabilities, Topics topics) {
        this.decoder = new RequestDecoder(schemas);
        this.router = new Router(config, capabilities);
        this.requests = config.requests();
        this.rules = new ResultRules(config.results());
        this.sources = topics.ids().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, topic -> new Source(topicId(topic.getValue()), topic.getKey())));
        this.topics = topics;
    }

    /** @param now what ages are measured by */
    Sorted sort(Iterable<ConsumerRecord<byte[], byte[]>> records, Instant now) {
        var sorting = new Sorting(now);
        records.forEach(sorting::add);
        return sorting.done();
    }

    private static TopicId topicId(Uuid id) {
        return new TopicId(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }

    private static Optional<String> customId(byte @Nullable [] key) {
        try {
            var text = key == null
                    ? ""
                    : StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(key))
                            .toString();
            return Optional.of(text).filter(id -> !id.isEmpty() && id.length() <= RequestParser.CUSTOM_ID_CHARS_MAX);
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /** Avro's generated code has no annotations, its schema does allow null here. */
    @SuppressWarnings("NullAway")
    private static String nullAllowed(@Nullable String value) {
        return value;
    }

    /** The records of one poll. */
    private final class Sorting {
        private final Instant now;
        private final Map<Origin, ChunkBuilder> chunks = new LinkedHashMap<>();
        private final Map<Asked, Destination> destinations = new HashMap<>();
        private final Map<Asked, ChunkBuilder> chunksByAsked = new HashMap<>();
        private final List<Sorted.Answer> answers = new ArrayList<>();
        private final List<DeadLetter> deadLetters = new ArrayList<>();
        private final Map<TopicPartition, ReadCounts> counts = new HashMap<>();
        private final List<Sorted.Cancel> cancels = new ArrayList<>();
        private final Map<TopicPartition, Long> stalled = new HashMap<>();
        private int tombstones;

        Sorting(Instant now) {
            this.now = now;
        }

        void add(ConsumerRecord<byte[], byte[]> received) {
            var partition = new TopicPartition(received.topic(), received.partition());
            if (stalled.containsKey(partition)) {
                return;
            }
            var value = received.value();
            var command = Wishes.command(received.headers());
            if (!command.isEmpty()) {
                command(received, command);
                return;
            }
            if (value == null) {
                tombstones++;
                count(received, TOMBSTONE);
                return;
            }
            var parsed = decoder.decode(value, received.headers());
            if (parsed.isEmpty()) {
                stalled.put(partition, received.offset());
                return;
            }
            count(received, READ);
            switch (parsed.get()) {
                case Parsed.Request request -> route(received, value, request);
                case Parsed.Rejected(var customId, var model, var rejection, var message) ->
                    answer(
                            received,
                            customId,
                            model,
                            Echo.of(requests, received.headers(), value, null),
                            null,
                            rejection,
                            message);
                case Parsed.Unusable(var reason, var message) -> bury(received, reason, message);
            }
        }

        Sorted done() {
            var full = new ArrayList<RefChunk>();
            chunks.values().forEach(builder -> full.addAll(builder.toChunks()));
            return new Sorted(full, answers, deadLetters, cancels, tombstones, counts, stalled);
        }

        private void count(ConsumerRecord<?, ?> received, ReadCounts more) {
            counts.merge(new TopicPartition(received.topic(), received.partition()), more, ReadCounts::plus);
        }

        /** Its key says which request is meant; a value is of no use to it. */
        private void command(ConsumerRecord<byte[], byte[]> received, String command) {
            var customId = customId(received.key());
            if (!command.equals(Wishes.CANCEL)) {
                count(received, READ);
                bury(
                        received,
                        DeadLetter.Reason.COMMAND,
                        "header %s must be %s, or left out for a request".formatted(Wishes.COMMAND, Wishes.CANCEL));
            } else if (customId.isEmpty()) {
                count(received, READ);
                bury(
                        received,
                        DeadLetter.Reason.CUSTOM_ID,
                        "the key of a record with header %s must be the custom_id that is meant, 1..%d characters in UTF-8"
                                .formatted(Wishes.COMMAND, RequestParser.CUSTOM_ID_CHARS_MAX));
            } else {
                count(received, COMMANDED);
                cancels.add(new Sorted.Cancel(
                        customId.get(),
                        router.pools(
                                received.topic(), Wishes.of(received.headers()).account()),
                        "%s/%d/%d".formatted(topics.idOf(received.topic()), received.partition(), received.offset()),
                        now.toEpochMilli()));
            }
        }

        private void route(ConsumerRecord<?, ?> received, byte[] value, Parsed.Request request) {
            var wishes = Wishes.of(received.headers());
            var echo = Echo.of(requests, received.headers(), value, request.metadata());
            var fault = Wishes.fault(received.headers()).or(() -> rules.fault(received.topic(), wishes));
            if (fault.isPresent()) {
                answer(
                        received,
                        request.customId(),
                        request.model(),
                        echo,
                        null,
                        Rejection.HEADER_INVALID,
                        fault.get());
                return;
            }
            if (!echo.fault().isEmpty()) {
                answer(received, request.customId(), request.model(), echo, null, Rejection.ECHO_INVALID, echo.fault());
                return;
            }
            var asked = new Asked(received.topic(), request.url(), request.model(), wishes);
            var destination = destinations.computeIfAbsent(asked, router::destination);
            switch (destination.of(request.bodyBytes())) {
                case Router.Route.Closed(var account, var rejection, var message) ->
                    answer(received, request.customId(), request.model(), echo, account, rejection, message);
                case Router.Route.Open open -> accept(received, value, request, asked, echo, open);
            }
        }

        private void accept(
                ConsumerRecord<?, ?> received,
                byte[] value,
                Parsed.Request request,
                Asked asked,
                Echo echo,
                Router.Route.Open open) {
            var wishes = asked.wishes();
            var requestedAt = requestedAt(received);
            var expiresAt = requestedAt.plus(requests.ttl());
            if (!expiresAt.isAfter(now)) {
                answer(
                        received,
                        request.customId(),
                        request.model(),
                        echo,
                        null,
                        Rejection.REQUEST_EXPIRED,
                        "the request was %s old when it was read, but requests live %s: send it again"
                                .formatted(age(requestedAt), Durations.format(requests.ttl())));
                return;
            }
            var body = ByteBuffer.wrap(value, request.bodyOffset(), request.bodyBytes());
            var ref = new Ref(
                    0,
                    received.partition(),
                    received.offset(),
                    request.customId(),
                    request.bodyOffset(),
                    request.bodyBytes(),
                    open.lineBytes(),
                    new Hash(ContentHash.of(request.url(), body)),
                    requestedAt.toEpochMilli(),
                    expiresAt.toEpochMilli(),
                    0,
                    0,
                    wishes.tag(),
                    nullAllowed(Traceparent.read(received.headers())),
                    echo.headers(),
                    request.outputTokensMax(),
                    request.prefix(),
                    deadline(wishes, open, requestedAt, expiresAt),
                    open.mode() == Mode.AUTO,
                    rules.of(received.topic(), open.lane().getAccount(), request.model(), wishes),
                    echo.metadata(),
                    0L);
            count(received, ROUTED);
            chunksByAsked
                    .computeIfAbsent(asked, _ -> chunk(received.topic(), open))
                    .add(ref);
        }

        /** Those who ask differently may still share a lane. */
        private ChunkBuilder chunk(String topic, Router.Route.Open open) {
            var source = requireNonNull(sources.get(topic));
            return chunks.computeIfAbsent(
                    new Origin(open.lane(), source), origin -> new ChunkBuilder(open.pool(), origin));
        }

        /** @return epoch milliseconds, 0 where none counts */
        private static long deadline(Wishes wishes, Router.Route.Open open, Instant requestedAt, Instant expiresAt) {
            return open.mode() == Mode.AUTO
                    ? wishes.deadline(requestedAt)
                            // Later than the request lives it would mean nothing.
                            .map(at -> Math.clamp(at.toEpochMilli(), 1, expiresAt.toEpochMilli()))
                            .orElse(0L)
                    : 0;
        }

        private void answer(
                ConsumerRecord<?, ?> received,
                String customId,
                String model,
                Echo echo,
                @Nullable AccountConfig account,
                Rejection rejection,
                String message) {
            var permanent = rejection != Rejection.REQUEST_EXPIRED;
            var wishes = Wishes.fault(received.headers()).isEmpty() ? Wishes.of(received.headers()) : Wishes.NONE;
            var name = account == null ? "" : account.name();
            var result = Result.unsent(
                    new Result.Request(
                            customId,
                            wishes.tag(),
                            requestedAt(received),
                            Traceparent.read(received.headers()),
                            echo.headers(),
                            echo.metadata(),
                            rules.of(received.topic(), name, model, wishes)),
                    rejection.status(),
                    account == null ? "" : account.provider(),
                    name,
                    model,
                    new Result.Failure(rejection.code(), message, permanent),
                    0,
                    now);
            count(received, REJECTED);
            answers.add(new Sorted.Answer(rejection, result));
        }

        private void bury(ConsumerRecord<byte[], byte[]> received, DeadLetter.Reason reason, String message) {
            count(received, DEAD_LETTERED);
            deadLetters.add(DeadLetters.of(received, reason, message, topics));
        }

        private Instant requestedAt(ConsumerRecord<?, ?> received) {
            return RecordTime.of(received, now);
        }

        private String age(Instant requestedAt) {
            return Durations.format(Duration.between(requestedAt, now).truncatedTo(ChronoUnit.SECONDS));
        }
    }
}

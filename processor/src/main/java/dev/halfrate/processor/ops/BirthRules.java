package dev.halfrate.processor.ops;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Where each group may begin to read.
 *
 * <p>A birth is recorded together with a first offset for each partition, in one transaction. So a partition of a
 * recorded birth that has no offset has lost it, and one that no birth covers was never read.
 */
final class BirthRules {
    /**
     * What a topic is to us.
     *
     * @param key of its birth
     * @param group that reads it and keeps offsets, null for none
     * @param metadata of a partition's first offset
     */
    record Role(String key, String topic, @Nullable String group, String metadata, Kind kind) {
        boolean internal() {
            return kind == Kind.INTERNAL;
        }

        /** @return what it holds, in the plural */
        String contents() {
            return switch (kind) {
                case REQUESTS -> "requests";
                case EVENTS -> "events";
                case INTERNAL -> "records of what is under way";
            };
        }
    }

    /** Whose a topic is. */
    enum Kind {
        /** Users' requests. */
        REQUESTS,
        /** Other people's events, of which sources make requests. */
        EVENTS,
        /** Ours alone. */
        INTERNAL
    }

    /** A topic as it is. */
    record Shape(Uuid id, int partitions) {}

    /** A topic as it was when its partitions were first given offsets. */
    record Birth(String topic, Uuid id, int partitions) {}

    /** Offsets that a partition holds, from (inclusive) to until (exclusive). */
    record Range(long from, long until) {
        boolean takes(long offset) {
            return from <= offset && offset <= until;
        }

        long nearest(long offset) {
            return Math.clamp(offset, from, until);
        }
    }

    /**
     * What was found.
     *
     * @param shapes by topic; one that does not exist is missing
     * @param births by key
     * @param offsets that the groups have committed
     * @param ranges of every partition of every topic
     */
    record Found(
            Map<String, Shape> shapes,
            Map<String, Birth> births,
            Map<TopicPartition, OffsetAndMetadata> offsets,
            Map<TopicPartition, Range> ranges) {}

    /**
     * What follows.
     *
     * @param faults a line each; while there are any, nothing may be written or started
     * @param births to record; null for one to forget
     * @param offsets to commit together with them, by group
     * @param used what was accepted and had to be
     */
    record Decision(
            List<String> faults,
            Map<String, @Nullable Birth> births,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets,
            Set<Guard> used) {
        boolean changesNothing() {
            return faults.isEmpty() && births.isEmpty() && offsets.isEmpty();
        }
    }

    /** Of an offset that is chosen anew: who reads on begins to count anew, and knows it. */
    private static final String NO_METADATA = "";

    private final List<Role> roles;
    private final Found found;
    private final Set<Guard> accepted;
    private final List<String> faults = new ArrayList<>();
    private final Map<String, @Nullable Birth> births = new LinkedHashMap<>();
    private final Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new LinkedHashMap<>();
    private final Set<Guard> used = EnumSet.noneOf(Guard.class);

    private BirthRules(List<Role> roles, Found found, Set<Guard> accepted) {
        this.roles = roles;
        this.found = found;
        this.accepted = accepted;
    }

    static Decision decide(List<Role> roles, Found found, Set<Guard> accepted) {
        return new BirthRules(roles, found, accepted).decide();
    }

    private Decision decide() {
        if (!found.births().isEmpty() || !hasLived() || isAccepted(Guard.LOST_BIRTHS, """
                it is not recorded which topics the application began with, but it has read or written them before: to begin \
                anew could buy again or lose whatever is under way; restore the topic of births, or take the other topics as \
                they are""")) {
            roles.forEach(this::look);
        }
        return new Decision(List.copyOf(faults), births, offsets, used);
    }

    private boolean hasLived() {
        return !found.offsets().isEmpty()
                || roles.stream()
                        .filter(Role::internal)
                        .flatMap(role -> partitions(role, 0))
                        .anyMatch(partition -> range(partition).until() > 0);
    }

    private void look(Role role) {
        var shape = found.shapes().get(role.topic());
        var birth = found.births().get(role.key());
        if (shape == null) {
            if (birth != null && isAccepted(Guard.CHANGED_OWN_TOPICS, role.topic() + whatGoes("is gone"))) {
                births.put(role.key(), null);
            }
        } else if (birth == null) {
            begin(role, shape, 0);
        } else if (!birth.id().equals(shape.id())) {
            if (isAccepted(
                    again(role),
                    "topic %s was deleted and created again (its id was %s and is %s)%s"
                            .formatted(role.topic(), birth.id(), shape.id(), whatComesAgain(role)))) {
                beginAnew(role, shape);
            }
        } else if (role.internal() && birth.partitions() != shape.partitions()) {
            if (isAccepted(
                    Guard.CHANGED_OWN_TOPICS,
                    "topic %s has %d partitions and had %d: pools and batches would change owners%s"
                            .formatted(role.topic(), shape.partitions(), birth.partitions(), whatGoes("")))) {
                begin(role, shape, 0);
            }
        } else {
            checkOffsets(role, birth);
            if (shape.partitions() > birth.partitions()) {
                begin(role, shape, birth.partitions());
            }
        }
    }

    private static Guard again(Role role) {
        return switch (role.kind()) {
            case REQUESTS -> Guard.NEW_REQUESTS_TOPIC;
            case EVENTS -> Guard.NEW_SOURCE_TOPIC;
            case INTERNAL -> Guard.CHANGED_OWN_TOPICS;
        };
    }

    private static String whatComesAgain(Role role) {
        return switch (role.kind()) {
            case REQUESTS ->
                ": requests of the old one that wait for a batch will fail as body_gone, and what"
                        + " was copied into the new one is bought again; read it from its beginning";
            case EVENTS ->
                ": events of the old one that were not read become no requests, and what was copied into the new one is"
                        + " bought again; read it from its beginning";
            case INTERNAL -> whatGoes("");
        };
    }

    private static String whatGoes(String how) {
        return (how.isEmpty() ? "" : " " + how)
                + ": what it held of the requests and batches under way is unknown, they may be bought again or lost;"
                + " restore it, or go on without it";
    }

    /** Records the birth; partitions from the given one on begin at their beginning, unless they have an offset. */
    private void begin(Role role, Shape shape, int from) {
        births.put(role.key(), new Birth(role.topic(), shape.id(), shape.partitions()));
        partitions(role, from)
                .filter(partition -> !found.offsets().containsKey(partition))
                .forEach(partition -> commit(role, partition, range(partition).from(), role.metadata()));
    }

    /** Offsets in a topic of another id mean nothing. */
    private void beginAnew(Role role, Shape shape) {
        births.put(role.key(), new Birth(role.topic(), shape.id(), shape.partitions()));
        partitions(role, 0)
                .forEach(partition -> commit(role, partition, range(partition).from(), NO_METADATA));
    }

    private void checkOffsets(Role role, Birth birth) {
        var group = role.group();
        if (group == null) {
            return;
        }
        var lost = new ArrayList<TopicPartition>();
        var outside = new LinkedHashMap<TopicPartition, OffsetAndMetadata>();
        partitions(role, 0).limit(birth.partitions()).forEach(partition -> {
            var offset = found.offsets().get(partition);
            if (offset == null) {
                lost.add(partition);
            } else if (!range(partition).takes(offset.offset())) {
                outside.put(partition, offset);
            }
        });
        if (!lost.isEmpty() && isAccepted(Guard.LOST_OFFSETS, lostOffsets(role, group, lost))) {
            lost.forEach(partition -> commit(role, partition, range(partition).from(), NO_METADATA));
        }
        if (!outside.isEmpty() && isAccepted(Guard.OFFSETS_OUT_OF_RANGE, outOfRange(role, group, outside))) {
            outside.forEach((partition, offset) ->
                    commit(role, partition, range(partition).nearest(offset.offset()), offset.metadata()));
        }
    }

    private String lostOffsets(Role role, String group, List<TopicPartition> lost) {
        var records = lost.stream()
                .map(this::range)
                .mapToLong(range -> range.until() - range.from())
                .sum();
        return "group %1$s has no offset any more for %2$s (deleted, or expired while nobody ran): to begin anew would %3$s;"
                        .formatted(
                                group,
                                numbers(role.topic(), lost),
                                role.internal()
                                        ? "read %d old records of what is under way again".formatted(records)
                                        : "buy up to %d %s again".formatted(records, role.contents()))
                + " set it with kafka-consumer-groups.sh --group %s --reset-offsets, or begin anew".formatted(group);
    }

    private String outOfRange(Role role, String group, Map<TopicPartition, OffsetAndMetadata> outside) {
        var where = outside.entrySet().stream()
                .map(entry -> "%s at %d, which holds %d to %d"
                        .formatted(
                                entry.getKey(),
                                entry.getValue().offset(),
                                range(entry.getKey()).from(),
                                range(entry.getKey()).until()))
                .collect(Collectors.joining(", "));
        return "group %s stands where nothing is (%s): %s were deleted before they were read, or were lost by the brokers;"
                        .formatted(group, where, role.contents())
                + " set it with kafka-consumer-groups.sh --group %s --reset-offsets, or go on from the nearest"
                        .formatted(group);
    }

    private static String numbers(String topic, Collection<TopicPartition> partitions) {
        return partitions.stream()
                .map(partition -> String.valueOf(partition.partition()))
                .collect(Collectors.joining(", ", topic + " partition ", ""));
    }

    private void commit(Role role, TopicPartition partition, long offset, String metadata) {
        if (role.group() != null) {
            offsets.computeIfAbsent(role.group(), _ -> new LinkedHashMap<>())
                    .put(partition, new OffsetAndMetadata(offset, metadata));
        }
    }

    /** @param what happened, what it may cost, and what else can be done */
    private boolean isAccepted(Guard guard, String what) {
        if (accepted.contains(guard)) {
            used.add(guard);
            return true;
        }
        faults.add(what + " with " + guard.option());
        return false;
    }

    private Stream<TopicPartition> partitions(Role role, int from) {
        var shape = found.shapes().get(role.topic());
        IntFunction<TopicPartition> partition = number -> new TopicPartition(role.topic(), number);
        return IntStream.range(from, shape == null ? from : shape.partitions()).mapToObj(partition);
    }

    private Range range(TopicPartition partition) {
        var range = found.ranges().get(partition);
        if (range == null) {
            throw new IllegalStateException("nothing is known of " + partition);
        }
        return range;
    }
}

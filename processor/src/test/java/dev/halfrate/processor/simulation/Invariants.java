package dev.halfrate.processor.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Twin;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.ledger.ManifestItem;
import dev.halfrate.processor.ledger.PartitionLog.Transaction;
import dev.halfrate.schemas.internal.SignalKind;
import dev.halfrate.schemas.internal.WorkKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What must hold after every event, by the names of the protocol. */
final class Invariants {
    /** Where a request is: it has one owner at any time. */
    record Place(String batchId, int item) {
        static final Place NOWHERE = new Place("nowhere", -1);
        static final Place LANE = new Place("lane", -1);
        static final Place ANSWERED = new Place("answered", -1);
    }

    /** A committed CREATING; allows one POST. */
    private record Permission(String batchId, int attempt, long epoch, Instant startedAt) {}

    private final Map<String, Place> requests = new HashMap<>();
    private final Map<String, Batch> committed = new HashMap<>();
    private final Map<String, Integer> liveRemotes = new HashMap<>();
    private final Set<Permission> permissions = new HashSet<>();
    /** Attempts after which another one was begun because nothing was found of them. */
    private final Set<String> abandoned = new HashSet<>();

    private final Set<Place> callsIntended = new HashSet<>();
    private final Set<Place> calls = new HashSet<>();
    private final Set<String> unwanted = new HashSet<>();
    private long withdrawn;
    private final Map<String, BatchState> states = new HashMap<>();
    /** By window, requests that were answered before the others were written down for the vendor. */
    private final Map<String, Integer> primed = new HashMap<>();

    private final Map<String, Integer> bought = new HashMap<>();
    private final Map<String, Duration> listings = new HashMap<>();
    private GivenUp givenUp = (_, _) -> {};
    private Superseded superseded = (_, _) -> {};
    private Predicate<String> poisoned = _ -> false;
    private long adopted;
    private long epoch;

    /** Told of attempts that are tried again without proof, and when they were last looked for. */
    @FunctionalInterface
    interface GivenUp {
        void of(String tag, Duration lastListing);
    }

    /** Told of attempts that are over because the remote batch that was found of them was refused. */
    @FunctionalInterface
    interface Superseded {
        void of(String tag, String refusedRemoteBatchId);
    }

    void onGivenUp(GivenUp listener) {
        givenUp = listener;
    }

    void onSuperseded(Superseded listener) {
        superseded = listener;
    }

    /** @param isPoisoned whether the vendor refuses any batch with this request in it */
    void poisonedBy(Predicate<String> isPoisoned) {
        poisoned = isPoisoned;
    }

    /** A complete listing in search of an attempt. */
    void listed(String tag, Duration at) {
        listings.put(tag, at);
    }

    static AssertionError broken(String invariant, String what) {
        return new AssertionError(invariant + ": " + what);
    }

    private static void check(boolean holds, String invariant, Supplier<String> what) {
        if (!holds) {
            throw broken(invariant, what.get());
        }
    }

    void accepted(String customId) {
        requests.put(customId, Place.LANE);
    }

    void sealed(String batchId, List<ManifestItem> items) {
        for (var item : items) {
            var before = requests.put(item.ref().getCustomId(), new Place(batchId, item.item()));
            check(
                    Place.LANE.equals(before),
                    "I1",
                    () -> "%s is sealed but was at %s".formatted(item.ref().getCustomId(), before));
        }
    }

    /** @return where a request is if that is a batch */
    Optional<Place> batchOf(String customId) {
        return Optional.ofNullable(requests.get(customId)).filter(place -> place.item() >= 0);
    }

    /** Somebody cancels a request. */
    void unwanted(String customId) {
        unwanted.add(customId);
    }

    /** @return requests that ended as cancelled because somebody wished it */
    long withdrawn() {
        return withdrawn;
    }

    void tookOver(long newEpoch) {
        check(newEpoch > epoch, "I10", () -> "epoch %d after %d".formatted(newEpoch, epoch));
        epoch = newEpoch;
    }

    void committed(Transaction transaction) {
        for (var batch : transaction.batches()) {
            attemptsFollowEachOther(committed.get(batch.id()), batch);
            var attempt = batch.attempt();
            var startedAt = attempt.startedAt();
            if (batch.state() instanceof BatchState.Creating && startedAt != null) {
                permissions.add(new Permission(batch.id(), attempt.number(), attempt.epoch(), startedAt));
            }
            if (attempt.outcome() == Attempt.Outcome.REFUSED
                    && !attempt.remoteBatchId().isEmpty()) {
                superseded.of(attempt.tag(), attempt.remoteBatchId());
            }
            IntStream.range(0, batch.header().items())
                    .filter(batch.calls().called()::has)
                    .forEach(item -> callsIntended.add(new Place(batch.id(), item)));
            var before = committed.put(batch.id(), batch);
            adopted += batch.state().word().equals("provisional") ? 1 : 0;
            if (attempt.number() > 1 && (before == null || before.attempt().number() < attempt.number())) {
                var last = batch.attempts().get(batch.attempts().size() - 2);
                if (last.outcome() != Attempt.Outcome.REFUSED) {
                    abandoned.add(last.tag());
                }
                if (last.outcome() == Attempt.Outcome.RELEASED) {
                    givenUp.of(last.tag(), listings.getOrDefault(last.tag(), Duration.ZERO));
                }
            }
        }
        for (var result : transaction.results()) {
            answered(result);
            var before = states.get(result.batchId());
            if (result.status() == Result.Status.SUCCEEDED && before instanceof BatchState.Priming) {
                primed.merge(WorkKeys.windowOf(result.batchId()), 1, Integer::sum);
            }
        }
        transaction.batches().forEach(batch -> states.put(batch.id(), batch.state()));
        for (var signal : transaction.signals()) {
            var chunk = signal.signal().getReturned();
            if (chunk != null) {
                for (var ref : chunk.getRefs()) {
                    var before = requests.put(ref.getCustomId(), Place.LANE);
                    check(
                            before != null
                                    && before.batchId().equals(signal.signal().getBatchId()),
                            "I1",
                            () -> "%s returns from %s but was at %s"
                                    .formatted(
                                            ref.getCustomId(), signal.signal().getBatchId(), before));
                }
            }
        }
        for (var signal : transaction.signals()) {
            if (signal.signal().getKind() == SignalKind.SETTLED) {
                requests.forEach((customId, place) -> check(
                        !place.batchId().equals(signal.signal().getBatchId()),
                        "I1",
                        () -> "%s is lost: its batch %s settled without it".formatted(customId, place.batchId())));
            }
        }
        for (var batch : transaction.batches()) {
            check(
                    batch.settled()
                            || batch.state() instanceof BatchState.Split
                            || batch.tally().done() == batch.done().count(),
                    "I7",
                    () -> "%s counts %d ends and has %d bits"
                            .formatted(
                                    batch.id(),
                                    batch.tally().done(),
                                    batch.done().count()));
        }
    }

    private void answered(Result result) {
        var before = requests.put(result.customId(), Place.ANSWERED);
        check(!Place.ANSWERED.equals(before), "I7", () -> "%s is answered twice".formatted(result.customId()));
        var failure = result.failure();
        if (failure != null && failure.code().equals("cancelled")) {
            check(
                    unwanted.contains(result.customId()),
                    "W1",
                    () -> "%s is cancelled and nobody wished it".formatted(result.customId()));
            withdrawn++;
        }
        check(
                before != null && before.batchId().equals(WorkKeys.windowOf(result.batchId())),
                "I1",
                () -> "%s is answered by %s but was at %s".formatted(result.customId(), result.batchId(), before));
        check(
                failure == null || !failure.code().equals(VirtualVendor.POISONED) || poisoned.test(result.customId()),
                "bisect",
                () -> "%s fails for another's bad line".formatted(result.customId()));
        var body = result.body();
        if (body != null) {
            check(
                    new String(body, UTF_8).equals(result.customId()),
                    "I6",
                    () -> "%s gets the answer of %s".formatted(result.customId(), new String(body, UTF_8)));
        }
    }

    private static void attemptsFollowEachOther(@Nullable Batch before, Batch batch) {
        for (var attempt : batch.attempts().subList(0, batch.attempts().size() - 1)) {
            var over = switch (attempt.outcome()) {
                case REFUSED, REVOKED, RELEASED -> true;
                case OPEN, CREATED, DOUBTFUL, ABSENT -> false;
            };
            check(
                    over,
                    "I4",
                    () -> "%s goes on after attempt %d, %s".formatted(batch.id(), attempt.number(), attempt.outcome()));
        }
        if (before != null && batch.attempt().number() > before.attempt().number()) {
            check(
                    before.state() instanceof BatchState.Revoking
                            || (before.state() instanceof BatchState.Quiescing
                                    && last(batch).outcome() == Attempt.Outcome.RELEASED)
                            || before.state() instanceof BatchState.Running
                            || before.state() instanceof BatchState.Refused,
                    "I4",
                    () -> "%s has its next attempt straight after %s"
                            .formatted(batch.id(), before.state().word()));
        }
    }

    private static Attempt last(Batch batch) {
        return batch.attempts().get(batch.attempts().size() - 2);
    }

    private Place place(String customId) {
        return requests.getOrDefault(customId, Place.NOWHERE);
    }

    /** A create's last byte leaves. */
    void posted(Batch batch, List<VirtualVendor.Line> lines) {
        var attempt = batch.attempt();
        var startedAt = attempt.startedAt();
        check(
                startedAt != null
                        && permissions.remove(new Permission(batch.id(), attempt.number(), attempt.epoch(), startedAt)),
                "I3",
                () -> "%s is posted without a committed CREATING of epoch %d".formatted(batch.id(), attempt.epoch()));
        check(
                !abandoned.contains(attempt.tag()),
                "I4",
                () -> "%s is posted for attempt %d, which was given up".formatted(batch.id(), attempt.number()));
        for (var line : lines) {
            check(
                    new Place(line.windowId(), line.item()).equals(place(line.customId()))
                            || hedged(batch, line.item())
                            || unwanted.contains(line.customId()),
                    "I5",
                    () -> "line %s of %s is at %s"
                            .formatted(line.upstreamId(), line.customId(), place(line.customId())));
        }
    }

    /** A request leaves alone. */
    void called(Batch batch, int item) {
        check(
                callsIntended.contains(new Place(batch.id(), item)),
                "C1",
                () -> "item %d of %s is called without a committed intent".formatted(item, batch.id()));
        check(
                calls.add(new Place(batch.header().windowId(), item)),
                "C2",
                () -> "item %d of %s is called twice".formatted(item, batch.id()));
    }

    /** A request that came alone was executed. */
    void charged(String windowId) {
        bought.merge(windowId, 1, Integer::sum);
    }

    /** Whatever was bought without an answer, or besides a batch, is in the books. */
    private void callsAreAccountedFor() {
        bought.forEach((windowId, executed) -> {
            var known = committed.values().stream()
                            .filter(batch -> batch.header().windowId().equals(windowId))
                            .mapToInt(batch -> batch.header().atOnce()
                                    ? batch.tally().succeeded()
                                            + batch.exposure().called()
                                    : batch.exposure().hedged())
                            .sum()
                    + primed.getOrDefault(windowId, 0);
            check(executed <= known, "C3", () -> "%s: %d executed, %d known".formatted(windowId, executed, known));
        });
    }

    /** @return items that were sent alone */
    long calls() {
        return calls.size();
    }

    /** Its answer may have come while the lines were on their way. */
    private boolean hedged(Batch batch, int item) {
        return callsIntended.contains(new Place(batch.id(), item));
    }

    /** A remote batch came into being that nothing keeps from being executed. */
    void remoteBatchLives(String batchId) {
        check(
                liveRemotes.merge(batchId, 1, Integer::sum) == 1,
                "I2",
                () -> "%s has a second remote batch".formatted(batchId));
    }

    /** A remote batch was refused as a whole, at validation. */
    void remoteBatchFailed(String batchId) {
        liveRemotes.merge(batchId, -1, Integer::sum);
    }

    /** An owner says that no result file has a line for it. */
    void missing(ManifestItem item, boolean hasLine) {
        check(
                !hasLine,
                "I1",
                () -> "%s has a line but is taken for missing"
                        .formatted(item.ref().getCustomId()));
    }

    /** @return batches that are not where a batch may rest */
    List<Batch> restless() {
        return committed.values().stream()
                .filter(batch -> !batch.settled() && !held(batch))
                .toList();
    }

    private boolean held(Batch batch) {
        return batch.state() instanceof BatchState.Hold
                || (batch.state() instanceof BatchState.Split split
                        && split.openParts().stream()
                                .map(committed::get)
                                .allMatch(part -> part != null && (part.settled() || held(part))));
    }

    boolean twinsAreOver() {
        return committed.values().stream()
                .flatMap(batch -> batch.twins().stream())
                .allMatch(Twin::over);
    }

    /** @return whether the remote batch is somebody's, and if not the one that counts, over */
    boolean accountedFor(String remoteBatchId) {
        return committed.values().stream()
                .anyMatch(batch -> batch.attempts().stream()
                                .anyMatch(attempt -> attempt.remoteBatchId().equals(remoteBatchId))
                        || batch.twins().stream()
                                .anyMatch(twin ->
                                        twin.over() && twin.remoteBatchId().equals(remoteBatchId)));
    }

    boolean everyRequestRests() {
        return requests.values().stream().noneMatch(place -> {
            var batch = committed.get(place.batchId());
            return !place.equals(Place.ANSWERED) && (batch == null || !held(batch));
        });
    }

    long sum(ToIntFunction<Batch> figure) {
        return committed.values().stream().mapToInt(figure).sum();
    }

    /** @return remote batches that were taken for a batch's before that was proven */
    long adopted() {
        return adopted;
    }

    long held() {
        return committed.values().stream()
                .filter(batch -> batch.state() instanceof BatchState.Hold)
                .count();
    }

    /** At the end, when faults have stopped for long enough. */
    void allRest() {
        callsAreAccountedFor();
        check(restless().isEmpty(), "I12", () -> "still under way: %s".formatted(restless()));
        requests.forEach((customId, place) -> {
            var batch = committed.get(place.batchId());
            check(
                    place.equals(Place.ANSWERED) || (batch != null && held(batch)),
                    "I1",
                    () -> "%s ended at %s".formatted(customId, place));
        });
    }

    long attempts(Attempt.Outcome outcome) {
        return committed.values().stream()
                .flatMap(batch -> batch.attempts().stream())
                .filter(attempt -> attempt.outcome() == outcome)
                .count();
    }
}

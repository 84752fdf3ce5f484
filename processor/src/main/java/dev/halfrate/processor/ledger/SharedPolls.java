package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.SweepOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The polls of one account: where many are due, one listing answers them in fewer calls. A listing is believed only when it
 * says that a batch goes on. Any other batch is asked for by its name, so nothing final ever rests on a listing.
 */
final class SharedPolls {
    private static final Duration FRESH_MAX = Duration.ofSeconds(30);

    /** Fewer than these are asked for one by one. */
    static final int POLLS_MIN = 10;

    /** What a listing has cost is believed for so long; also that there was none to be had. */
    static final Duration COST_KNOWN = Duration.ofMinutes(30);

    private static final int PAGE = 100;

    private final AccountGate gate;
    private final ActorClock clock;
    private final long freshNanos;

    private long countedSinceNanos;
    private int polls;
    private int pollsBefore;
    private Instant oldest = Instant.MAX;
    private @Nullable Listing last;
    private @Nullable CompletableFuture<Listing> underway;

    /**
     * @param pollDelayMin the shortest wait between two polls of a batch; half of it, or half a minute, is how long a listing
     *     answers, counted from its begin, and how long polls are counted together
     */
    SharedPolls(AccountGate gate, Duration pollDelayMin, ActorClock clock) {
        this.gate = gate;
        this.clock = clock;
        this.freshNanos = Math.min(FRESH_MAX.toNanos(), pollDelayMin.toNanos() / 2);
        this.countedSinceNanos = clock.nanos();
    }

    /**
     * @param goingOn by id
     * @param calls that it took; a great many if it could not be had
     */
    private record Listing(Map<String, RemoteBatch> goingOn, int calls, long begunNanos) {}

    /** @param createdAfter when the batch cannot have been there yet */
    PollOutcome poll(String remoteBatchId, Instant createdAfter) throws InterruptedException {
        var goesOn = listing(createdAfter).map(listing -> listing.goingOn.get(remoteBatchId));
        return goesOn.isPresent()
                ? new PollOutcome.Seen(goesOn.get())
                : gate.call(provider -> provider.poll(remoteBatchId));
    }

    private Optional<Listing> listing(Instant createdAfter) throws InterruptedException {
        CompletableFuture<Listing> mine;
        CompletableFuture<Listing> others;
        Instant since;
        synchronized (this) {
            count(createdAfter);
            if (last != null && clock.nanos() - last.begunNanos < freshNanos) {
                return Optional.of(last);
            }
            others = underway;
            if (others == null && !worthIt()) {
                return Optional.empty();
            }
            mine = new CompletableFuture<>();
            underway = others == null ? mine : others;
            since = oldest;
        }
        return Optional.of(others == null ? list(mine, since) : joined(others));
    }

    private void count(Instant createdAfter) {
        var passed = clock.nanos() - countedSinceNanos;
        if (passed >= freshNanos) {
            pollsBefore = passed < 2 * freshNanos ? polls : 0;
            polls = 0;
            oldest = Instant.MAX;
            countedSinceNanos = clock.nanos();
        }
        polls++;
        oldest = oldest.isBefore(createdAfter) ? oldest : createdAfter;
    }

    private boolean worthIt() {
        var calls = last == null || clock.nanos() - last.begunNanos > COST_KNOWN.toNanos() ? 1 : last.calls;
        return Math.max(polls, pollsBefore) >= Math.max(POLLS_MIN, 2L * calls);
    }

    private Listing list(CompletableFuture<Listing> mine, Instant since) throws InterruptedException {
        var listing = new Listing(Map.of(), Integer.MAX_VALUE, clock.nanos());
        var ended = false;
        try {
            if (gate.call(provider -> provider.sweep(since)) instanceof SweepOutcome.Swept(var batches)) {
                listing = new Listing(goingOn(batches), batches.size() / PAGE + 1, listing.begunNanos);
            }
            // Who leaves its partition is interrupted, and has learned nothing.
            ended = !Thread.currentThread().isInterrupted();
            return listing;
        } finally {
            synchronized (this) {
                last = ended ? listing : last;
                underway = null;
            }
            mine.complete(listing);
        }
    }

    private static Listing joined(CompletableFuture<Listing> others) throws InterruptedException {
        try {
            return others.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a listing that failed is an empty one", e);
        }
    }

    private static Map<String, RemoteBatch> goingOn(List<SweepOutcome.Listed> batches) {
        return batches.stream()
                .map(SweepOutcome.Listed::remote)
                .filter(remote -> switch (remote.status()) {
                    case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING -> true;
                    case COMPLETED, FAILED, EXPIRED, CANCELLED, UNKNOWN -> false;
                })
                .collect(Collectors.toMap(RemoteBatch::id, remote -> remote, (one, _) -> one));
    }
}

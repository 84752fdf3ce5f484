package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Provider;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Sends requests alone, for one partition: a group of them is got ready, the lifecycle writes it ahead, then each goes out
 * on a thread of its own.
 */
final class CallDesk {
    private static final Logger LOG = LoggerFactory.getLogger(CallDesk.class);

    /** Requests that are written ahead together. */
    private static final int GROUP_MAX = 100;

    /** A call that does not begin so soon after it was written ahead does not begin at all. */
    static final Duration BEGIN_WITHIN = Duration.ofSeconds(30);

    private final Workshop workshop;
    private final Mailbox mailbox;
    private final ActorClock clock;
    private final Threads threads;
    private final Set<String> preparing = ConcurrentHashMap.newKeySet();
    private final Map<String, Group> prepared = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Where calls go on. */
    @FunctionalInterface
    interface Threads {
        /** @return whether it will run */
        boolean start(Batch batch, Runnable call);
    }

    CallDesk(Workshop workshop, Mailbox mailbox, ActorClock clock, Threads threads) {
        this.workshop = workshop;
        this.mailbox = mailbox;
        this.clock = clock;
        this.threads = threads;
    }

    /** @return false if a group of the batch is being got ready, so that nothing is done */
    boolean prepare(Batch batch, Candidates candidates, Reply reply) throws InterruptedException {
        if (!preparing.add(batch.id())) {
            return false;
        }
        try {
            var items = candidates.first(GROUP_MAX);
            if (items.isEmpty()) {
                preparing.remove(batch.id());
                mailbox.post(batch, reply.of(List.of(), List.of()));
            } else {
                prepare(batch, items, reply);
            }
        } catch (IOException | RuntimeException | Error e) {
            BatchLog.line(LOG, Level.WARN, batch)
                    .setCause(e)
                    .log("{}: requests to be sent cannot be got ready", batch.id());
            drop(batch.id());
            mailbox.post(batch, new BatchEvent.CallsNotPrepared(e.getClass().getSimpleName()));
        }
        return true;
    }

    private void prepare(Batch batch, List<ManifestItem> items, Reply reply) throws IOException, InterruptedException {
        var turns = workshop.turns(batch.header().account());
        var taken = turns.take(items.size());
        var chosen = within(workshop.letterBytes(), items.subList(0, taken));
        turns.give(taken - chosen.size());
        var group = new Group(turns, kilobytes(chosen), chosen.size());
        try {
            workshop.callKilobytes().acquire(group.kilobytes);
        } catch (InterruptedException e) {
            turns.give(chosen.size());
            throw e;
        }
        var kept = false;
        try {
            workshop.bodies().read(chosen, group.bodies(batch));
            kept = true;
        } finally {
            if (!kept) {
                chosen.forEach(_ -> leave(group, true));
            }
        }
        group.gone.forEach(_ -> leave(group, true));
        prepared.put(batch.id(), group);
        if (closed) {
            drop(batch.id());
        } else {
            post(batch, group, reply);
        }
    }

    /** One request of a group is over. */
    private void leave(Group group, boolean unsent) {
        if (unsent) {
            group.turns.give(1);
        }
        if (group.left.decrementAndGet() == 0) {
            workshop.callKilobytes().release(group.kilobytes);
        }
    }

    private void post(Batch batch, Group group, Reply reply) {
        var gone = group.gone.stream()
                .map(
                        item -> SeenItem.without(
                                item,
                                ItemReport.Finding.BODY_GONE,
                                "body_gone",
                                "the request's record is no longer in its topic, or is another one: keep it at least until the request is sent (topic retention)"))
                .toList();
        var now = clock.now();
        var found = group.found.stream().map(body -> body.item.item()).toList();
        var reports = gone.stream().map(item -> item.report(now)).toList();
        mailbox.post(new Mailbox.Letter(batch, reply.of(found, reports), gone, () -> {}));
    }

    /** @return the first of the items, as many as have room in memory together, but one at least */
    private static List<ManifestItem> within(long bytesMax, List<ManifestItem> items) {
        var bytes = 0L;
        var chosen = new ArrayList<ManifestItem>();
        for (var item : items) {
            bytes += item.ref().getBodyBytes();
            if (bytes > bytesMax && !chosen.isEmpty()) {
                break;
            }
            chosen.add(item);
        }
        return chosen;
    }

    private int kilobytes(List<ManifestItem> items) {
        var bytes = items.stream().mapToLong(item -> item.ref().getBodyBytes()).sum();
        return (int) Math.min(workshop.callKilobytesMax(), bytes / 1024 + 1);
    }

    /** Sends those of the prepared items that were written ahead. */
    void call(Batch batch, List<Integer> items, Instant writtenAt) {
        (batch.header().atOnce() ? CrashPoint.CALLS_INTENDED : CrashPoint.HEDGES_INTENDED).reached();
        var group = prepared.remove(batch.id());
        preparing.remove(batch.id());
        if (group == null) {
            return; // closed: whoever owns the partition next finds that they were called
        }
        var wanted = Set.copyOf(items);
        for (var body : group.found) {
            if (!wanted.contains(body.item.item())
                    || !threads.start(batch, () -> send(batch, group, body, writtenAt))) {
                leave(group, true);
            }
        }
    }

    private void send(Batch batch, Group group, Body body, Instant writtenAt) {
        var inTime = !closed && !clock.now().isAfter(writtenAt.plus(BEGIN_WITHIN));
        SeenItem seen;
        try {
            seen = inTime
                    ? see(batch, body.item, call(batch, group, body))
                    : SeenItem.without(
                            body.item, ItemReport.Finding.NOT_TAKEN, "not_sent", "the request was not sent in time");
        } catch (RuntimeException | Error e) {
            BatchLog.line(LOG, Level.ERROR, batch).setCause(e).log("{}: what a call brought is lost", batch.id());
            seen = unanswered(body.item, e.getClass().getSimpleName());
        } finally {
            leave(group, !inTime);
        }
        var reports = List.of(seen.report(clock.now()));
        mailbox.post(new Mailbox.Letter(batch, new BatchEvent.CallsEnded(reports), List.of(seen), () -> {}));
    }

    private CallOutcome call(Batch batch, Group group, Body body) {
        var begun = clock.nanos();
        var header = batch.header();
        CallOutcome outcome = new CallOutcome.NoAnswer("it was cut off");
        try {
            var provider = workshop.gate(header.account()).provider();
            outcome = provider.call(new Provider.Call(
                    header.endpoint(),
                    header.apiVersion(),
                    header.betas(),
                    batch.state() instanceof BatchState.Priming ? marked(provider, body.bytes) : body.bytes,
                    group.turns.timeout()));
        } catch (RuntimeException e) {
            BatchLog.line(LOG, Level.ERROR, batch).setCause(e).log("{}: a call failed unexpectedly", batch.id());
            outcome = new CallOutcome.NoAnswer(e.getClass().getSimpleName());
        } finally {
            group.turns.ended(outcome, begun);
        }
        return outcome;
    }

    private static byte[] marked(Provider provider, byte[] body) {
        var marked = provider.capabilities().lineFormat().marked(ByteBuffer.wrap(body));
        var bytes = new byte[marked.remaining()];
        marked.get(bytes);
        return bytes;
    }

    private SeenItem see(Batch batch, ManifestItem item, CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Answered(var line) -> {
                var price = workshop.pricing().of(batch.header().model(), clock.now());
                yield SeenItem.answered(item, line, usage -> price.map(known -> known.atOnce(usage)))
                        .judged(workshop.outputs(), batch.header().endpoint());
            }
            case CallOutcome.TooLong(var bytes) -> SeenItem.tooLong(item, bytes);
            case CallOutcome.Refused(var refusal, var _) ->
                SeenItem.without(item, ItemReport.Finding.NOT_TAKEN, refusal.code(), refusal.message());
            case CallOutcome.NoAnswer(var reason) -> unanswered(item, reason);
        };
    }

    static SeenItem unanswered(ManifestItem item, String reason) {
        return SeenItem.without(
                item,
                ItemReport.Finding.NO_ANSWER,
                "no_answer",
                "sent, but no answer came (%s): it may have been executed and paid for".formatted(reason));
    }

    /** What is prepared for a batch is of no use. */
    void drop(String batchId) {
        var group = prepared.remove(batchId);
        preparing.remove(batchId);
        if (group != null) {
            group.found.forEach(_ -> leave(group, true));
        }
    }

    void close() {
        closed = true;
        List.copyOf(prepared.keySet()).forEach(this::drop);
    }

    /** What may be called of a batch. */
    @FunctionalInterface
    interface Candidates {
        /** @return the first of them, at most {@code itemsMax} */
        List<ManifestItem> first(int itemsMax) throws InterruptedException;
    }

    /** What is said of items that are ready to be called, and of those whose bodies are gone. */
    @FunctionalInterface
    interface Reply {
        BatchEvent of(List<Integer> items, List<ItemReport> gone);
    }

    private record Body(ManifestItem item, byte[] bytes) {}

    /** Requests that are called together: each holds a turn, and all of them memory until the last one is over. */
    private static final class Group {
        private final CallTurns turns;
        private final int kilobytes;
        private final AtomicInteger left;
        private final List<Body> found = new ArrayList<>();
        private final List<ManifestItem> gone = new ArrayList<>();

        private Group(CallTurns turns, int kilobytes, int items) {
            this.turns = turns;
            this.kilobytes = kilobytes;
            this.left = new AtomicInteger(items);
        }

        private BodyReader.Sink bodies(Batch batch) {
            return new BodyReader.Sink() {
                @Override
                public void found(ManifestItem item, ByteBuffer value) {
                    var ref = item.ref();
                    var end = (long) ref.getBodyOffset() + ref.getBodyBytes();
                    var body = new byte[ref.getBodyOffset() >= 0 && end <= value.limit() ? ref.getBodyBytes() : 0];
                    if (body.length > 0) {
                        value.get(ref.getBodyOffset(), body);
                    }
                    var hash = ContentHash.of(batch.header().endpoint(), ByteBuffer.wrap(body));
                    if (body.length > 0 && Arrays.equals(hash, ref.getContent().bytes())) {
                        found.add(new Body(item, body));
                    } else {
                        gone.add(item);
                    }
                }

                @Override
                public void gone(ManifestItem item) {
                    gone.add(item);
                }
            };
        }
    }
}

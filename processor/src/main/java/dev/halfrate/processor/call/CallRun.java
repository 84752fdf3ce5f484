package dev.halfrate.processor.call;

import dev.halfrate.processor.call.CallJournal.Sent;
import dev.halfrate.processor.call.Caller.Completed;
import dev.halfrate.processor.call.ResultsFile.Known;
import dev.halfrate.processor.call.Verdict.Ends;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.CallOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of a file one by one, as many at once as the vendor likes, until each has its one result. What is
 * about to be sent is in the journal before; what an earlier run left is gone on with. One thread runs it; only the calls
 * themselves are under way beside it.
 */
public final class CallRun {
    /** Bodies that are held at a time, unless one alone is larger. */
    static final long BODY_BYTES_MAX = 256L << 20;
    /** Without any answer for so long, though calls were made, there is no point in going on. */
    static final Duration VAIN_MAX = Duration.ofMinutes(30);
    /** How long a stop waits for calls under way; what is cut then may have been bought. */
    public static final Duration STOP_WAIT = Duration.ofSeconds(30);

    private static final Duration TICK = Duration.ofMillis(100);

    /**
     * What to do.
     *
     * @param callsMax at once
     * @param requestsMax that are taken up
     * @param inDoubt null if nobody has said
     */
    public record Settings(
            AccountConfig account,
            int callsMax,
            long requestsMax,
            @Nullable InDoubt inDoubt) {}

    /** @param stopped why nothing more was sent, null if there was nothing more to send */
    public record Outcome(CallCounts counts, @Nullable String stopped) {}

    /** @param dueNanos when it may be sent again */
    private record Waiting(Pending pending, long dueNanos) {}

    private final Settings settings;
    private final RequestFile requests;
    private final CallJournal journal;
    private final ResultsFile results;
    private final Caller caller;
    private final Consumer<CallCounts> progress;
    private final CallRules rules;
    private final Map<String, Known> known;
    private final Map<String, Sent> sent;
    private final PriorityQueue<Waiting> waiting;
    private final List<String> refused = new ArrayList<>();
    /** By custom_id, the content of what was checked and has not been read again. */
    private final Map<String, Integer> checked = new HashMap<>();

    private final long begunNanos;
    private CallPace pace;
    private Usage usage;
    private long total;
    private long succeeded;
    private long failed;
    private long earlier;
    private long sentAgain;
    private long exposure;
    private long takenUp;
    private int underWay;
    private long bodyBytes;
    private boolean read;
    private @Nullable String stopped;
    private long stopNanos;
    private volatile boolean stopWished;

    public CallRun(
            Settings settings,
            RequestFile requests,
            CallJournal journal,
            ResultsFile results,
            Caller caller,
            Consumer<CallCounts> progress) {
        this.settings = settings;
        this.requests = requests;
        this.journal = journal;
        this.results = results;
        this.caller = caller;
        this.progress = progress;
        this.rules = new CallRules(
                settings.account.sync().attemptsMax(),
                settings.inDoubt == null ? InDoubt.CALL_AGAIN : settings.inDoubt);
        this.known = results.known();
        this.sent = journal.sent();
        this.usage = results.usage();
        this.begunNanos = caller.nanos();
        this.pace = CallPace.fresh(settings.callsMax, begunNanos);
        this.waiting = new PriorityQueue<>(Comparator.comparingLong(item -> item.dueNanos - begunNanos));
    }

    /** Begins no more calls, and waits a while for those under way; from any thread. */
    public void stop() {
        stopWished = true;
    }

    /**
     * Returns when every request has its result, or no more can be had for now.
     *
     * @throws CallException before anything is sent, if the file, the journal and the results do not allow it; later if
     *     nothing can be written any more
     */
    public Outcome run() throws InterruptedException {
        check();
        try (var reader = requests.open()) {
            while (begin(reader) || underWay > 0) {
                var completed = caller.next(TICK);
                while (completed != null) {
                    settle(completed);
                    completed = caller.next(Duration.ZERO);
                }
                journal.refused(refused);
                refused.clear();
                progress.accept(counts());
                if (cutOff()) {
                    exposure += underWay;
                    break;
                }
            }
        }
        if (stopped == null && takenUp < settings.requestsMax && counts().left() > 0) {
            stopped = requests.file() + " was changed while it was read";
        }
        return new Outcome(counts(), stopped);
    }

    private void check() {
        if (results.used() && !journal.used()) {
            throw new CallException(("the output exists already, but there is no journal %s of what was sent for it:"
                            + " choose another --output, or delete it")
                    .formatted(journal.file()));
        }
        var inDoubt = new long[1];
        requests.check(request -> {
            var before = sent.get(request.customId());
            if (before != null && !before.hash().equals(request.hash())) {
                return "its custom_id was sent with another url or body before: choose another custom_id or --output";
            }
            total++;
            checked.put(request.customId(), request.hash().hashCode());
            var result = known.get(request.customId());
            if (result != null) {
                earlier++;
                count(result == Known.SUCCEEDED);
            } else if (before != null && before.open() > 0) {
                inDoubt[0]++;
            }
            return null;
        });
        sent.forEach((id, calls) -> exposure += Math.max(0, calls.open() - (isAnswered(id) ? 1 : 0)));
        if (inDoubt[0] > 0 && settings.inDoubt == null) {
            throw new CallException("""
                    %,d requests were sent by an earlier run that did not see their answers: they may have been paid for. \
                    Nothing was sent now. Say what to do with them:
                      --in-doubt call-again   send them again; each may be paid for twice
                      --in-doubt skip         end them as failed, with error.code "%s"\
                    """.formatted(inDoubt[0], CallRules.NO_ANSWER));
        }
    }

    private boolean isAnswered(String id) {
        var result = known.get(id);
        return result != null && result != Known.UNKNOWN;
    }

    /** @return whether there is more to come */
    private boolean begin(RequestFile.Reader reader) {
        if (stopWished && stopped == null) {
            stopped = "it was told to stop";
        }
        if (stopped != null) {
            return false;
        }
        var group = new ArrayList<Pending>();
        for (var free = pace.free(underWay, caller.nanos()); group.size() < free; ) {
            var next = next(reader);
            if (next == null) {
                break;
            }
            group.add(next);
        }
        if (!group.isEmpty()) {
            journal.sending(group.stream().map(Pending::request).toList());
            underWay += group.size();
            group.forEach(caller::begin);
        }
        return !waiting.isEmpty() || !read;
    }

    /** Who has waited goes first. */
    private @Nullable Pending next(RequestFile.Reader reader) {
        var first = waiting.peek();
        if (first != null && first.dueNanos - caller.nanos() <= 0) {
            waiting.remove();
            sentAgain++;
            return first.pending;
        }
        while (!read && bodyBytes < BODY_BYTES_MAX && waiting.size() < settings.callsMax) {
            var request = takenUp < settings.requestsMax ? read(reader) : null;
            if (request == null) {
                read = true;
            } else if (!known.containsKey(request.customId())) {
                var pending = takeUp(request);
                if (pending != null) {
                    return pending;
                }
            }
        }
        return null;
    }

    /** A file that was changed meanwhile ends the run, and not what is under way. */
    private @Nullable CallRequest read(RequestFile.Reader reader) {
        try {
            var request = reader.next();
            if (request != null
                    && !Objects.equals(
                            checked.remove(request.customId()), request.hash().hashCode())) {
                throw requests.changed(request.line());
            }
            return request;
        } catch (CallException e) {
            stopped = e.getMessage();
            return null;
        }
    }

    /** @return null if it has its result already */
    private @Nullable Pending takeUp(CallRequest request) {
        var before = sent.get(request.customId());
        var doubts = before == null ? 0 : before.open();
        var pending = new Pending(request, new Tries(0, doubts, 0), caller.now());
        bodyBytes += request.body().length;
        if (doubts > 0) {
            if (settings.inDoubt == InDoubt.SKIP) {
                end(pending, CallRules.unknown(pending.tries(), "the run that sent it was cut off"));
                return null;
            }
            sentAgain++;
        }
        takenUp++;
        return pending;
    }

    private void settle(Completed completed) {
        underWay--;
        var pending = completed.pending();
        var outcome = completed.outcome();
        hear(outcome, completed.begunNanos());
        switch (rules.after(outcome, pending.tries(), caller.random())) {
            case Ends ends -> end(pending, ends);
            case Verdict.Again(var tries, var pause) -> {
                takeBack(pending, outcome);
                waiting.add(new Waiting(pending.after(tries), caller.nanos() + pause.toNanos()));
            }
            case Verdict.GiveUp(var reason) -> {
                takeBack(pending, outcome);
                stopped = reason;
            }
        }
    }

    private void hear(CallOutcome outcome, long callBegunNanos) {
        var now = caller.nanos();
        switch (outcome) {
            case CallOutcome.Answered _, CallOutcome.TooLong _ -> pace = pace.answered(callBegunNanos, now);
            case CallOutcome.Refused no ->
                vain(no.refusal().retryAfter(), no.refusal().message(), callBegunNanos, now);
            case CallOutcome.NoAnswer(var reason) -> {
                exposure++;
                vain(null, reason, callBegunNanos, now);
            }
        }
    }

    private void vain(@Nullable Duration wish, String reason, long callBegunNanos, long now) {
        pace = pace.inVain(wish, callBegunNanos, now, caller.random());
        if (pace.vainFor(now).compareTo(VAIN_MAX) > 0) {
            stopped = "the vendor has answered nothing for %d minutes (%s)".formatted(VAIN_MAX.toMinutes(), reason);
        }
    }

    private void takeBack(Pending pending, CallOutcome outcome) {
        if (!(outcome instanceof CallOutcome.NoAnswer)) {
            refused.add(pending.request().customId());
        }
    }

    private void end(Pending pending, Ends ends) {
        var account = settings.account;
        var failure = ends.failure();
        results.write(new Result(
                new Result.Request(pending.request().customId(), pending.since(), null),
                failure == null ? Result.Status.SUCCEEDED : Result.Status.FAILED,
                account.provider(),
                account.name(),
                pending.request().model(),
                ends.httpStatus(),
                ends.body(),
                null,
                failure,
                ends.usage(),
                "",
                "",
                ends.tries().attempts(),
                null,
                null,
                caller.now(),
                null,
                null));
        count(failure == null);
        bodyBytes -= pending.request().body().length;
        if (ends.usage() != null) {
            usage = usage.plus(ends.usage());
        }
    }

    private void count(boolean success) {
        if (success) {
            succeeded++;
        } else {
            failed++;
        }
    }

    /** Whether calls under way are waited for no longer. */
    private boolean cutOff() {
        if (!stopWished) {
            stopNanos = caller.nanos();
        }
        return stopWished && caller.nanos() - stopNanos > STOP_WAIT.toNanos();
    }

    private CallCounts counts() {
        return new CallCounts(
                total,
                succeeded,
                failed,
                earlier,
                sentAgain,
                exposure,
                usage,
                underWay,
                (int) pace.limit(),
                Duration.ofNanos(caller.nanos() - begunNanos));
    }
}

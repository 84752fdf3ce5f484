package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider.ResultLines;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.Reply.Foreign;
import dev.halfrate.processor.provider.http.Reply.Silence;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls that every vendor's batch API has, and what their replies mean. Paths are below the base URL. */
public final class BatchCalls implements AutoCloseable {

    /**
     * How a vendor writes.
     *
     * @param organizationHeaders of answers, in which the vendor says whose the key is
     * @param shortestList path of a call that costs nothing and shows that a key is good
     * @param batch empty if it is no batch object or has no usable id
     * @param refusalKind of a well-formed error object, empty if it does not say
     * @param resultLine one line of a result file
     */
    public record Dialect(
            List<String> organizationHeaders,
            String shortestList,
            Function<JsonNode, Optional<RemoteBatch>> batch,
            Function<JsonNode, Optional<Refusal.Kind>> refusalKind,
            ResultFile.LineReader resultLine) {}

    private static final Logger LOG = LoggerFactory.getLogger(BatchCalls.class);

    /** What says that a server cannot be asked like that. */
    private static final Set<Integer> NO_SUCH_CALL = Set.of(404, 405, 501);

    private final HttpCalls calls;
    private final Organization organization;
    private final Timeouts timeouts;
    private final Dialect dialect;
    private final Refusals refusals;
    private final InstantSource clock;
    private final AtomicBoolean told = new AtomicBoolean();

    public BatchCalls(
            HttpCalls calls, Organization organization, Timeouts timeouts, Dialect dialect, InstantSource clock) {
        this.calls = calls;
        this.organization = organization;
        this.timeouts = timeouts;
        this.dialect = dialect;
        this.refusals = new Refusals(dialect.refusalKind(), clock);
        this.clock = clock;
    }

    public HttpRequest.Builder to(String path) {
        return calls.to(path);
    }

    /** Sends and reads the whole answer; {@code timeout} is for both. */
    public Reply ask(HttpRequest.Builder request, Duration timeout) {
        var objection = objection(request);
        return objection == null ? heard(request, timeout) : objection;
    }

    public Reply get(String path) {
        return ask(calls.to(path).GET(), timeouts.answer());
    }

    private Reply heard(HttpRequest.Builder request, Duration timeout) {
        var reply = calls.ask(request, timeout);
        return reply instanceof Answer answer && isForeign(answer, request) ? new Foreign(answer) : reply;
    }

    private boolean isForeign(Answer answer, HttpRequest.Builder request) {
        return organization.isForeign(answer, calls.keyOf(request.build()), dialect.organizationHeaders());
    }

    /**
     * Has a key show whose it is, before anything is bought with it, or concluded from what it does not see.
     *
     * @return why the request must not be sent, null if nothing speaks against it
     */
    private @Nullable Reply objection(HttpRequest.Builder request) {
        var key = calls.keyOf(request.build());
        if (!organization.needsProof(key)) {
            return null;
        }
        var proof = calls.to(dialect.shortestList()).GET();
        if (!calls.keyOf(proof.build()).equals(key)) {
            return new Silence("the key has just changed", true);
        }
        var reply = heard(proof, timeouts.answer());
        if (!organization.needsProof(key)) {
            return null; // whatever else the answer says
        }
        if (!(reply instanceof Answer answer)) {
            return reply;
        }
        if (answer.ok() || NO_SUCH_CALL.contains(answer.status())) {
            organization.prove(key);
            told.set(false);
            return null;
        }
        // A no of the account is one to every call; another one is no answer to a call that it was not meant for.
        return refusals.ofSafeCall(answer).filter(BatchCalls::ofTheAccount).isPresent() ? answer : unproven(answer);
    }

    private Reply unproven(Answer answer) {
        if (told.compareAndSet(false, true)) {
            LOG.warn(
                    "{}: a list of batches is answered with HTTP {}, so nothing shows that the key is of the account's organization,"
                            + " and nothing is sent; if that stays so, set accounts.http.check-organization to false",
                    calls.server(),
                    answer.status());
        }
        return new Silence("the key's organization is not known", true);
    }

    private static boolean ofTheAccount(Refusal refusal) {
        return switch (refusal.kind()) {
            case KEY, CREDIT, RATE, UNAVAILABLE -> true;
            case QUEUE_FULL, TOO_LARGE, BAD_REQUEST, NOT_FOUND -> false;
        };
    }

    /** As {@link #objection} asks. */
    public AccessOutcome access() {
        var reply = heard(calls.to(dialect.shortestList()).GET(), timeouts.answer());
        return switch (reply) {
            case Silence(var reason, boolean _) -> new AccessOutcome.NoAnswer(reason);
            case Foreign(var answer) -> new AccessOutcome.Refused(Refusals.otherOrganization(answer), date(answer));
            case Answer answer
            when answer.ok() && answer.json().isObject() ->
                new AccessOutcome.Granted(Organization.of(answer, dialect.organizationHeaders()), date(answer));
            case Answer answer ->
                refusals.ofSafeCall(answer)
                        .<AccessOutcome>map(refusal -> new AccessOutcome.Refused(refusal, date(answer)))
                        .orElseGet(() -> new AccessOutcome.Odd(answer.status(), date(answer)));
        };
    }

    private static @Nullable Instant date(Answer answer) {
        return Refusals.date(answer.headers()).orElse(null);
    }

    /**
     * Posts a body that leaves at most once.
     *
     * @param timeout until the whole answer is there
     */
    public CreateOutcome create(HttpRequest.Builder request, SentOnceBody body, Duration timeout) {
        var objection = objection(request);
        if (objection != null) {
            return new CreateOutcome.Refused(refusals.ofSafeCall(objection)
                    .orElseGet(() -> Refusals.unavailable("not_verified", objection.reason())));
        }
        var reply = heard(request.header("Content-Type", "application/json").POST(body.publisher()), timeout);
        var sent = body.shut();
        return switch (reply) {
            case Answer answer when answer.ok() -> created(answer);
            // It was bought there, so it is the batch's; what comes after it waits.
            case Foreign(var answer) when answer.ok() -> created(answer);
            case Foreign(var answer) ->
                refusals.ofCreate(answer).isPresent()
                        ? new CreateOutcome.Refused(Refusals.otherOrganization(answer))
                        : new CreateOutcome.InDoubt(reply.reason());
            case Answer answer ->
                refusals.ofCreate(answer)
                        .<CreateOutcome>map(CreateOutcome.Refused::new)
                        .orElseGet(() -> new CreateOutcome.InDoubt(reply.reason()));
            case Silence silence ->
                switch (sent) {
                    case NOTHING -> new CreateOutcome.Refused(Refusals.unavailable("not_connected", silence.reason()));
                    case WITHHELD -> new CreateOutcome.Refused(Refusals.deadlinePassed());
                    case PART, ALL -> new CreateOutcome.InDoubt(silence.reason());
                };
        };
    }

    private CreateOutcome created(Answer answer) {
        return dialect.batch()
                .apply(answer.json())
                .<CreateOutcome>map(CreateOutcome.Created::new)
                .orElseGet(() -> new CreateOutcome.InDoubt(answer.reason()));
    }

    public PollOutcome poll(String batches, String id) {
        if (!HttpCalls.isSegment(id)) {
            return new PollOutcome.Refused(Refusals.unusableId());
        }
        var reply = get(batches + "/" + id);
        return seen(reply, id)
                .<PollOutcome>map(PollOutcome.Seen::new)
                .orElseGet(() -> otherwise(reply, PollOutcome.Refused::new, PollOutcome.NoAnswer::new));
    }

    public CancelOutcome cancel(String batches, String id) {
        if (!HttpCalls.isSegment(id)) {
            return new CancelOutcome.Refused(Refusals.unusableId());
        }
        var request = calls.to("%s/%s/cancel".formatted(batches, id)).POST(BodyPublishers.noBody());
        var reply = ask(request, timeouts.answer());
        return seen(reply, id)
                .<CancelOutcome>map(CancelOutcome.Cancelling::new)
                .orElseGet(() -> otherwise(reply, CancelOutcome.Refused::new, CancelOutcome.NoAnswer::new));
    }

    /** @param path with a {@code %s} for the handle */
    public ResultsOutcome results(String path, String handle, FilePosition from, ResultLines lines)
            throws InterruptedException {
        if (!HttpCalls.isSegment(handle)) {
            return new ResultsOutcome.Refused(Refusals.unusableId());
        }
        Function<String, ResultsOutcome> brokenOff = reason -> new ResultsOutcome.BrokenOff(reason, from);
        try {
            var request = FileRange.ask(calls.to(path.formatted(handle)).GET(), from);
            var objection = objection(request);
            if (objection != null) {
                return otherwise(objection, ResultsOutcome.Refused::new, brokenOff);
            }
            var response = calls.open(request, timeouts.answer());
            var head = new Answer(response.statusCode(), response.headers(), new byte[0]);
            if (isForeign(head, request)) {
                response.body().close();
                return otherwise(new Foreign(head), ResultsOutcome.Refused::new, brokenOff);
            }
            var begin = FileRange.begin(response.statusCode(), response.headers(), from);
            if (begin.isEmpty()) {
                if (FileRange.lost(response.statusCode(), from)) {
                    response.body().close();
                    return new ResultsOutcome.BrokenOff("cannot be gone on with, so it is read anew");
                }
                var answer = HttpCalls.whole(response, timeouts.answer());
                return otherwise(answer, ResultsOutcome.Refused::new, brokenOff);
            }
            var encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
            if (!encoding.equalsIgnoreCase("identity")) { // not asked for, and may grow without bound
                response.body().close();
                return new ResultsOutcome.BrokenOff("compressed");
            }
            return new ResultFile(dialect.resultLine(), lines, begin.get(), from, timeouts.stall(), timeouts.download())
                    .read(response.body());
        } catch (IOException e) {
            return otherwise(Silence.of(e), ResultsOutcome.Refused::new, brokenOff);
        }
    }

    /** One full listing of the batches that were made since. */
    public BatchList.Outcome list(BatchList.Form form, Instant since, BatchList.Entries entries) {
        return new BatchList(form, this::get, clock).read(since, entries);
    }

    /** What a reply without the thing that was asked for means, where asking again does no harm. */
    public <O> O otherwise(
            Reply reply,
            Function<? super Refusal, ? extends O> refused,
            Function<? super String, ? extends O> unclear) {
        return refusals.ofSafeCall(reply).<O>map(refused).orElseGet(() -> unclear.apply(reply.reason()));
    }

    @Override
    public void close() {
        calls.close();
    }

    private Optional<RemoteBatch> seen(Reply reply, String id) {
        return reply instanceof Answer answer && answer.ok()
                ? dialect.batch()
                        .apply(answer.json())
                        .filter(remote -> remote.id().equals(id))
                : Optional.empty();
    }
}

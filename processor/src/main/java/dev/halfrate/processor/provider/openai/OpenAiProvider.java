package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.openai.Reply.Answer;
import dev.halfrate.processor.provider.openai.Reply.Silence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** OpenAI's batch API, or a server that speaks it, behind one key. */
public final class OpenAiProvider implements Provider {
    static final String ATTEMPT = "halfrate_attempt";
    static final String BATCH = "halfrate_batch";

    private static final long FILE_BYTES_MAX = 209_715_200;
    private static final Capabilities CAPABILITIES = new Capabilities(
            "openai",
            50_000,
            FILE_BYTES_MAX,
            (int) FILE_BYTES_MAX, // of a line alone no limit is known
            OpenAiLineFormat.ENDPOINTS,
            List.of("24h"),
            Capabilities.Ingest.FILE,
            Capabilities.SearchQuality.EXACT,
            false,
            new OpenAiLineFormat());

    /**
     * How long to wait for the vendor.
     *
     * @param connect for a connection, TLS included
     * @param answer for the whole answer of a small call, and for the first byte of a download
     * @param upload for a whole upload and its answer
     * @param stall longest silence within a download
     * @param download all waiting of one download
     */
    public record Timeouts(Duration connect, Duration answer, Duration upload, Duration stall, Duration download) {
        public static final Timeouts DEFAULT = new Timeouts(
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofMinutes(15),
                Duration.ofSeconds(30),
                Duration.ofHours(2));
    }

    private final HttpCalls calls;
    private final Timeouts timeouts;
    private final Refusals refusals;
    private final BatchSearch batchSearch;

    private OpenAiProvider(HttpCalls calls, Timeouts timeouts, InstantSource clock) {
        this.calls = calls;
        this.timeouts = timeouts;
        this.refusals = new Refusals(clock);
        this.batchSearch = new BatchSearch(calls, timeouts.answer(), clock);
    }

    /**
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs twice
     */
    public static OpenAiProvider of(AccountConfig account, Timeouts timeouts) {
        return of(account, timeouts, InstantSource.system());
    }

    static OpenAiProvider of(AccountConfig account, Timeouts timeouts, InstantSource clock) {
        var key = account.key().reveal();
        if (!key.matches("[!-~]+")) { // the client's own complaint would quote it
            throw new ConfigException("accounts.key must be visible ASCII without spaces or line breaks, got %s for %s"
                    .formatted(account.key(), account.name()));
        }
        return new OpenAiProvider(new HttpCalls(account.baseUrl(), key, timeouts.connect()), timeouts, clock);
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public UploadOutcome upload(Upload upload) {
        var boundary = "halfrate-" + UUID.randomUUID();
        var request = calls.to("/files")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(multipart(upload, boundary));
        var reply = calls.ask(request, timeouts.upload());
        if (reply instanceof Answer answer && answer.ok()) {
            var id = Json.text(answer.json(), "id");
            if (id != null && Batches.isId(id)) {
                return new UploadOutcome.Uploaded(id);
            }
        }
        return otherwise(reply, UploadOutcome.Refused::new, UploadOutcome.Unknown::new);
    }

    @Override
    public CreateOutcome create(Create create) {
        if (create.deadline().passed()) {
            return new CreateOutcome.Refused(Refusals.deadlinePassed());
        }
        var json = Json.object()
                .put("input_file_id", create.inputFileId())
                .put("endpoint", create.endpoint())
                .put("completion_window", create.completionWindow());
        json.putObject("metadata").put(ATTEMPT, create.tag()).put(BATCH, create.batchId());
        var body = new SentOnceBody(json.toString().getBytes(UTF_8), create.deadline());
        var request =
                calls.to("/batches").header("Content-Type", "application/json").POST(body.publisher());
        var reply = calls.ask(request, timeouts.answer());
        var sent = body.shut();
        return switch (reply) {
            case Answer answer
            when answer.ok() ->
                Batches.parse(answer.json())
                        .<CreateOutcome>map(CreateOutcome.Created::new)
                        .orElseGet(() -> new CreateOutcome.InDoubt(reply.reason()));
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

    @Override
    public FindOutcome find(Search search) {
        return batchSearch.find(search);
    }

    @Override
    public MarkerOutcome marker() {
        throw new UnsupportedOperationException("an attempt is found by what it is called");
    }

    @Override
    public SweepOutcome sweep(Instant since) {
        return batchSearch.sweep(since);
    }

    @Override
    public PollOutcome poll(String remoteBatchId) {
        if (!Batches.isId(remoteBatchId)) {
            return new PollOutcome.Refused(Refusals.unusableId());
        }
        var reply = calls.ask(calls.to("/batches/" + remoteBatchId).GET(), timeouts.answer());
        return seen(reply, remoteBatchId)
                .<PollOutcome>map(PollOutcome.Seen::new)
                .orElseGet(() -> otherwise(reply, PollOutcome.Refused::new, PollOutcome.NoAnswer::new));
    }

    @Override
    public CancelOutcome cancel(String remoteBatchId) {
        if (!Batches.isId(remoteBatchId)) {
            return new CancelOutcome.Refused(Refusals.unusableId());
        }
        var request = calls.to("/batches/" + remoteBatchId + "/cancel").POST(BodyPublishers.noBody());
        var reply = calls.ask(request, timeouts.answer());
        return seen(reply, remoteBatchId)
                .<CancelOutcome>map(CancelOutcome.Cancelling::new)
                .orElseGet(() -> otherwise(reply, CancelOutcome.Refused::new, CancelOutcome.NoAnswer::new));
    }

    @Override
    public DeleteOutcome deleteInput(String inputFileId) {
        if (!Batches.isId(inputFileId)) {
            return new DeleteOutcome.Refused(Refusals.unusableId());
        }
        var reply = calls.ask(calls.to("/files/" + inputFileId).DELETE(), timeouts.answer());
        if (reply instanceof Answer answer
                && answer.ok()
                && answer.json().path("deleted").asBoolean()) {
            return new DeleteOutcome.Deleted();
        }
        return otherwise(
                reply,
                refusal -> refusal.kind() == Refusal.Kind.NOT_FOUND
                        ? new DeleteOutcome.Deleted()
                        : new DeleteOutcome.Refused(refusal),
                DeleteOutcome.NoAnswer::new);
    }

    @Override
    public ResultsOutcome results(String handle, FilePosition from, ResultLines lines) throws InterruptedException {
        if (!Batches.isId(handle)) {
            return new ResultsOutcome.Refused(Refusals.unusableId());
        }
        Function<String, ResultsOutcome> brokenOff = reason -> new ResultsOutcome.BrokenOff(reason, from);
        try {
            var request =
                    FileRange.ask(calls.to("/files/" + handle + "/content").GET(), from);
            var response = calls.open(request, timeouts.answer());
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
            return new ResultFile(lines, begin.get(), from, timeouts.stall(), timeouts.download())
                    .read(response.body());
        } catch (IOException e) {
            return otherwise(Silence.of(e), ResultsOutcome.Refused::new, brokenOff);
        }
    }

    @Override
    public void close() {
        calls.close();
    }

    private static Optional<RemoteBatch> seen(Reply reply, String id) {
        return reply instanceof Answer answer && answer.ok()
                ? Batches.parse(answer.json()).filter(remote -> remote.id().equals(id))
                : Optional.empty();
    }

    /** What a reply without the thing that was asked for means, where asking again does no harm. */
    private <O> O otherwise(
            Reply reply,
            Function<? super Refusal, ? extends O> refused,
            Function<? super String, ? extends O> unclear) {
        return refusals.ofSafeCall(reply).<O>map(refused).orElseGet(() -> unclear.apply(reply.reason()));
    }

    /** The file is never held in memory: it is read as the connection takes it. */
    private static BodyPublisher multipart(Upload upload, String boundary) {
        var head = """
                --%s
                Content-Disposition: form-data; name="purpose"

                batch
                --%s
                Content-Disposition: form-data; name="file"; filename="%s"
                Content-Type: application/jsonl

                """.formatted(boundary, boundary, upload.fileName()).replace("\n", "\r\n");
        var tail = "\r\n--%s--\r\n".formatted(boundary).getBytes(UTF_8);
        try {
            return BodyPublishers.concat(
                    BodyPublishers.ofString(head),
                    BodyPublishers.ofFile(upload.lines()),
                    BodyPublishers.fromPublisher(
                            BodyPublishers.ofByteArrays(() -> {
                                CrashPoint.UPLOADING.reached();
                                return List.of(tail).iterator();
                            }),
                            tail.length));
        } catch (IOException e) {
            throw new UncheckedIOException("the spool file is not there", e);
        }
    }
}

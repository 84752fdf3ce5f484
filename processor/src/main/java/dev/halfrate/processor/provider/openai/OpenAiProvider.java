package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.CreateConfig;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.CallOutcome;
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
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.http.BatchCalls;
import dev.halfrate.processor.provider.http.HttpCalls;
import dev.halfrate.processor.provider.http.Json;
import dev.halfrate.processor.provider.http.LinesBody;
import dev.halfrate.processor.provider.http.Organization;
import dev.halfrate.processor.provider.http.Refusals;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.SentOnceBody;
import dev.halfrate.processor.provider.http.SingleCalls;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** OpenAI's API, or a server that speaks it, behind one key. */
public final class OpenAiProvider implements Provider {
    public static final Set<String> ENDPOINTS = OpenAiLineFormat.ENDPOINTS;

    static final String ATTEMPT = "halfrate_attempt";
    static final String BATCH = "halfrate_batch";
    static final String BATCHES = "/batches";

    private static final long FILE_BYTES_MAX = 209_715_200;
    private static final int REQUESTS_MAX = 50_000;
    /** Azure's answer to a deletion. */
    private static final int NO_CONTENT = 204;

    private final BatchCalls calls;
    private final Timeouts timeouts;
    private final BatchSearch batchSearch;
    private final SingleCalls singleCalls;
    private final Capabilities capabilities;
    private final Duration filesExpireAfter;
    private final CreateConfig create;

    private OpenAiProvider(BatchCalls calls, SingleCalls singleCalls, Timeouts timeouts, AccountConfig account) {
        this.calls = calls;
        this.singleCalls = singleCalls;
        this.timeouts = timeouts;
        this.batchSearch = new BatchSearch(calls);
        this.filesExpireAfter = account.files().expireAfter();
        this.create = account.create();
        this.capabilities = new Capabilities(
                        "openai",
                        REQUESTS_MAX,
                        FILE_BYTES_MAX,
                        (int) FILE_BYTES_MAX, // of a line alone no limit is known
                        OpenAiLineFormat.ENDPOINTS,
                        List.of(account.completionWindow()),
                        account.create().inlineField().isEmpty()
                                ? Capabilities.Ingest.FILE
                                : Capabilities.Ingest.INLINE,
                        Capabilities.SearchQuality.EXACT,
                        false,
                        false,
                        new OpenAiLineFormat())
                .within(account.limits());
    }

    /**
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs twice
     */
    public static OpenAiProvider of(AccountConfig account, Organization organization, Timeouts timeouts) {
        return of(account, organization, timeouts, InstantSource.system());
    }

    /** Whose batches they are is not known yet. */
    public static OpenAiProvider of(AccountConfig account, Timeouts timeouts) {
        return of(account, timeouts, InstantSource.system());
    }

    static OpenAiProvider of(AccountConfig account, Timeouts timeouts, InstantSource clock) {
        return of(account, Organization.unknown(), timeouts, clock);
    }

    private static OpenAiProvider of(
            AccountConfig account, Organization organization, Timeouts timeouts, InstantSource clock) {
        var http = new HttpCalls(
                account, new HttpCalls.KeyHeader("Authorization", "Bearer "), Map.of(), timeouts.connect());
        var dialect = new BatchCalls.Dialect(
                List.of("openai-organization", "openai-project"),
                BATCHES + "?limit=1",
                Batches::parse,
                ErrorCodes::kindOf,
                OpenAiResultLine::read);
        return new OpenAiProvider(
                new BatchCalls(http, organization, timeouts, dialect, clock),
                new SingleCalls(http, ErrorCodes::kindOf, OpenAiResultLine::answer, clock),
                timeouts,
                account);
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public AccessOutcome access() {
        return calls.access();
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
            if (id != null && HttpCalls.isSegment(id)) {
                return new UploadOutcome.Uploaded(id);
            }
        }
        return calls.otherwise(reply, UploadOutcome.Refused::new, UploadOutcome.Unknown::new);
    }

    @Override
    public CreateOutcome create(Create create) {
        if (create.deadline().passed()) {
            return new CreateOutcome.Refused(Refusals.deadlinePassed());
        }
        var json = Json.object();
        if (inline()) {
            json.put("model", create.model());
        } else {
            json.put("input_file_id", create.inputFileId());
        }
        json.put("endpoint", create.endpoint()).put("completion_window", create.completionWindow());
        json.putObject("metadata").put(ATTEMPT, create.tag()).put(BATCH, create.batchId());
        if (!filesExpireAfter.isZero()) {
            json.putObject("output_expires_after")
                    .put("anchor", "created_at")
                    .put("seconds", filesExpireAfter.toSeconds());
        }
        var request = calls.to(BATCHES);
        if (!this.create.idempotencyHeader().isEmpty()) {
            request.header(this.create.idempotencyHeader(), create.tag());
        }
        if (inline()) {
            return createInline(create, request, json.toString());
        }
        var body = new SentOnceBody(json.toString().getBytes(UTF_8), create.deadline());
        return calls.create(request, body, timeouts.answer());
    }

    private boolean inline() {
        return capabilities.ingest() == Capabilities.Ingest.INLINE;
    }

    /** The requests come last: some gateways want to know the endpoint and the model before they read them. */
    private CreateOutcome createInline(Create create, HttpRequest.Builder request, String json) {
        var lines = create.lines();
        if (lines == null) {
            return new CreateOutcome.Refused(Refusals.noSpool());
        }
        var head = "%s,\"%s\":[".formatted(json.substring(0, json.length() - 1), this.create.inlineField());
        try (var body = LinesBody.of(head, lines, "]}")) {
            return calls.create(
                    request, new SentOnceBody(body.stream(), body.length(), create.deadline()), timeouts.upload());
        } catch (NoSuchFileException _) {
            return new CreateOutcome.Refused(Refusals.noSpool());
        } catch (IOException e) {
            throw new UncheckedIOException("the spool file cannot be read", e);
        }
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
        return calls.poll(BATCHES, remoteBatchId);
    }

    @Override
    public SweepOutcome lookUp(String remoteBatchId) {
        return batchSearch.lookUp(remoteBatchId);
    }

    @Override
    public CancelOutcome cancel(String remoteBatchId) {
        return calls.cancel(BATCHES, remoteBatchId);
    }

    @Override
    public DeleteOutcome deleteFile(String fileId) {
        if (!HttpCalls.isSegment(fileId)) {
            return new DeleteOutcome.Refused(Refusals.unusableId());
        }
        var reply = calls.ask(calls.to("/files/" + fileId).DELETE(), timeouts.answer());
        if (reply instanceof Answer answer
                && answer.ok()
                && (answer.status() == NO_CONTENT
                        || answer.json().path("deleted").asBoolean())) {
            return new DeleteOutcome.Deleted();
        }
        return calls.otherwise(
                reply,
                refusal -> refusal.kind() == Refusal.Kind.NOT_FOUND
                        ? new DeleteOutcome.Deleted()
                        : new DeleteOutcome.Refused(refusal),
                DeleteOutcome.NoAnswer::new);
    }

    @Override
    public ResultsOutcome results(String handle, FilePosition from, ResultLines lines) throws InterruptedException {
        return calls.results("/files/%s/content", handle, from, lines);
    }

    @Override
    public CallOutcome call(Call call) {
        if (!OpenAiLineFormat.ENDPOINTS.contains(call.endpoint())) {
            throw new IllegalArgumentException("endpoint " + call.endpoint());
        }
        return singleCalls.call(singleCalls.to(call.endpoint()), call.body(), call.timeout());
    }

    @Override
    public void close() {
        calls.close();
    }

    /** The file is never held in memory: it is read as the connection takes it. */
    private BodyPublisher multipart(Upload upload, String boundary) {
        var fields = new LinkedHashMap<String, String>();
        fields.put("purpose", "batch");
        if (!filesExpireAfter.isZero()) {
            fields.put("expires_after[anchor]", "created_at");
            fields.put("expires_after[seconds]", Long.toString(filesExpireAfter.toSeconds()));
        }
        var head = new StringBuilder();
        fields.forEach((name, value) -> head.append("""
                --%s
                Content-Disposition: form-data; name="%s"

                %s
                """.formatted(boundary, name, value)));
        head.append("""
                --%s
                Content-Disposition: form-data; name="file"; filename="%s"
                Content-Type: application/jsonl

                """.formatted(boundary, upload.fileName()));
        var tail = "\r\n--%s--\r\n".formatted(boundary).getBytes(UTF_8);
        try {
            return BodyPublishers.concat(
                    BodyPublishers.ofString(head.toString().replace("\n", "\r\n")),
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

package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.crash.CrashPoint;
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
import dev.halfrate.processor.provider.http.Refusals;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.SentOnceBody;
import dev.halfrate.processor.provider.http.SingleCalls;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** OpenAI's API, or a server that speaks it, behind one key. */
public final class OpenAiProvider implements Provider {
    static final String ATTEMPT = "halfrate_attempt";
    static final String BATCH = "halfrate_batch";
    static final String BATCHES = "/batches";

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

    private final BatchCalls calls;
    private final Timeouts timeouts;
    private final BatchSearch batchSearch;
    private final SingleCalls singleCalls;

    private OpenAiProvider(BatchCalls calls, SingleCalls singleCalls, Timeouts timeouts) {
        this.calls = calls;
        this.singleCalls = singleCalls;
        this.timeouts = timeouts;
        this.batchSearch = new BatchSearch(calls);
    }

    /**
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs twice
     */
    public static OpenAiProvider of(AccountConfig account, Timeouts timeouts) {
        return of(account, timeouts, InstantSource.system());
    }

    static OpenAiProvider of(AccountConfig account, Timeouts timeouts, InstantSource clock) {
        var http = new HttpCalls(account, key -> Map.of("Authorization", "Bearer " + key), timeouts.connect());
        var dialect = new BatchCalls.Dialect(Batches::parse, ErrorCodes::kindOf, OpenAiResultLine::read);
        return new OpenAiProvider(
                new BatchCalls(http, timeouts, dialect, clock),
                new SingleCalls(http, ErrorCodes::kindOf, OpenAiResultLine::answer, clock),
                timeouts);
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
        var json = Json.object()
                .put("input_file_id", create.inputFileId())
                .put("endpoint", create.endpoint())
                .put("completion_window", create.completionWindow());
        json.putObject("metadata").put(ATTEMPT, create.tag()).put(BATCH, create.batchId());
        var body = new SentOnceBody(json.toString().getBytes(UTF_8), create.deadline());
        return calls.create(calls.to(BATCHES), body, timeouts.answer());
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
    public CancelOutcome cancel(String remoteBatchId) {
        return calls.cancel(BATCHES, remoteBatchId);
    }

    @Override
    public DeleteOutcome deleteInput(String inputFileId) {
        if (!HttpCalls.isSegment(inputFileId)) {
            return new DeleteOutcome.Refused(Refusals.unusableId());
        }
        var reply = calls.ask(calls.to("/files/" + inputFileId).DELETE(), timeouts.answer());
        if (reply instanceof Answer answer
                && answer.ok()
                && answer.json().path("deleted").asBoolean()) {
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

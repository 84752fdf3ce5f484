package dev.halfrate.processor.provider.anthropic;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.CacheConfig;
import dev.halfrate.processor.config.ConfigException;
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
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.http.BatchCalls;
import dev.halfrate.processor.provider.http.HttpCalls;
import dev.halfrate.processor.provider.http.LinesBody;
import dev.halfrate.processor.provider.http.Organization;
import dev.halfrate.processor.provider.http.Refusals;
import dev.halfrate.processor.provider.http.Reply;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.SentOnceBody;
import dev.halfrate.processor.provider.http.SingleCalls;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Anthropic's message batches, or a server that speaks them, behind one key. The key's workspace is to be ours alone:
 * batches have no field of ours, so whatever is newer than a marker may be an attempt's.
 */
public final class AnthropicProvider implements Provider {
    public static final Set<String> ENDPOINTS = Set.of(AnthropicLineFormat.ENDPOINT);

    static final String BATCHES = "/messages/batches";
    private static final String SHORTEST_LIST = BATCHES + "?limit=1";
    static final String VERSION_DEFAULT = "2023-06-01";

    private static final String VERSION = "anthropic-version";
    private static final String BETA = "anthropic-beta";

    /** Somewhat below 256 MB: the frame around the lines counts too. */
    private static final long BODY_BYTES_MAX = 255_999_000;

    private final BatchCalls calls;
    private final Timeouts timeouts;
    private final MarkerSearch search;
    private final SingleCalls singleCalls;
    private final Capabilities capabilities;

    private AnthropicProvider(BatchCalls calls, SingleCalls singleCalls, Timeouts timeouts, Capabilities capabilities) {
        this.capabilities = capabilities;
        this.calls = calls;
        this.singleCalls = singleCalls;
        this.timeouts = timeouts;
        this.search = new MarkerSearch(calls);
    }

    /**
     * @throws ConfigException if the key cannot be sent
     * @throws IllegalStateException if the JVM is told to send POSTs twice
     */
    public static AnthropicProvider of(AccountConfig account, Organization organization, Timeouts timeouts) {
        return of(account, organization, timeouts, InstantSource.system());
    }

    /** Whose batches they are is not known yet. */
    public static AnthropicProvider of(AccountConfig account, Timeouts timeouts) {
        return of(account, timeouts, InstantSource.system());
    }

    static AnthropicProvider of(AccountConfig account, Timeouts timeouts, InstantSource clock) {
        return of(account, Organization.unknown(), timeouts, clock);
    }

    private static AnthropicProvider of(
            AccountConfig account, Organization organization, Timeouts timeouts, InstantSource clock) {
        var version = account.apiVersion().isEmpty() ? VERSION_DEFAULT : account.apiVersion();
        var http = new HttpCalls(
                account, new HttpCalls.KeyHeader("x-api-key", ""), Map.of(VERSION, version), timeouts.connect());
        var dialect = new BatchCalls.Dialect(
                List.of("anthropic-organization-id", "anthropic-workspace-id"),
                SHORTEST_LIST,
                MessageBatches::parse,
                ErrorTypes::kindOf,
                AnthropicResultLine::read);
        return new AnthropicProvider(
                new BatchCalls(http, organization, timeouts, dialect, clock),
                new SingleCalls(http, ErrorTypes::kindOf, AnthropicResultLine::answer, clock),
                timeouts,
                capabilities(account.promptCache().mark()).within(account.limits()));
    }

    private static Capabilities capabilities(CacheConfig.Mark mark) {
        return new Capabilities(
                "anthropic",
                100_000,
                BODY_BYTES_MAX,
                32_000_000, // as of a single call
                ENDPOINTS,
                List.of("24h"),
                Capabilities.Ingest.INLINE,
                Capabilities.SearchQuality.PROBABLE,
                true,
                true,
                new AnthropicLineFormat(
                        switch (mark) {
                            case NONE -> null;
                            case FIVE_MINUTES -> CacheMark.FIVE_MINUTES;
                            case HOUR -> CacheMark.HOUR;
                        }));
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
        throw new UnsupportedOperationException("a create brings its requests along");
    }

    @Override
    public CreateOutcome create(Create create) {
        if (create.deadline().passed()) {
            return new CreateOutcome.Refused(Refusals.deadlinePassed());
        }
        var request = versioned(calls.to(BATCHES), create.apiVersion(), create.betas());
        var lines = create.lines();
        if (lines == null) {
            return new CreateOutcome.Refused(Refusals.noSpool());
        }
        try (var body = LinesBody.of("{\"requests\":[", lines, "]}")) {
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
        return this.search.find(search);
    }

    @Override
    public MarkerOutcome marker() {
        var reply = calls.get(SHORTEST_LIST);
        return newest(reply)
                .<MarkerOutcome>map(MarkerOutcome.Marker::new)
                .orElseGet(() -> calls.otherwise(reply, MarkerOutcome.Refused::new, MarkerOutcome.NoAnswer::new));
    }

    @Override
    public SweepOutcome sweep(Instant since) {
        return search.sweep(since);
    }

    @Override
    public PollOutcome poll(String remoteBatchId) {
        return calls.poll(BATCHES, remoteBatchId);
    }

    @Override
    public SweepOutcome lookUp(String remoteBatchId) {
        throw new UnsupportedOperationException("batches do not say whose they are");
    }

    @Override
    public CancelOutcome cancel(String remoteBatchId) {
        return calls.cancel(BATCHES, remoteBatchId);
    }

    @Override
    public DeleteOutcome deleteFile(String fileId) {
        throw new UnsupportedOperationException("there are no input files");
    }

    /** The path is made of the id: the vendor's own results_url may point anywhere, and would get the key. */
    @Override
    public ResultsOutcome results(String handle, FilePosition from, ResultLines lines) throws InterruptedException {
        return calls.results(BATCHES + "/%s/results", handle, from, lines);
    }

    @Override
    public CallOutcome call(Call call) {
        if (!call.endpoint().equals(AnthropicLineFormat.ENDPOINT)) {
            throw new IllegalArgumentException("endpoint " + call.endpoint());
        }
        var request = versioned(singleCalls.to(call.endpoint()), call.apiVersion(), call.betas());
        return singleCalls.call(request, call.body(), call.timeout());
    }

    @Override
    public void close() {
        calls.close();
    }

    private static HttpRequest.Builder versioned(HttpRequest.Builder request, String version, List<String> betas) {
        if (!version.isEmpty()) {
            request.setHeader(VERSION, version);
        }
        if (!betas.isEmpty()) {
            request.header(BETA, String.join(",", betas));
        }
        return request;
    }

    /** @return the first id of a list, "" if it is empty; nothing if the reply is no readable list */
    private static Optional<String> newest(Reply reply) {
        if (!(reply instanceof Answer answer && answer.ok())) {
            return Optional.empty();
        }
        var list = answer.json().path("data");
        if (!list.isArray()) {
            return Optional.empty();
        }
        return list.isEmpty()
                ? Optional.of("")
                : MessageBatches.parse(list.get(0)).map(batch -> batch.id());
    }
}

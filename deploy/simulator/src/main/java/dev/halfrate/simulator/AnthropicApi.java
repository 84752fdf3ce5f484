package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;

/** Anthropic's routes: message batches, and messages without one. */
final class AnthropicApi implements VendorApi {

    static final long CREATE_BYTES_MAX = 256L << 20;

    private static final String MESSAGES = MessageModel.ENDPOINT;
    private static final String BATCHES = MESSAGES + "/batches";
    private static final int MESSAGE_BYTES_MAX = 32 << 20;
    private static final int LIMIT_MAX = 1_000;
    private static final int LIMIT_DEFAULT = 20;
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(10);
    private static final String TOO_LARGE =
            "<html><head><title>413 Request Entity Too Large</title></head><body></body></html>\n";

    private final BatchStore<MessageBatch> batches;
    private final BatchWork work;
    private final Path uploads;
    private final SynchronousCalls calls;
    private final RateLimits limits;
    private final VirtualClock clock;
    private final List<Route> modelRoutes = List.of(
            Route.of("POST", MESSAGES, this::message), Route.of("POST", MESSAGES + "/count_tokens", this::count));
    private final List<Route> batchRoutes = List.of(
            Route.of("POST", BATCHES, this::create),
            Route.of("GET", BATCHES, this::list),
            Route.of("GET", BATCHES + "/{id}", this::retrieve),
            Route.of("DELETE", BATCHES + "/{id}", this::delete),
            Route.of("POST", BATCHES + "/{id}/cancel", this::cancel),
            Route.of("GET", BATCHES + "/{id}/results", this::results));

    /** @param uploads where bodies may be staged so that keeping them is a rename */
    AnthropicApi(
            BatchStore<MessageBatch> batches,
            BatchWork work,
            SynchronousCalls calls,
            RateLimits limits,
            Path uploads,
            VirtualClock clock)
            throws IOException {
        this.batches = batches;
        this.work = work;
        this.calls = calls;
        this.limits = limits;
        this.uploads = Files.createDirectories(uploads);
        this.clock = clock;
    }

    @Override
    public boolean serves(String path) {
        return path.startsWith(MESSAGES);
    }

    @Override
    public Reply answer(Call call) throws IOException {
        call.answerHeaders()
                .put("anthropic-workspace-id", "wrkspc_" + call.account().substring("org-".length()));
        String path = Request.getPathInContext(call.request());
        if (path.startsWith(BATCHES)) {
            require(call, limits.batchCall(call.account()).stream().toList());
            return Route.answer(batchRoutes, path, call);
        }
        return Route.answer(modelRoutes, path, call);
    }

    private void require(Call call, List<RateLimits.Use> uses) {
        AnthropicRateHeaders.require(call, uses, limits, clock.now());
    }

    private Reply message(Call call) throws IOException {
        MessageTerms terms = MessageTerms.of(call, false);
        byte[] bytes = call.bytes(MESSAGE_BYTES_MAX);
        InputLine.Body body = InputLine.parseBody(bytes)
                .orElseThrow(() -> RefusedException.badRequest("The request body is not valid JSON"));
        String model = String.valueOf(body.model());
        require(call, limits.call(call.account(), model, MessageModel.inputTokens(body)));
        if (!limits.enter(call.account())) {
            throw refused(529, "Overloaded");
        }
        try {
            LineAnswer answer = calls.answer(
                    call, MESSAGES, model, bytes, execution -> work.messages().answer(body, terms, execution));
            if (!answer.succeeded()) {
                ((ObjectNode) answer.body()).put("request_id", call.requestId());
            }
            return SynchronousCalls.reply(answer);
        } finally {
            limits.leave(call.account());
        }
    }

    private Reply count(Call call) throws IOException {
        AnthropicVersion.of(call);
        InputLine.Body body = InputLine.parseBody(call.bytes(MESSAGE_BYTES_MAX))
                .orElseThrow(() -> RefusedException.badRequest("The request body is not valid JSON"));
        return Reply.ok(Map.of("input_tokens", MessageModel.inputTokens(body)));
    }

    @Override
    public String accountScope() {
        return "account";
    }

    @Override
    public Optional<String> key(Request request) {
        return Optional.ofNullable(request.getHeaders().get("x-api-key")).or(() -> VendorApi.bearer(request));
    }

    @Override
    public RefusedException noKey() {
        return refused(401, "x-api-key header is required");
    }

    @Override
    public RefusedException wrongKey(String key) {
        return refused(401, "API key is invalid.");
    }

    @Override
    public String accountHeader() {
        return "anthropic-organization-id";
    }

    @Override
    public void putHeaders(HttpFields.Mutable headers, String requestId, Duration processingTime) {
        headers.put("request-id", requestId);
    }

    /** What is too large is turned away before the API sees it. */
    @Override
    public Reply refusal(int status, OpenAiError error, String requestId) {
        return status == 413
                ? new Reply.Text(status, "text/html", TOO_LARGE)
                : new Reply.Json(
                        status, AnthropicError.of(status, error.message()).envelope(requestId));
    }

    private Reply create(Call call) throws IOException {
        work.book().createReceived();
        MessageTerms terms = MessageTerms.of(call, true);
        require(call, limits.batchCreate(call.account()).stream().toList());
        Path body = Files.createTempFile(uploads, "create", null);
        try {
            call.storeBody(body, CREATE_BYTES_MAX);
            MessageRequests requests = MessageRequests.parse(body);
            requireRoom(call, requests.lines());
            MessageBatch batch = batches.create((id, draw, directory) -> new MessageBatch(
                    new Batch.Identity(call.account(), id, "", MessageModel.ENDPOINT, draw),
                    requests.movedTo(directory.resolve("requests.json")),
                    terms,
                    work,
                    clock.now(),
                    directory));
            return Reply.ok(view(batch, call));
        } finally {
            Files.deleteIfExists(body);
        }
    }

    /** Requests that wait or run are counted over all batches. */
    private void requireRoom(Call call, int requests) throws IOException {
        int max = limits.present().queuedRequests();
        if (max == 0) {
            return;
        }
        long queued = requests;
        for (MessageBatch batch : batches.of(call.account())) {
            queued += batch.queued(clock.now());
        }
        if (queued > max) {
            throw AnthropicRateHeaders.tooMany(
                    call,
                    limits.realSeconds(RateLimits.MINUTE),
                    "This request would exceed your organization's limit of %d batch requests in the processing queue."
                            .formatted(max));
        }
    }

    private Reply list(Call call) throws IOException {
        AnthropicVersion.of(call);
        int limit = call.limit(LIMIT_MAX, LIMIT_DEFAULT);
        List<MessageBatch> newestFirst = batches.of(call.account());
        List<String> ids =
                newestFirst.stream().map(batch -> batch.identity().id()).toList();
        Optional<Integer> after = cursor(call, "after_id", ids);
        Optional<Integer> before = cursor(call, "before_id", ids);
        if (after.isPresent() && before.isPresent()) {
            throw RefusedException.badRequest("Only one of before_id and after_id may be given");
        }
        int from = before.map(newer -> Math.max(0, newer - limit))
                .orElseGet(() -> after.map(older -> older + 1).orElse(0));
        int to = before.orElseGet(() -> Math.min(ids.size(), from + limit));
        List<MessageBatchObject> page = new ArrayList<>();
        for (MessageBatch batch : newestFirst.subList(from, to)) {
            page.add(view(batch, call));
        }
        boolean hasMore = before.isPresent() ? from > 0 : to < ids.size();
        return Reply.ok(new MessageBatchObject.Page(
                page, hasMore, from == to ? null : ids.get(from), from == to ? null : ids.get(to - 1)));
    }

    private static Optional<Integer> cursor(Call call, String name, List<String> ids) {
        return call.query(name).map(id -> {
            int at = ids.indexOf(id);
            if (at < 0) {
                throw RefusedException.badRequest("%s: no Message Batch %s".formatted(name, id));
            }
            return at;
        });
    }

    private Reply retrieve(Call call) throws IOException {
        MessageBatchObject batch = view(batch(call), call);
        if (batch.endedAt() == null) {
            call.answerHeaders().put(HttpHeader.RETRY_AFTER, limits.realSeconds(POLL_INTERVAL));
        }
        return Reply.ok(batch);
    }

    private Reply cancel(Call call) throws IOException {
        MessageBatch batch = batch(call);
        batch.cancel(clock.now());
        return Reply.ok(view(batch, call));
    }

    private Reply delete(Call call) throws IOException {
        MessageBatch batch = batch(call);
        if (batch.advance(clock.now())) {
            throw RefusedException.badRequest(
                    "In progress batches cannot be deleted. Consider canceling the batch instead.");
        }
        batches.delete(batch);
        return Reply.ok(new MessageBatchObject.Deleted(call.id(), "message_batch_deleted"));
    }

    private Reply results(Call call) throws IOException {
        Path results = batch(call).results(clock.now());
        if (results == null) {
            throw refused(404, "Message Batch %s has no available results.".formatted(call.id()));
        }
        return new Reply.Content(results, Files.size(results), "application/x-jsonl", call.id());
    }

    private MessageBatch batch(Call call) {
        AnthropicVersion.of(call);
        return batches.find(call.account(), call.id())
                .orElseThrow(() -> refused(404, "Message Batch %s not found.".formatted(call.id())));
    }

    private MessageBatchObject view(MessageBatch batch, Call call) throws IOException {
        HttpURI uri = call.request().getHttpURI();
        Instant now = clock.now();
        return batch.view(
                now,
                "%s://%s%s/%s/results"
                        .formatted(
                                uri.getScheme(),
                                uri.getAuthority(),
                                BATCHES,
                                batch.identity().id()));
    }

    private static RefusedException refused(int status, String message) {
        return new RefusedException(status, OpenAiError.invalidRequest(message, null, null));
    }
}

package dev.halfrate.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** Anthropic's routes for message batches. */
final class AnthropicApi implements VendorApi {

    static final long CREATE_BYTES_MAX = 256L << 20;

    private static final String BATCHES = "/v1/messages/batches";
    private static final int LIMIT_MAX = 1_000;
    private static final int LIMIT_DEFAULT = 20;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final String TOO_LARGE =
            "<html><head><title>413 Request Entity Too Large</title></head><body></body></html>\n";

    private final BatchStore<MessageBatch> batches;
    private final BatchWork work;
    private final Path uploads;
    private final VirtualClock clock;
    private final List<Route> routes = List.of(
            Route.of("POST", BATCHES, this::create),
            Route.of("GET", BATCHES, this::list),
            Route.of("GET", BATCHES + "/{id}", this::retrieve),
            Route.of("DELETE", BATCHES + "/{id}", this::delete),
            Route.of("POST", BATCHES + "/{id}/cancel", this::cancel),
            Route.of("GET", BATCHES + "/{id}/results", this::results));

    /** @param uploads where bodies may be staged so that keeping them is a rename */
    AnthropicApi(BatchStore<MessageBatch> batches, BatchWork work, Path uploads, VirtualClock clock)
            throws IOException {
        this.batches = batches;
        this.work = work;
        this.uploads = Files.createDirectories(uploads);
        this.clock = clock;
    }

    @Override
    public Reply answer(Request request, String account) throws IOException {
        return Route.answer(routes, request, account);
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
        return refused(401, "invalid x-api-key");
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
        AnthropicVersion version = AnthropicVersion.of(call);
        Path body = Files.createTempFile(uploads, "create", null);
        try {
            store(call.request(), body);
            MessageRequests requests = MessageRequests.parse(body);
            MessageBatch batch = batches.create((id, draw, directory) -> new MessageBatch(
                    new Batch.Identity(call.account(), id, "", MessageModel.ENDPOINT, draw),
                    requests.movedTo(directory.resolve("requests.json")),
                    version,
                    work,
                    clock.now(),
                    directory));
            return Reply.ok(view(batch, call));
        } finally {
            Files.deleteIfExists(body);
        }
    }

    private static void store(Request request, Path file) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long left = CREATE_BYTES_MAX;
        try (InputStream in = Content.Source.asInputStream(request);
                OutputStream out = Files.newOutputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                left -= read;
                if (left < 0) {
                    throw refused(413, "the request is too large");
                }
                out.write(buffer, 0, read);
            }
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
        return Reply.ok(view(batch(call), call));
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
        return new Reply.Content(results, Files.size(results), "application/x-jsonl");
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

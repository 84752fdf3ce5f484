package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;

/** The routes of OpenAI or one of those like it: files, batches, and models called without one. */
final class OpenAiApi implements VendorApi {

    private static final String VERSION = "2020-10-01";
    private static final int FILES_LIMIT_MAX = 10_000;
    private static final int BATCHES_LIMIT_MAX = 100;
    private static final int BATCHES_LIMIT_DEFAULT = 20;

    private static final long INLINE_BYTES_MAX = 256L << 20;

    private final Dialect dialect;
    private final FileStore files;
    private final FileUpload upload;
    private final BatchStore<Batch> batches;
    private final BatchWork work;
    private final RateLimits limits;
    private final VirtualClock clock;
    private final Map<String, String> createdByKey = new HashMap<>();
    private final List<Route> modelRoutes;
    private final List<Route> batchRoutes = List.of(
            Route.of("POST", "/v1/files", this::uploadFile),
            Route.of("GET", "/v1/files", this::listFiles),
            Route.of("GET", "/v1/files/{id}", this::retrieveFile),
            Route.of("DELETE", "/v1/files/{id}", this::deleteFile),
            Route.of("GET", "/v1/files/{id}/content", this::fileContent),
            Route.of("POST", "/v1/batches", this::createBatch),
            Route.of("GET", "/v1/batches", this::listBatches),
            Route.of("GET", "/v1/batches/{id}", this::retrieveBatch),
            Route.of("POST", "/v1/batches/{id}/cancel", this::cancelBatch));

    OpenAiApi(
            Dialect dialect,
            FileUpload upload,
            BatchStore<Batch> batches,
            BatchWork work,
            SynchronousCalls calls,
            RateLimits limits,
            VirtualClock clock) {
        this.dialect = dialect;
        this.limits = limits;
        this.modelRoutes = new OpenAiCalls(dialect, calls, work.models(), limits).routes();
        this.files = work.files();
        this.work = work;
        this.upload = upload;
        this.batches = batches;
        this.clock = clock;
    }

    @Override
    public boolean serves(String path) {
        return path.startsWith(dialect.mount() + "/");
    }

    @Override
    public Reply answer(Call call) throws IOException {
        if (dialect == Dialect.OPENAI) {
            call.answerHeaders().put("openai-project", "proj_" + call.account().substring("org-".length()));
        }
        String path = dialect.pathOf(Request.getPathInContext(call.request()));
        if (path.startsWith("/v1/files") || path.startsWith("/v1/batches")) {
            require(call, limits.batchCall(call.account()));
            return Route.answer(batchRoutes, path, call);
        }
        return Route.answer(modelRoutes, path, call);
    }

    private void require(Call call, Optional<RateLimits.Use> use) {
        OpenAiRateHeaders.require(call, "", use.stream().toList(), limits);
    }

    @Override
    public Optional<String> key(Request request) {
        return dialect == Dialect.AZURE
                ? Optional.ofNullable(request.getHeaders().get("api-key")).or(() -> VendorApi.bearer(request))
                : VendorApi.bearer(request);
    }

    @Override
    public String accountScope() {
        return dialect == Dialect.OPENAI ? "account" : "account at " + dialect;
    }

    @Override
    public RefusedException noKey() {
        return unauthorized("You didn't provide an API key. You need to provide your API key in an Authorization"
                + " header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).");
    }

    @Override
    public RefusedException wrongKey(String key) {
        return unauthorized("Incorrect API key provided: %s. You can find your API key at".formatted(masked(key))
                + " https://platform.openai.com/account/api-keys.");
    }

    @Override
    public String accountHeader() {
        return "openai-organization";
    }

    @Override
    public void putHeaders(HttpFields.Mutable headers, String requestId, Duration processingTime) {
        headers.put("x-request-id", requestId)
                .put("openai-version", VERSION)
                .put("openai-processing-ms", processingTime.toMillis());
    }

    @Override
    public Reply refusal(int status, OpenAiError error, String requestId) {
        return new Reply.Json(status, error.envelope());
    }

    private static RefusedException unauthorized(String message) {
        return new RefusedException(401, OpenAiError.invalidRequest(message, null, "invalid_api_key"));
    }

    private static String masked(String key) {
        return key.length() < 12
                ? "*".repeat(key.length())
                : key.substring(0, 4) + "***" + key.substring(key.length() - 4);
    }

    private Reply uploadFile(Call call) throws IOException {
        return Reply.ok(FileObject.of(upload.receive(call, dialect.fileLife())));
    }

    private Reply listFiles(Call call) throws IOException {
        batches.advance();
        String order = call.query("order").orElse("desc");
        List<StoredFile> oldestFirst = files.of(call.account()).stream()
                .filter(file ->
                        call.query("purpose").map(file.purpose()::equals).orElse(true))
                .toList();
        List<StoredFile> ordered = switch (order) {
            case "asc" -> oldestFirst;
            case "desc" -> oldestFirst.reversed();
            default -> throw RefusedException.badRequest(OpenAiError.notOneOf("order", order, List.of("asc", "desc")));
        };
        int limit = call.limit(FILES_LIMIT_MAX, FILES_LIMIT_MAX);
        ListPage<StoredFile> page = ListPage.of(ordered, StoredFile::id, call.after(), limit);
        return Reply.ok(page.with(page.data().stream().map(FileObject::of).toList()));
    }

    private Reply retrieveFile(Call call) {
        return Reply.ok(FileObject.of(file(call)));
    }

    private Reply deleteFile(Call call) throws IOException {
        StoredFile file = file(call);
        files.delete(file);
        return Reply.ok(new FileObject.Deleted(file.id(), "file", true));
    }

    private Reply fileContent(Call call) {
        StoredFile file = file(call);
        return new Reply.Content(file.path(), file.bytes(), "application/octet-stream", file.id());
    }

    private Reply createBatch(Call call) throws IOException {
        work.book().createReceived();
        require(call, limits.batchCreate(call.account()));
        return dialect.inline() ? createInline(call) : createFromFile(call);
    }

    private Reply createFromFile(Call call) throws IOException {
        BatchRequest request = BatchRequest.parse(call.json(), dialect);
        Optional<StoredFile> input = work.files().findInput(call.account(), request.inputFileId());
        if (input.isEmpty() && work.habits().get().deletedInput() == Habits.DeletedInput.REFUSED) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "No such File object: %s".formatted(request.inputFileId()), "input_file_id", null));
        }
        if (input.isPresent() && dialect.refusesOverQuota()) {
            requireRoom(call, request, input.get());
        }
        return Reply.ok(create(call, request, target -> {
            if (input.isPresent()) {
                Files.createLink(target, input.get().path());
            }
        }));
    }

    /** The batch that was created under the same key before, where keys are known. */
    private Reply createInline(Call call) throws IOException {
        Optional<String> key =
                call.header("Idempotency-Key").filter(_ -> work.habits().get().idempotencyKeys());
        if (key.isEmpty()) {
            return readAndCreate(call);
        }
        synchronized (createdByKey) {
            String id = createdByKey.get(call.account() + " " + key.get());
            if (id != null) {
                Batch before = batches.find(call.account(), id).orElseThrow();
                return Reply.ok(dialect.show(before.view(clock.now())));
            }
            Reply.Json created = readAndCreate(call);
            createdByKey.put(
                    call.account() + " " + key.get(),
                    ((ObjectNode) created.body()).path("id").textValue());
            return created;
        }
    }

    private Reply.Json readAndCreate(Call call) throws IOException {
        Path body = Files.createTempFile(files.directory(), "create", null);
        try {
            call.storeBody(body, INLINE_BYTES_MAX);
            InlineLines lines = InlineLines.parse(body);
            BatchRequest request = BatchRequest.parse(lines.fields(), dialect);
            ObjectNode created = create(call, request, target -> lines.writeTo(target, request));
            return new Reply.Json(dialect == Dialect.OPENROUTER ? 202 : 200, created);
        } finally {
            Files.deleteIfExists(body);
        }
    }

    private ObjectNode create(Call call, BatchRequest request, Batch.Input input) throws IOException {
        Batch batch = batches.create((id, draw, directory) -> Batch.of(
                new Batch.Identity(
                        call.account(),
                        id,
                        request.inputFileId(),
                        request.endpoint().path(),
                        draw),
                request,
                input,
                work,
                clock.now(),
                directory));
        return dialect.show(batch.view(clock.now()));
    }

    /** Refuses what would find the queue full. */
    private void requireRoom(Call call, BatchRequest request, StoredFile input) throws IOException {
        var outcome = InputValidation.validate(
                input.path(), dialect, request.endpoint(), work.config().validationReport());
        if (outcome instanceof InputValidation.Outcome.Valid(var valid)
                && !work.enqueued().fits(call.account(), valid.model(), valid.promptTokens())) {
            BatchError full = work.enqueued().tooMany(call.account(), valid.model());
            throw RefusedException.badRequest(OpenAiError.invalidRequest(full.message(), null, full.code()));
        }
    }

    private Reply listBatches(Call call) throws IOException {
        int limit = call.limit(BATCHES_LIMIT_MAX, BATCHES_LIMIT_DEFAULT);
        ListPage<Batch> page = ListPage.of(
                batches.of(call.account()), batch -> batch.identity().id(), call.after(), limit);
        Instant now = clock.now();
        List<ObjectNode> views = new ArrayList<>();
        for (Batch batch : page.data()) {
            views.add(dialect.show(batch.view(now)));
        }
        return Reply.ok(dialect.list(page.with(views)));
    }

    private Reply retrieveBatch(Call call) throws IOException {
        BatchObject batch = batch(call).view(clock.now());
        ObjectNode shown = dialect.show(batch);
        if (dialect == Dialect.OPENROUTER) {
            shown.set("results", results(call, batch));
        }
        return Reply.ok(shown);
    }

    private Reply cancelBatch(Call call) throws IOException {
        Batch batch = batch(call);
        Instant now = clock.now();
        if (dialect == Dialect.OPENROUTER) {
            throw RefusedException.notFound("Batches cannot be cancelled.");
        }
        batch.cancel(now);
        return Reply.ok(dialect.show(batch.view(now)));
    }

    /** What both files say, null until the batch has ended. */
    private JsonNode results(Call call, BatchObject batch) throws IOException {
        ArrayNode results = Json.MAPPER.createArrayNode();
        for (String id : Arrays.asList(batch.outputFileId(), batch.errorFileId())) {
            Optional<StoredFile> file = id == null ? Optional.empty() : files.find(call.account(), id);
            if (file.isPresent()) {
                for (String line : Files.readAllLines(file.get().path())) {
                    results.add(Json.MAPPER.readTree(line));
                }
            }
        }
        return results.isEmpty() ? Json.MAPPER.nullNode() : results;
    }

    private StoredFile file(Call call) {
        return files.find(call.account(), call.id())
                .orElseThrow(() -> new RefusedException(
                        404, OpenAiError.invalidRequest("No such File object: %s".formatted(call.id()), "id", null)));
    }

    private Batch batch(Call call) {
        return batches.find(call.account(), call.id())
                .orElseThrow(() -> RefusedException.notFound("No batch found with id '%s'".formatted(call.id())));
    }
}

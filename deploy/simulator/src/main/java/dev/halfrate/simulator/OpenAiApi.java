package dev.halfrate.simulator;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;

/** OpenAI's routes for files and batches. */
final class OpenAiApi implements VendorApi {

    private static final String VERSION = "2020-10-01";
    private static final int FILES_LIMIT_MAX = 10_000;
    private static final int BATCHES_LIMIT_MAX = 100;
    private static final int BATCHES_LIMIT_DEFAULT = 20;

    private final FileStore files;
    private final FileUpload upload;
    private final BatchStore<Batch> batches;
    private final BatchWork work;
    private final VirtualClock clock;
    private final List<Route> routes = List.of(
            Route.of("POST", "/v1/files", this::uploadFile),
            Route.of("GET", "/v1/files", this::listFiles),
            Route.of("GET", "/v1/files/{id}", this::retrieveFile),
            Route.of("DELETE", "/v1/files/{id}", this::deleteFile),
            Route.of("GET", "/v1/files/{id}/content", this::fileContent),
            Route.of("POST", "/v1/batches", this::createBatch),
            Route.of("GET", "/v1/batches", this::listBatches),
            Route.of("GET", "/v1/batches/{id}", this::retrieveBatch),
            Route.of("POST", "/v1/batches/{id}/cancel", this::cancelBatch));

    OpenAiApi(FileUpload upload, BatchStore<Batch> batches, BatchWork work, VirtualClock clock) {
        this.files = work.files();
        this.work = work;
        this.upload = upload;
        this.batches = batches;
        this.clock = clock;
    }

    @Override
    public Reply answer(Request request, String account) throws IOException {
        return Route.answer(routes, request, account);
    }

    @Override
    public Optional<String> key(Request request) {
        return VendorApi.bearer(request);
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
        return Reply.ok(FileObject.of(upload.receive(call)));
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
        return new Reply.Content(file.path(), file.bytes(), "application/octet-stream");
    }

    private Reply createBatch(Call call) throws IOException {
        work.book().createReceived();
        BatchRequest request = BatchRequest.parse(call.json());
        boolean input =
                work.files().findInput(call.account(), request.inputFileId()).isPresent();
        if (!input && work.habits().get().deletedInput() == Habits.DeletedInput.REFUSED) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "No such File object: %s".formatted(request.inputFileId()), "input_file_id", null));
        }
        Batch batch = batches.create((id, draw, directory) -> Batch.of(
                new Batch.Identity(
                        call.account(),
                        id,
                        request.inputFileId(),
                        request.endpoint().path(),
                        draw),
                request,
                work,
                clock.now(),
                directory));
        return Reply.ok(batch.view(clock.now()));
    }

    private Reply listBatches(Call call) throws IOException {
        int limit = call.limit(BATCHES_LIMIT_MAX, BATCHES_LIMIT_DEFAULT);
        ListPage<Batch> page = ListPage.of(
                batches.of(call.account()), batch -> batch.identity().id(), call.after(), limit);
        Instant now = clock.now();
        List<BatchObject> views = new ArrayList<>();
        for (Batch batch : page.data()) {
            views.add(batch.view(now));
        }
        return Reply.ok(page.with(views));
    }

    private Reply retrieveBatch(Call call) throws IOException {
        return Reply.ok(batch(call).view(clock.now()));
    }

    private Reply cancelBatch(Call call) throws IOException {
        Batch batch = batch(call);
        Instant now = clock.now();
        batch.cancel(now);
        return Reply.ok(batch.view(now));
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

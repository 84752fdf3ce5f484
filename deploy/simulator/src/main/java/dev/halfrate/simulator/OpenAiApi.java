package dev.halfrate.simulator;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.server.Request;

/** The vendor's routes for files and batches. */
final class OpenAiApi {

    private static final int FILES_LIMIT_MAX = 10_000;
    private static final int BATCHES_LIMIT_MAX = 100;
    private static final int BATCHES_LIMIT_DEFAULT = 20;

    private final FileStore files;
    private final FileUpload upload;
    private final BatchStore batches;
    private final BillingBook book;
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

    OpenAiApi(FileStore files, FileUpload upload, BatchStore batches, BillingBook book, VirtualClock clock) {
        this.files = files;
        this.upload = upload;
        this.batches = batches;
        this.book = book;
        this.clock = clock;
    }

    Reply answer(Request request, String account) throws IOException {
        return Route.answer(routes, request, account);
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
        book.createReceived();
        BatchRequest request = BatchRequest.parse(call.json());
        return Reply.ok(batches.create(call.account(), request).view(clock.now()));
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

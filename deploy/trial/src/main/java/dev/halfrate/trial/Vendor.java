package dev.halfrate.trial;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An API that batches are sent to, and how its calls are recognised. Calls that it does not have are null. */
@SuppressWarnings("ImmutableEnumChecker") // nobody changes the set
enum Vendor {
    OPENAI(
            "/v1",
            "/v1/chat/completions",
            "gpt-4o-mini",
            209_715_200,
            new Call("POST", "/v1/files"),
            new Call("POST", "/v1/batches"),
            new Call("GET", "/v1/batches\\?.*"),
            new Call("GET", "/v1/batches\\?.*after=.*"),
            new Call("DELETE", "/v1/files/[^/]+"),
            new Call("GET", "/v1/files/[^/]+/content"),
            new Call("POST", "/v1/batches/[^/]+/cancel"),
            new Call("POST", "/v1/chat/completions"),
            "/v1/batches?limit=100",
            "status",
            Set.of("completed", "failed", "expired", "cancelled")),

    /** Its lists are read only as far as the marker, so a second page is never asked for. */
    ANTHROPIC(
            "/v1",
            "/v1/messages",
            "claude-haiku-4-5",
            255_999_000,
            null,
            new Call("POST", "/v1/messages/batches"),
            new Call("GET", "/v1/messages/batches\\?.*"),
            null,
            null,
            new Call("GET", "/v1/messages/batches/[^/]+/results"),
            new Call("POST", "/v1/messages/batches/[^/]+/cancel"),
            new Call("POST", "/v1/messages"),
            "/v1/messages/batches?limit=100",
            "processing_status",
            Set.of("ended"));

    /** @param path regular expression of the whole path and query */
    record Call(String method, String path) {}

    final String basePath;
    final String endpoint;
    final String model;

    /** Of the lines of a batch. */
    final long batchBytesMax;

    final @Nullable Call upload;
    final Call create;
    final Call list;
    final @Nullable Call nextPage;
    final @Nullable Call deleteInput;
    final Call results;
    final Call cancel;

    /** Of one request. */
    final Call single;

    final String batches;
    private final String status;
    private final Set<String> ended;

    Vendor(
            String basePath,
            String endpoint,
            String model,
            long batchBytesMax,
            @Nullable Call upload,
            Call create,
            Call list,
            @Nullable Call nextPage,
            @Nullable Call deleteInput,
            Call results,
            Call cancel,
            Call single,
            String batches,
            String status,
            Set<String> ended) {
        this.basePath = basePath;
        this.endpoint = endpoint;
        this.model = model;
        this.batchBytesMax = batchBytesMax;
        this.upload = upload;
        this.create = create;
        this.list = list;
        this.nextPage = nextPage;
        this.deleteInput = deleteInput;
        this.results = results;
        this.cancel = cancel;
        this.single = single;
        this.batches = batches;
        this.status = status;
        this.ended = ended;
    }

    /** @param name as the configuration spells it */
    static Optional<Vendor> of(String name) {
        return Arrays.stream(values())
                .filter(vendor -> vendor.provider().equals(name))
                .findFirst();
    }

    /** As the configuration spells it. */
    String provider() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean hasEnded(JsonNode batch) {
        return ended.contains(batch.path(status).asText());
    }
}

package dev.halfrate.simulator;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartConfig;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** Takes in a multipart upload, streaming the file's bytes to disk. */
final class FileUpload {

    static final long BATCH_FILE_BYTES_MAX = 209_715_200;

    private static final long FILE_BYTES_MAX = 512L << 20;
    private static final int PARTS_MAX = 16;
    private static final int FIELD_BYTES_MAX = 64 * 1024;

    private static final List<String> PURPOSES =
            List.of("assistants", "batch", "fine-tune", "vision", "user_data", "evals");

    private final FileStore files;
    private final Ids ids;
    private final VirtualClock clock;

    FileUpload(FileStore files, Ids ids, VirtualClock clock) {
        this.files = files;
        this.ids = ids;
        this.clock = clock;
    }

    /** @param lifeSeconds what may be asked for */
    StoredFile receive(Call call, ParameterRange lifeSeconds) throws IOException {
        Request request = call.request();
        String contentType = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Invalid Content-Type header (%s), expected multipart/form-data.".formatted(contentType),
                    null,
                    null));
        }
        try (MultiPartFormData.Parts parts = parts(request, contentType)) {
            String purpose = field(parts, "purpose");
            if (purpose == null) {
                throw RefusedException.badRequest(OpenAiError.missing("purpose"));
            }
            if (!PURPOSES.contains(purpose)) {
                throw RefusedException.badRequest(OpenAiError.notOneOf("purpose", purpose, PURPOSES));
            }
            MultiPart.Part file = parts.getFirst("file");
            if (file == null) {
                throw RefusedException.badRequest(OpenAiError.missing("file"));
            }
            return store(call.account(), file, purpose, life(parts, purpose, lifeSeconds));
        }
    }

    private MultiPartFormData.Parts parts(Request request, String contentType) throws IOException {
        MultiPartConfig config = new MultiPartConfig.Builder()
                .location(files.directory())
                .maxParts(PARTS_MAX)
                .maxSize(FILE_BYTES_MAX + PARTS_MAX * FIELD_BYTES_MAX)
                .maxPartSize(FILE_BYTES_MAX)
                .maxMemoryPartSize(FIELD_BYTES_MAX)
                .useFilesForPartsWithoutFileName(false)
                .build();
        try {
            return MultiPartFormData.getParts(new StillAnswered(request), request, contentType, config);
        } catch (CompletionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            if (cause instanceof IOException failure && !(cause instanceof EOFException)) {
                throw failure;
            }
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Could not parse the multipart form of your request: " + cause.getMessage(), null, null));
        }
    }

    private StoredFile store(String account, MultiPart.Part file, String purpose, @Nullable Duration life)
            throws IOException {
        String filename = file.getFileName() == null ? "upload" : file.getFileName();
        Path staged = Files.createTempFile(files.directory(), "upload", null);
        try {
            file.writeTo(staged);
            if (purpose.equals("batch")) {
                requireBatchInput(filename, staged);
            }
            return files.store(ids.next("file-"), account, filename, purpose, staged, clock.now(), life);
        } finally {
            Files.deleteIfExists(staged);
        }
    }

    private static void requireBatchInput(String filename, Path file) throws IOException {
        InputLine first;
        try (LineReader lines = new LineReader(file)) {
            byte[] line = lines.next();
            first = line == null ? null : InputLine.parse(line).orElse(null);
        }
        if (first == null || !filename.endsWith(".jsonl")) {
            throw RefusedException.badRequest(
                    OpenAiError.invalidRequest("Invalid file format for Batch API. Must be .jsonl", null, null));
        }
        if (Files.size(file) > BATCH_FILE_BYTES_MAX) {
            String model = first.body() == null ? null : first.body().model();
            throw new RefusedException(
                    413,
                    OpenAiError.invalidRequest(
                            "The batch input file is larger than the %d maximum for the %s model"
                                    .formatted(BATCH_FILE_BYTES_MAX, model == null ? "requested" : model),
                            null,
                            null));
        }
    }

    private static @Nullable Duration life(MultiPartFormData.Parts parts, String purpose, ParameterRange lifeSeconds) {
        String anchor = field(parts, "expires_after[anchor]");
        String seconds = field(parts, "expires_after[seconds]");
        if (anchor != null || seconds != null) {
            return ExpiresAfter.parse("expires_after", lifeSeconds, anchor, seconds);
        }
        return purpose.equals("batch") ? FileStore.BATCH_FILE_LIFE : null;
    }

    private static @Nullable String field(MultiPartFormData.Parts parts, String name) {
        MultiPart.Part part = parts.getFirst(name);
        return part == null ? null : part.getContentAsString(StandardCharsets.UTF_8);
    }

    /** A form that cannot be parsed fails the call, not the connection: the caller is to read why. */
    private static final class StillAnswered extends Request.Wrapper {

        StillAnswered(Request request) {
            super(request);
        }

        @Override
        public void fail(Throwable failure) {}
    }
}

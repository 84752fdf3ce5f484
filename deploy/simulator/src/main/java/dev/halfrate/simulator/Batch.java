package dev.halfrate.simulator;

import dev.halfrate.simulator.BatchObject.BatchUsage;
import dev.halfrate.simulator.BatchObject.Errors;
import dev.halfrate.simulator.BatchObject.RequestCounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One batch, moved along by the clock: whoever looks at it first lets everything happen that is due, each at its own
 * time. Safe for use by many threads.
 */
final class Batch implements BatchStore.Member {

    /**
     * What never changes.
     *
     * @param inputFileId empty if lines came with the create
     * @param endpoint path that the lines are for
     * @param draw stands for the batch wherever chance decides
     */
    record Identity(String account, String id, String inputFileId, String endpoint, long draw) {}

    /** Where a batch gets its lines from: a name of its own for them, since deleting a file must not disturb it. */
    @FunctionalInterface
    interface Input {

        /** Makes no file if there are none to be found. */
        void placeAt(Path target) throws IOException;
    }

    private final Identity identity;
    private final BatchRequest request;
    private final BatchWork work;
    private final Path directory;
    private final Map<BatchStatus, Instant> since = new EnumMap<>(BatchStatus.class);

    private BatchStatus status = BatchStatus.VALIDATING;
    private @Nullable List<BatchError> errors;
    private @Nullable BatchRun run;
    private @Nullable String model;
    private @Nullable ValidInput enqueued;
    private RequestCounts counts = RequestCounts.NONE;
    private Usage usage = Usage.NONE;
    private @Nullable String outputFileId;
    private @Nullable String errorFileId;

    /** @param directory the batch's own */
    static Batch of(
            Identity identity, BatchRequest request, Input input, BatchWork work, Instant createdAt, Path directory)
            throws IOException {
        input.placeAt(inputIn(directory));
        return new Batch(identity, request, work, createdAt, directory);
    }

    private Batch(Identity identity, BatchRequest request, BatchWork work, Instant createdAt, Path directory) {
        this.identity = identity;
        this.request = request;
        this.work = work;
        this.directory = directory;
        this.since.put(status, createdAt);
    }

    private static Path inputIn(Path directory) {
        return directory.resolve("input.jsonl");
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    public synchronized Instant createdAt() {
        return entered(BatchStatus.VALIDATING);
    }

    /** Lets happen what is due; true if more is to come later. */
    @Override
    public synchronized boolean advance(Instant now) throws IOException {
        BatchStatus before;
        do {
            before = status;
            step(now);
        } while (status != before);
        return !status.terminal();
    }

    /** Refused if the batch has ended otherwise. */
    synchronized void cancel(Instant now) throws IOException {
        advance(now);
        switch (status) {
            case VALIDATING, IN_PROGRESS, FINALIZING -> enter(BatchStatus.CANCELLING, now);
            case CANCELLING, CANCELLED -> {}
            case COMPLETED, FAILED, EXPIRED ->
                throw new RefusedException(
                        409,
                        OpenAiError.invalidRequest(
                                "Cannot cancel a batch with status '%s'.".formatted(status.wireName()), null, null));
        }
    }

    synchronized BatchObject view(Instant now) throws IOException {
        advance(now);
        return new BatchObject(
                identity.id(),
                "batch",
                identity.endpoint(),
                model,
                errors == null ? null : new Errors("list", errors),
                identity.inputFileId().isEmpty() ? null : identity.inputFileId(),
                request.windowName(),
                status.wireName(),
                outputFileId,
                errorFileId,
                entered(BatchStatus.VALIDATING).getEpochSecond(),
                secondsSince(BatchStatus.IN_PROGRESS),
                request.dialect().expires() ? (Long) expiresAt().getEpochSecond() : null,
                secondsSince(BatchStatus.FINALIZING),
                secondsSince(BatchStatus.COMPLETED),
                secondsSince(BatchStatus.FAILED),
                secondsSince(BatchStatus.EXPIRED),
                secondsSince(BatchStatus.CANCELLING),
                secondsSince(BatchStatus.CANCELLED),
                counts,
                BatchUsage.of(usage),
                request.metadata());
    }

    private void step(Instant now) throws IOException {
        BatchTimes times = work.config().batchTimes();
        switch (status) {
            case VALIDATING -> after(times.validation(), now, this::validate);
            case IN_PROGRESS -> progress(now);
            case FINALIZING -> after(times.finalizing(), now, at -> end(BatchStatus.COMPLETED, at));
            case CANCELLING ->
                after(times.cancelling(), now, at -> {
                    if (run != null) {
                        run.abandon(ResultForm.Unexecuted.CANCELLED);
                        run.lose(work.habits().get().cancelLoses());
                        counts = run.counts();
                        usage = run.usage();
                    }
                    end(BatchStatus.CANCELLED, at);
                });
            case COMPLETED, FAILED, EXPIRED, CANCELLED -> {}
        }
    }

    @FunctionalInterface
    private interface Transition {
        void at(Instant due) throws IOException;
    }

    private void after(Duration stage, Instant now, Transition transition) throws IOException {
        Instant due = entered(status).plus(stage);
        if (!now.isBefore(due)) {
            transition.at(due);
        }
    }

    private void validate(Instant at) throws IOException {
        Path input = inputIn(directory);
        if (!Files.exists(input)) {
            fail(
                    List.of(BatchError.ofFile(
                            "invalid_request",
                            "file_id",
                            "Cannot find file %s, or organization %s does not have access to it."
                                    .formatted(identity.inputFileId(), identity.account()))),
                    at);
            return;
        }
        switch (InputValidation.validate(
                input, request.dialect(), request.endpoint(), work.config().validationReport())) {
            case InputValidation.Outcome.Invalid(var found) -> fail(found, at);
            case InputValidation.Outcome.Valid(var valid) -> {
                if (!work.enqueued().add(identity.account(), valid.model(), valid.promptTokens())) {
                    fail(List.of(work.enqueued().tooMany(identity.account(), valid.model())), at);
                    return;
                }
                enqueued = valid;
                run = new BatchRun(
                        identity,
                        valid,
                        new OpenAiResultForm(identity.account(), request.dialect(), request.endpoint(), work),
                        work,
                        at,
                        work.executionTime(identity.draw()),
                        directory);
                model = Models.snapshotOf(valid.model());
                counts = run.counts();
                enter(BatchStatus.IN_PROGRESS, at);
            }
        }
    }

    private void progress(Instant now) throws IOException {
        BatchRun running = Objects.requireNonNull(run);
        boolean expires = request.dialect().expires() && !now.isBefore(expiresAt());
        Instant until = expires ? expiresAt() : now;
        running.executeUntil(until);
        counts = running.counts();
        usage = running.usage();
        if (running.finished()) {
            enter(BatchStatus.FINALIZING, running.end());
        } else if (expires) {
            running.abandon(ResultForm.Unexecuted.EXPIRED);
            end(BatchStatus.EXPIRED, until);
        }
    }

    private void fail(List<BatchError> found, Instant at) throws IOException {
        errors = found;
        end(BatchStatus.FAILED, at);
    }

    private void end(BatchStatus end, Instant at) throws IOException {
        if (run != null) {
            if (run.hasOutput() && outputFileId == null) {
                outputFileId = publish(run.output(), "output", at);
            }
            if ((run.hasErrors() || request.dialect().alwaysHasErrorFile()) && errorFileId == null) {
                errorFileId = publish(run.errors(), "error", at);
            }
            run = null;
        }
        FileTree.delete(directory);
        if (enqueued != null) {
            work.enqueued().remove(identity.account(), enqueued.model(), enqueued.promptTokens());
            enqueued = null;
        }
        enter(end, at);
        if (request.dialect() == Dialect.OPENAI) {
            work.webhooks().ended(identity, end, at);
        }
    }

    /** The file's id follows from the batch's, whichever thread comes by to publish it. */
    private String publish(Path lines, String suffix, Instant at) throws IOException {
        String id = "file-" + Fingerprint.of(suffix, identity.id().getBytes(StandardCharsets.UTF_8));
        String filename = "%s_%s.jsonl".formatted(identity.id(), suffix);
        work.files().store(id, identity.account(), filename, "batch_output", lines, at, request.outputLife());
        return id;
    }

    private void enter(BatchStatus next, Instant at) {
        status = next;
        since.put(next, at);
    }

    private Instant entered(BatchStatus entered) {
        return Objects.requireNonNull(since.get(entered));
    }

    private Instant expiresAt() {
        return entered(BatchStatus.VALIDATING).plus(request.window());
    }

    private @Nullable Long secondsSince(BatchStatus entered) {
        Instant at = since.get(entered);
        return at == null ? null : at.getEpochSecond();
    }
}

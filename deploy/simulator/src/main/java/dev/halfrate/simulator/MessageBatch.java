package dev.halfrate.simulator;

import dev.halfrate.simulator.BatchObject.RequestCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One of Anthropic's batches, moved along by the clock like {@link Batch}: it is in progress, canceling perhaps, and
 * ends. Nothing in it says who made it for what. Safe for use by many threads.
 */
final class MessageBatch implements BatchStore.Member {

    static final Duration COMPLETION_WINDOW = Duration.ofHours(24);
    static final Duration RESULTS_LIFE = Duration.ofDays(29);

    private final Batch.Identity identity;
    private final BatchWork work;
    private final Instant createdAt;
    private final int requests;
    private final Path input;
    private final Path results;

    private @Nullable BatchRun run;
    private @Nullable Instant cancelledAt;
    private @Nullable Instant endedAt;
    private RequestCounts counts = RequestCounts.NONE;
    private boolean cancelled;

    /** @param directory the batch's own, in which {@code requests} are */
    MessageBatch(
            Batch.Identity identity,
            MessageRequests requests,
            MessageTerms terms,
            BatchWork work,
            Instant createdAt,
            Path directory) {
        this.identity = identity;
        this.work = work;
        this.createdAt = createdAt;
        this.requests = requests.lines();
        this.input = requests.file();
        this.results = directory.resolve("output.jsonl");
        this.run = new BatchRun(
                identity,
                requests,
                new MessageResultForm(work.messages(), terms, work.habits()),
                work,
                createdAt,
                work.executionTime(identity.draw()),
                directory);
    }

    @Override
    public Batch.Identity identity() {
        return identity;
    }

    @Override
    public Instant createdAt() {
        return createdAt;
    }

    @Override
    public synchronized boolean advance(Instant now) throws IOException {
        if (endedAt == null && cancelledAt == null) {
            progress(now);
        }
        if (endedAt == null && cancelledAt != null) {
            Instant due = cancelledAt.plus(work.config().batchTimes().cancelling());
            if (!now.isBefore(due)) {
                cancelled = true;
                abandon(ResultForm.Unexecuted.CANCELLED, due);
            }
        }
        return endedAt == null;
    }

    /** Refused if the batch has ended. */
    synchronized void cancel(Instant now) throws IOException {
        advance(now);
        if (endedAt != null) {
            throw RefusedException.badRequest(
                    "Message Batch %s cannot be canceled because it has already ended.".formatted(identity.id()));
        }
        if (cancelledAt == null) {
            cancelledAt = now;
        }
    }

    /** The results, once the batch has ended and until they are archived. */
    synchronized @Nullable Path results(Instant now) throws IOException {
        advance(now);
        return endedAt == null || archived(now) ? null : results;
    }

    /** @param resultsUrl where results are, once there are any */
    synchronized MessageBatchObject view(Instant now, String resultsUrl) throws IOException {
        advance(now);
        boolean ended = endedAt != null;
        return new MessageBatchObject(
                identity.id(),
                "message_batch",
                ended ? "ended" : cancelledAt == null ? "in_progress" : "canceling",
                ended ? endCounts() : runningCounts(),
                MessageBatchObject.text(endedAt),
                MessageBatchObject.text(createdAt),
                MessageBatchObject.text(expiresAt()),
                archived(now) ? MessageBatchObject.text(createdAt.plus(RESULTS_LIFE)) : null,
                MessageBatchObject.text(cancelledAt),
                ended && !archived(now) ? resultsUrl : null);
    }

    /** Requests that have not ended. */
    synchronized int queued(Instant now) throws IOException {
        advance(now);
        return endedAt == null ? requests : 0;
    }

    /** Everything is processing until the batch ends, unless it is a habit to tell more. */
    private MessageBatchObject.RequestCounts runningCounts() {
        if (!work.habits().get().countsProgress()) {
            return new MessageBatchObject.RequestCounts(requests, 0, 0, 0, 0);
        }
        RequestCounts now = Objects.requireNonNull(run).counts();
        return new MessageBatchObject.RequestCounts(
                requests - now.completed() - now.failed(), now.completed(), now.failed(), 0, 0);
    }

    private MessageBatchObject.RequestCounts endCounts() {
        int unexecuted = requests - counts.completed() - counts.failed();
        return new MessageBatchObject.RequestCounts(
                0, counts.completed(), counts.failed(), cancelled ? unexecuted : 0, cancelled ? 0 : unexecuted);
    }

    private void progress(Instant now) throws IOException {
        BatchRun running = Objects.requireNonNull(run);
        Instant until = now.isBefore(expiresAt()) ? now : expiresAt();
        running.executeUntil(until);
        if (running.finished()) {
            end(running.end());
        } else if (until.equals(expiresAt())) {
            abandon(ResultForm.Unexecuted.EXPIRED, until);
        }
    }

    private void abandon(ResultForm.Unexecuted reason, Instant at) throws IOException {
        Objects.requireNonNull(run).abandon(reason);
        end(at);
    }

    private void end(Instant at) throws IOException {
        counts = Objects.requireNonNull(run).counts();
        Files.deleteIfExists(input);
        run = null;
        endedAt = at;
    }

    private Instant expiresAt() {
        return createdAt.plus(COMPLETION_WINDOW);
    }

    private boolean archived(Instant now) {
        return endedAt != null && !now.isBefore(createdAt.plus(RESULTS_LIFE));
    }
}

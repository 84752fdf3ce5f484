package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.lines.WholeFile;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The main job with a load: sends lines, watches the public topics, and holds the answers against the lines. */
final class Demo implements PublicFeeds.Reader {
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    /**
     * How it ended.
     *
     * @param finished whether every line was answered; otherwise nothing moved for too long
     */
    record Outcome(
            boolean finished,
            Progress progress,
            LineAudit.Verdict verdict,
            Map<Result.Status, Long> statuses,
            BatchBoard batches) {
        boolean isClean() {
            return finished && verdict.isClean();
        }
    }

    private final HalfrateConfig config;
    private final CompletableFuture<Throwable> processorFailure;
    private final RequestLines lines;
    private final @Nullable WholeFile answers;
    private final Duration stallMax;
    private final Screen screen;

    private final LineAudit audit = new LineAudit();
    private final BatchBoard batches = new BatchBoard();
    private final Map<Result.Status, Long> statuses = new EnumMap<>(Result.Status.class);
    private final long startedAt = System.nanoTime();
    private long results;
    private long resultsAtOnce;
    private long deadLetters;

    /** @param processorFailure completes if the processor gives up; never, if it runs elsewhere */
    Demo(
            HalfrateConfig config,
            CompletableFuture<Throwable> processorFailure,
            RequestLines lines,
            @Nullable WholeFile answers,
            Duration stallMax,
            Screen screen) {
        this.config = config;
        this.processorFailure = processorFailure;
        this.lines = lines;
        this.answers = answers;
        this.stallMax = stallMax;
        this.screen = screen;
    }

    /**
     * Returns when every line is answered, when nothing has moved for too long, or when it is to stop.
     *
     * @throws CommandException if the processor gives up
     */
    Outcome run(BooleanSupplier stopped) throws InterruptedException {
        try (var feeds = new PublicFeeds(config);
                var sender = LineSender.start(config, lines, audit)) {
            var progress = progress(sender, 0);
            var movedAt = System.nanoTime();
            while (!stopped.getAsBoolean()) {
                feeds.poll(LOOK_EVERY, this);
                var now = progress(sender, feeds.read());
                screen.show(now);
                if (now.differsFrom(progress)) {
                    movedAt = System.nanoTime();
                }
                progress = now;
                requireHealth(sender);
                if (isComplete(progress)) {
                    feeds.drain(this);
                    return outcome(true, progress(sender, progress.read()));
                }
                if (System.nanoTime() - movedAt > stallMax.toNanos()) {
                    break;
                }
            }
            return outcome(false, progress);
        }
    }

    @Override
    public void result(Result result, byte[] value) {
        results++;
        if (result.batchId().isEmpty()) {
            resultsAtOnce++;
        }
        statuses.merge(result.status(), 1L, Long::sum);
        audit.answered(result);
        if (answers != null) {
            answers.add(value);
        }
    }

    @Override
    public void deadLetter(DeadLetter letter) {
        deadLetters++;
        audit.answered(letter);
    }

    @Override
    public void batch(BatchProgress progress) {
        batches.update(progress);
    }

    private Outcome outcome(boolean finished, Progress progress) {
        screen.finish(progress);
        return new Outcome(finished, progress, audit.verdict(), statuses, batches);
    }

    private boolean isComplete(Progress progress) {
        return progress.sent() == progress.total()
                && progress.read() >= progress.total()
                && batches.allSettled()
                && audit.verdict().missing() == 0;
    }

    private void requireHealth(LineSender sender) {
        var failure = processorFailure.getNow(null);
        if (failure != null) {
            throw new CommandException("the processor gave up: " + failure.getMessage(), failure);
        }
        sender.requireHealth();
    }

    private Progress progress(LineSender sender, long read) {
        var succeeded = statuses.getOrDefault(Result.Status.SUCCEEDED, 0L);
        return new Progress(
                Duration.ofNanos(System.nanoTime() - startedAt),
                lines.count(),
                sender.sent(),
                read,
                resultsAtOnce + deadLetters,
                audit.repeated(),
                batches.sealedItems(),
                batches.spooledItems(),
                batches.submittedItems(),
                batches.executedItems(),
                batches.collectedItems(),
                results - resultsAtOnce,
                batches.count(),
                batches.running(),
                batches.settled(),
                succeeded,
                results - succeeded,
                deadLetters);
    }
}

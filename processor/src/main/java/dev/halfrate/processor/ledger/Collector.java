package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.UpstreamId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns lines of result files into letters of bounded size: what one transaction will publish. At most
 * {@value #LETTERS_MAX} of them are in memory; the download waits for the actor.
 */
final class Collector implements Provider.ResultLines {
    private static final Logger LOG = LoggerFactory.getLogger(Collector.class);
    private static final int BYTES_MAX = 8 * 1024 * 1024;

    /** Fits into a record of the results topic. */
    static final int BODY_BYTES_MAX = 19 * 1024 * 1024;

    private static final int LINES_MAX = 10_000;
    private static final Duration AGE_MAX = Duration.ofMillis(200);
    private static final int LETTERS_MAX = 2;

    private final Batch batch;
    private final List<ManifestItem> items;
    private final Mailbox mailbox;
    private final ActorClock clock;
    private final Set<String> tags;
    private final Semaphore letters = new Semaphore(LETTERS_MAX);

    private List<SeenItem> seen = new ArrayList<>();
    private long bytes;
    private long since;
    private int strange;
    private int foreign;
    private int corrupt;

    Collector(Batch batch, List<ManifestItem> items, Mailbox mailbox, ActorClock clock) {
        this.batch = batch;
        this.items = items;
        this.mailbox = mailbox;
        this.clock = clock;
        this.tags = batch.attempts().stream().map(Attempt::tag).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void accept(ResultLine line) throws InterruptedException {
        switch (line) {
            case ResultLine.Answered answered ->
                item(answered.upstreamId()).ifPresent(item -> add(see(item, answered)));
            case ResultLine.NotExecuted not -> item(not.upstreamId()).ifPresent(item -> add(see(item, not)));
            case ResultLine.Corrupt unreadable -> {
                corrupt++;
                LOG.warn(
                        "{}: line {} of a result file is corrupt ({})",
                        batch.id(),
                        unreadable.lineNumber(),
                        unreadable.reason());
            }
        }
        CrashPoint.DOWNLOADING.reached();
        if (bytes >= BYTES_MAX
                || seen.size() >= LINES_MAX
                || (!seen.isEmpty() && clock.nanos() - since > AGE_MAX.toNanos())) {
            flush();
        }
    }

    /** @return lines so far whose ids are none of this batch's */
    int foreign() {
        return foreign;
    }

    /** @return lines so far that could not be read */
    int corrupt() {
        return corrupt;
    }

    /** Posts what is left. */
    void flush() throws InterruptedException {
        if (strange > 0) {
            LOG.warn("{}: {} lines of a result file are not of this batch and were left out", batch.id(), strange);
            strange = 0;
        }
        if (seen.isEmpty()) {
            return;
        }
        letters.acquire();
        var now = clock.now();
        var reports = seen.stream().map(item -> item.report(now)).toList();
        mailbox.post(new Mailbox.Letter(batch.id(), new BatchEvent.Reported(reports), seen, letters::release));
        seen = new ArrayList<>();
        bytes = 0;
    }

    private void add(SeenItem item) {
        if (seen.isEmpty()) {
            since = clock.nanos();
        }
        seen.add(item);
        bytes += item.body() == null ? 0 : item.body().length;
    }

    /** Only an id of one of this batch's attempts names an item. */
    private Optional<ManifestItem> item(String upstreamId) {
        var item = UpstreamId.parse(upstreamId)
                .filter(id -> tags.contains(id.tag()) && id.item() < items.size())
                .map(id -> items.get(id.item()));
        if (item.isEmpty()) {
            strange++;
            foreign++;
        }
        return item;
    }

    private static SeenItem see(ManifestItem item, ResultLine.Answered line) {
        var error = line.error();
        var usage = line.usage() == null ? Usage.NONE : line.usage();
        if (line.body().length > BODY_BYTES_MAX) {
            return new SeenItem(
                    item,
                    ItemReport.Finding.FAILED_FOR_GOOD,
                    usage,
                    line.httpStatus(),
                    null,
                    new Result.Failure(
                            "result_too_large",
                            "the vendor's answer has %d bytes, a result takes at most %d: ask for less"
                                    .formatted(line.body().length, BODY_BYTES_MAX),
                            true));
        }
        return error == null
                ? new SeenItem(item, ItemReport.Finding.SUCCEEDED, usage, line.httpStatus(), line.body(), null)
                : new SeenItem(
                        item,
                        error.permanent() ? ItemReport.Finding.FAILED_FOR_GOOD : ItemReport.Finding.FAILED_FOR_NOW,
                        usage,
                        line.httpStatus(),
                        line.body(),
                        failure(error));
    }

    private static SeenItem see(ManifestItem item, ResultLine.NotExecuted line) {
        var finding = switch (line.cause()) {
            case EXPIRED -> ItemReport.Finding.NOT_EXECUTED_EXPIRED;
            case CANCELLED -> ItemReport.Finding.NOT_EXECUTED_CANCELLED;
            case OTHER ->
                line.error().permanent() ? ItemReport.Finding.FAILED_FOR_GOOD : ItemReport.Finding.FAILED_FOR_NOW;
        };
        return new SeenItem(item, finding, Usage.NONE, 0, null, failure(line.error()));
    }

    private static Result.Failure failure(ResultLine.LineError error) {
        return new Result.Failure(error.code(), error.message(), error.permanent());
    }
}

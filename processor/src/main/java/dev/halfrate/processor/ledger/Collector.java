package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.codec.QuarantinedLine;
import dev.halfrate.processor.codec.QuarantinedLine.Reason;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.RawLine;
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
import org.slf4j.event.Level;

/**
 * Turns lines of result files into letters of bounded size: what one transaction will publish. At most
 * {@value #LETTERS_MAX} of them are in memory; the download waits for the actor.
 */
final class Collector implements Provider.ResultLines {
    private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

    /** Of a strange line, as an operator may want to see it. */
    static final int QUARANTINED_BYTES_MAX = 64 * 1024;

    /** Of a record around its value, roughly. */
    private static final int RECORD_BYTES = 500;

    private static final int LINES_MAX = 10_000;
    private static final Duration AGE_MAX = Duration.ofMillis(200);
    private static final int LETTERS_MAX = 2;

    private final Batch batch;
    private final List<ManifestItem> items;
    private final Mailbox mailbox;
    private final ActorClock clock;
    private final Set<String> tags;
    private final Semaphore letters = new Semaphore(LETTERS_MAX);

    private final Optional<Price> price;
    private final OutputRules outputs;
    private final Download download;
    private final int letterBytes;
    private String file = "";

    private List<SeenItem> seen = new ArrayList<>();
    private List<QuarantinedLine> quarantined = new ArrayList<>();
    private long bytes;
    private long since;
    private int told;
    private int ours;
    private int foreign;
    private int corrupt;

    /**
     * @param price of the batch's model when the batch ended; empty if nobody knows it
     * @param outputs what answers are held against
     * @param letterBytes at which a letter is full
     */
    Collector(
            Batch batch,
            List<ManifestItem> items,
            Optional<Price> price,
            OutputRules outputs,
            Download download,
            int letterBytes,
            Mailbox mailbox,
            ActorClock clock) {
        this.letterBytes = letterBytes;
        this.price = price;
        this.outputs = outputs;
        this.download = download;
        this.batch = batch;
        this.items = items;
        this.mailbox = mailbox;
        this.clock = clock;
        this.tags = batch.attempts().stream().map(Attempt::tag).collect(Collectors.toUnmodifiableSet());
    }

    /** What comes next is of this file. */
    void begin(String newFile) {
        file = newFile;
    }

    @Override
    public void accept(ResultLine line, RawLine raw) throws InterruptedException {
        switch (line) {
            case ResultLine.Answered answered ->
                item(answered.upstreamId(), raw).ifPresent(item -> add(see(item, answered)));
            case ResultLine.NotExecuted not -> item(not.upstreamId(), raw).ifPresent(item -> add(see(item, not)));
            case ResultLine.TooLong tooLong ->
                item(tooLong.upstreamId(), raw).ifPresent(item -> add(SeenItem.tooLong(item, tooLong.bytes())));
            case ResultLine.Corrupt unreadable -> {
                corrupt++;
                quarantine(Reason.UNREADABLE, unreadable.reason(), raw);
            }
        }
        CrashPoint.DOWNLOADING.reached();
        if (bytes >= letterBytes
                || seen.size() + quarantined.size() >= LINES_MAX
                || (bytes > 0 && clock.nanos() - since > AGE_MAX.toNanos())) {
            flush();
        }
    }

    /** @return lines so far of this batch's items */
    int ours() {
        return ours;
    }

    /** @return lines so far whose ids are none of this batch's */
    int foreign() {
        return foreign;
    }

    /** @return lines so far that could not be read */
    int corrupt() {
        return corrupt;
    }

    /** Posts what is left. A letter of more than two usual ones goes alone. */
    void flush() throws InterruptedException {
        if (bytes == 0) {
            return;
        }
        var permits = bytes > LETTERS_MAX * (long) letterBytes ? LETTERS_MAX : 1;
        letters.acquire(permits);
        var now = clock.now();
        var reports = seen.stream().map(item -> item.report(now)).toList();
        mailbox.post(new Mailbox.Letter(
                batch, new BatchEvent.Reported(reports), seen, quarantined, () -> letters.release(permits)));
        seen = new ArrayList<>();
        quarantined = new ArrayList<>();
        bytes = 0;
    }

    /** Says once what the diagnostics topic says line by line. */
    void warn() {
        if (told > 0) {
            BatchLog.line(LOG, Level.WARN, batch)
                    .log(
                            "{}: {} lines of its result files answer none of its requests and are quarantined",
                            batch.id(),
                            told);
        }
    }

    private void add(SeenItem item) {
        ours++;
        download.answered(file, item.item().item());
        seen.add(item);
        grow(bytes(item));
    }

    private static int bytes(SeenItem item) {
        var body = item.body();
        var output = item.output();
        return (body == null ? 0 : body.length) + (output == null ? 0 : output.json().length);
    }

    private void quarantine(Reason reason, String message, RawLine raw) {
        if (download.strange(file, raw.number())) {
            told++;
            var value = raw.bytes(QUARANTINED_BYTES_MAX);
            quarantined.add(new QuarantinedLine(
                    reason,
                    message,
                    batch.id(),
                    batch.attempt().remoteBatchId(),
                    file,
                    raw.number(),
                    raw.length(),
                    raw.sha256(),
                    value));
            grow(value == null ? 0 : value.length);
        }
    }

    private void grow(int valueBytes) {
        if (bytes == 0) {
            since = clock.nanos();
        }
        bytes += RECORD_BYTES + valueBytes;
    }

    /** Only an id of one of this batch's attempts names an item. */
    private Optional<ManifestItem> item(String upstreamId, RawLine raw) {
        var id = UpstreamId.parse(upstreamId);
        var item = id.filter(ours -> tags.contains(ours.tag()) && ours.item() < items.size())
                .map(ours -> items.get(ours.item()));
        if (item.isEmpty()) {
            foreign++;
            if (id.isEmpty()) {
                quarantine(Reason.UNKNOWN_ID, "its custom_id is not of our making", raw);
            } else {
                quarantine(Reason.OTHER_BATCH, "its custom_id names no item of this batch", raw);
            }
        }
        return item;
    }

    private SeenItem see(ManifestItem item, ResultLine.Answered line) {
        return SeenItem.answered(item, line, usage -> price.map(known -> known.of(usage)))
                .judged(outputs, batch.header().endpoint());
    }

    private static SeenItem see(ManifestItem item, ResultLine.NotExecuted line) {
        var finding = switch (line.cause()) {
            case EXPIRED -> ItemReport.Finding.NOT_EXECUTED_EXPIRED;
            case CANCELLED -> ItemReport.Finding.NOT_EXECUTED_CANCELLED;
            case OTHER ->
                line.error().permanent() ? ItemReport.Finding.FAILED_FOR_GOOD : ItemReport.Finding.FAILED_FOR_NOW;
        };
        return new SeenItem(item, finding, Spend.NONE, 0, null, null, SeenItem.failure(line.error()));
    }
}

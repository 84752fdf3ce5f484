package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/** What the log says of a batch: a line when a phase begins, with what it is about as fields. Never of a poll or a request. */
final class BatchLog {
    private static final Logger LOG = LoggerFactory.getLogger(BatchLog.class);

    private BatchLog() {}

    /** Its state has just been entered, and committed. */
    static void tell(Batch batch, Instant now) {
        var id = batch.id();
        switch (batch.state()) {
            case BatchState.Sealed _ ->
                at(Level.INFO, batch)
                        .addKeyValue("requests", batch.items())
                        .addKeyValue("bytes", batch.header().bytes())
                        .log(
                                "{}: sealed, {} requests for {}, {} bytes",
                                id,
                                batch.items(),
                                batch.header().model(),
                                batch.header().bytes());
            case BatchState.Spooled spooled ->
                at(Level.INFO, batch)
                        .addKeyValue("lines", spooled.lines())
                        .log("{}: spooled, {} lines", id, spooled.lines());
            case BatchState.Quiescing doubt ->
                at(Level.WARN, batch)
                        .log(
                                "{}: create in doubt ({}); it is looked for before anything is tried again",
                                id,
                                doubt.reason());
            case BatchState.Revoking _ ->
                at(Level.WARN, batch)
                        .log(
                                "{}: no trace of attempt {}; its input is deleted",
                                id,
                                batch.attempt().number());
            case BatchState.Hold hold ->
                at(Level.ERROR, batch)
                        .log("{}: on hold, {}; {} requests wait for evidence", id, hold.reason(), batch.open());
            case BatchState.Refused refused ->
                at(Level.WARN, batch)
                        .log(
                                "{}: refused ({}), {}",
                                id,
                                refused.code(),
                                refused.again()
                                        ? "tried again later"
                                        : refused.queueFull() ? "its requests go into others" : "its requests fail");
            case BatchState.Running running -> {
                var remote = batch.attempt().remoteBatchId();
                switch (running.standing()) {
                    case PROVEN -> at(Level.INFO, batch).log("{}: running as {}", id, remote);
                    case PROVISIONAL ->
                        at(Level.WARN, batch).log("{}: {} is taken for it until its lines prove it", id, remote);
                    case CANCELLING ->
                        at(Level.WARN, batch).log("{}: {} has run for too long and is cancelled", id, remote);
                }
            }
            case BatchState.Ended ended
            when !ended.begun() -> {
                var ran = Duration.between(ended.createdAt(), ended.endedAt());
                timed(at(Level.INFO, batch), ran)
                        .addKeyValue("remote_status", ended.remoteStatus())
                        .log("{}: ended as {} after {}", id, ended.remoteStatus(), inWords(ran));
            }
            case BatchState.Split split ->
                at(Level.WARN, batch).log("{}: refused as a whole, goes on as {}", id, split.openParts());
            case BatchState.Settled _ ->
                settled(batch, Duration.between(batch.header().sealedAt(), now));
            case BatchState.Priming _,
                    BatchState.Uploaded _,
                    BatchState.Creating _,
                    BatchState.Calling _,
                    BatchState.Ended _ ->
                at(Level.DEBUG, batch).log("{}: {}", id, batch.state().word());
        }
    }

    private static void settled(Batch batch, Duration since) {
        var tally = batch.tally();
        var spend = tally.spending().total();
        var priced = spend.unpricedTokens() == 0;
        var line = timed(at(Level.INFO, batch), since)
                .addKeyValue("succeeded", tally.succeeded())
                .addKeyValue("failed", tally.failed())
                .addKeyValue("expired", tally.expired())
                .addKeyValue("cancelled", tally.cancelled())
                .addKeyValue("returned", tally.returned());
        if (priced) {
            line = line.addKeyValue("cost_usd", spend.cost().paid().dollars());
        }
        line.log(
                "{}: settled {} after it was sealed, {} succeeded, {} failed, {} expired, {} cancelled, {} returned, {} USD",
                batch.id(),
                inWords(since),
                tally.succeeded(),
                tally.failed(),
                tally.expired(),
                tally.cancelled(),
                tally.returned(),
                priced ? spend.cost().paid() : "an unknown number of");
    }

    private static LoggingEventBuilder at(Level level, Batch batch) {
        return line(LOG, level, batch);
    }

    /** @return a line about a batch, in the name of whoever has something to say of it */
    static LoggingEventBuilder line(Logger speaker, Level level, Batch batch) {
        var attempt = batch.attempt();
        var line = speaker.atLevel(level)
                .addKeyValue("batch_id", batch.id())
                .addKeyValue("state", batch.state().word())
                .addKeyValue("account", batch.header().account())
                .addKeyValue("model", batch.header().model())
                .addKeyValue("attempt", attempt.number());
        return attempt.remoteBatchId().isEmpty() ? line : line.addKeyValue("remote_batch_id", attempt.remoteBatchId());
    }

    private static LoggingEventBuilder timed(LoggingEventBuilder line, Duration time) {
        return line.addKeyValue("seconds", time.toMillis() / 1000.0);
    }

    /** @return such as 9h3m12s */
    private static String inWords(Duration time) {
        return time.truncatedTo(ChronoUnit.SECONDS)
                .toString()
                .substring("PT".length())
                .toLowerCase(Locale.ROOT);
    }
}

package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class BatchLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(BatchLog.class);
    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

    @BeforeEach
    void listen() {
        heard.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(heard);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(heard);
        logger.setAdditive(true);
        logger.setLevel(Level.OFF);
    }

    @Test
    void aBatchWithoutTroubleHasALineForEachPhase() {
        var now = Examples.NOW;
        var running = new BatchState.Running(4, now, "in_progress", 0, 0, BatchState.Standing.PROVEN);
        var ended = new BatchState.Ended(
                4, now, now.plusSeconds(3_723), "completed", "file-2", null, false, BatchState.Standing.PROVEN, 0);

        List.of(
                        new BatchState.Sealed(),
                        new BatchState.Spooled(4),
                        new BatchState.Uploaded(4),
                        new BatchState.Creating(4),
                        running,
                        ended,
                        new BatchState.Ended(
                                4,
                                now,
                                now.plusSeconds(3_723),
                                "completed",
                                "file-2",
                                null,
                                true,
                                BatchState.Standing.PROVEN,
                                0),
                        new BatchState.Settled(now))
                .forEach(state -> BatchLog.tell(Examples.in(state), now));

        assertThat(heard.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "batch-7: sealed, 4 requests for gpt-4o-mini, 4000 bytes",
                        "batch-7: spooled, 4 lines",
                        "batch-7: running as ",
                        "batch-7: ended as completed after 1h2m3s",
                        "batch-7: settled 1m after it was sealed, 0 succeeded, 0 failed, 0 expired, 0 cancelled, 0 returned, 0.00 USD");
        assertThat(heard.list).extracting(ILoggingEvent::getLevel).containsOnly(Level.INFO);
    }

    @Test
    void linesSayInFieldsWhatTheyAreAbout() {
        BatchLog.tell(Examples.in(new BatchState.Settled(Examples.NOW)), Examples.NOW);

        assertThat(fields(heard.list.getFirst()))
                .containsEntry("batch_id", "batch-7")
                .containsEntry("state", "settled")
                .containsEntry("account", "main")
                .containsEntry("model", "gpt-4o-mini")
                .containsEntry("attempt", "1")
                .containsEntry("seconds", "60.0")
                .containsKeys("succeeded", "failed", "expired", "cancelled", "returned", "cost_usd")
                .doesNotContainKey("remote_batch_id");
    }

    @Test
    void everyStateHasALineThatNamesItsBatch() {
        logger.setLevel(Level.DEBUG);

        var batches = Examples.states().stream().map(Examples::in).toList();
        batches.forEach(batch -> BatchLog.tell(batch, Examples.NOW));

        assertThat(heard.list).hasSameSizeAs(batches).allSatisfy(event -> {
            assertThat(event.getFormattedMessage()).startsWith("batch-7: ");
            assertThat(fields(event)).containsEntry("batch_id", "batch-7");
        });
        assertThat(heard.list.stream().map(event -> fields(event).get("state")))
                .containsExactlyElementsOf(
                        batches.stream().map(Batch::state).map(BatchState::word).toList());
    }

    private static Map<String, String> fields(ILoggingEvent event) {
        return event.getKeyValuePairs().stream()
                .collect(Collectors.toMap(field -> field.key, field -> String.valueOf(field.value)));
    }
}

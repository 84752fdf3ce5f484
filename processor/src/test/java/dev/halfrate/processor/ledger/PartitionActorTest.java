package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.Exposure;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.Situation;
import dev.halfrate.processor.codec.QuarantinedLine;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.CommandKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class PartitionActorTest {
    private final List<Batch> restored = new ArrayList<>();
    private final List<PartitionLog.Transaction> committed = new ArrayList<>();
    private final List<Effect> started = new ArrayList<>();
    private Duration passed = Duration.ZERO;

    private final PartitionActor actor = new PartitionActor(
            0,
            1,
            new Log(),
            new Hands(),
            new Clock(),
            new BatchLifecycle(Examples.SETTINGS, _ -> Examples.EXACT),
            new Publications(account -> "openai", List.of(Duration.ofMinutes(1))),
            0.5,
            1);

    @Test
    void settledBatchesAreForgottenWhenTheirTwinsCanNoLongerCome() throws InterruptedException {
        restored.add(Examples.settled("old", Examples.NOW.minus(Duration.ofDays(45))));
        restored.add(Examples.settled("recent", Examples.NOW.minus(Duration.ofDays(43))));

        actor.start(5);

        assertThat(committed).singleElement().satisfies(transaction -> {
            assertThat(transaction.forgotten()).containsExactly("old");
            assertThat(transaction.workOffset()).isEqualTo(5);
        });
        assertThat(actor.batches()).extracting(Batch::id).containsExactly("recent");
    }

    @Test
    void theyAreForgottenAlsoByAnOwnerThatStaysForMonths() throws InterruptedException {
        restored.add(Examples.settled("recent", Examples.NOW.minus(Duration.ofDays(43))));
        actor.start(5);

        passed = Duration.ofDays(2);
        actor.fireTimers();

        assertThat(committed)
                .singleElement()
                .satisfies(transaction -> assertThat(transaction.forgotten()).containsExactly("recent"));
        assertThat(actor.batches()).isEmpty();
    }

    @Test
    void aTimerBelongsToTheStateThatStartedIt() throws InterruptedException {
        var running =
                Examples.in(new BatchState.Running(4, Examples.NOW, "in_progress", 0, 1, BatchState.Standing.PROVEN));
        restored.add(running);
        actor.start(5);
        letter(running, new BatchEvent.Polled(new PollOutcome.NoAnswer("reset")));
        assertThat(actor.nanosToNextTimer()).isPresent();

        letter(running, Examples.completed());

        assertThat(actor.nanosToNextTimer()).isEmpty();
        assertThat(started).containsExactly(new Effect.Poll(), new Effect.Collect());
    }

    @Test
    @Tag("alarm:log-run-too-long")
    void aRemoteBatchThatRunsForTooLongIsCancelledAndToldOf() throws InterruptedException {
        // Given
        var lines = new ListAppender<ILoggingEvent>();
        var logger = ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(BatchLog.class);
        var running = attempted(
                "slow",
                new BatchState.Running(4, Examples.NOW, "in_progress", 0, 1, BatchState.Standing.PROVEN),
                Attempt.Outcome.CREATED,
                "remote-1");
        restored.add(running);
        actor.start(5);
        lines.start();
        logger.addAppender(lines);
        var level = logger.getLevel();
        logger.setLevel(Level.WARN);

        // When
        passed = Examples.SETTINGS.runningMax().plusSeconds(1);
        letter(
                running,
                new BatchEvent.Polled(new PollOutcome.Seen(new RemoteBatch(
                        "remote-1",
                        RemoteBatch.Status.IN_PROGRESS,
                        "in_progress",
                        "file-1",
                        null,
                        null,
                        new RemoteBatch.Counts(4, 0, 0),
                        List.of()))));
        logger.detachAppender(lines);
        logger.setLevel(level);

        // Then
        assertThat(started).contains(new Effect.Cancel());
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly("slow: remote-1 has run for too long and is cancelled");
    }

    @Test
    void anAnnouncementOfItsRemoteBatchMakesABatchBePolled() throws InterruptedException {
        var created = attempted(
                "announced",
                new BatchState.Running(4, Examples.NOW, "in_progress", 0, 1, BatchState.Standing.PROVEN),
                Attempt.Outcome.CREATED,
                "remote-1");
        restored.add(created);
        actor.start(5);
        started.clear();

        actor.onCommand(5, poll(created.id(), "remote-2"));
        actor.onCommand(6, poll("nobody", "remote-1"));
        assertThat(started).isEmpty();
        actor.onCommand(7, poll(created.id(), "remote-1"));

        assertThat(started).containsExactly(new Effect.PollAlone());
        assertThat(committed).isEmpty();
    }

    private static Command poll(String batchId, String remoteBatchId) {
        return new Command(
                CommandKind.POLL,
                "poll/1",
                "",
                null,
                batchId,
                Map.of(CommandArguments.REMOTE_BATCH_ID, remoteBatchId),
                0L,
                "");
    }

    @Test
    void whatItIsSendingItselfIsNotTakenForUnanswered() throws InterruptedException {
        // Given items that an owner before has called, and one that this one calls
        var called = new BatchLifecycle(Examples.SETTINGS, _ -> Examples.EXACT)
                .on(Examples.sealedAtOnce(), prepared(0, 1), new Situation(4, Examples.NOW, 0))
                .batch();
        restored.add(called);
        actor.start(5);
        assertThat(started).containsExactly(new Effect.ReportUnanswered(List.of(0, 1)), new Effect.PrepareCalls());
        letter(called, prepared(2));
        started.clear();

        letter(called, new BatchEvent.Taken());

        assertThat(started).containsExactly(new Effect.ReportUnanswered(List.of(0, 1)), new Effect.PrepareCalls());
    }

    @Test
    void whereAllIsUnderWayNothingIsUnanswered() throws InterruptedException {
        var batch = Examples.sealedAtOnce();
        restored.add(batch);
        actor.start(5);
        letter(batch, prepared(0, 1));
        started.clear();

        letter(batch, new BatchEvent.Taken());

        assertThat(started).containsExactly(new Effect.PrepareCalls());
    }

    private static BatchEvent prepared(Integer... items) {
        return new BatchEvent.CallsPrepared(List.of(items), List.of());
    }

    @Test
    void pollsAreSpreadByUpToTheirJitter() throws InterruptedException {
        var running =
                Examples.in(new BatchState.Running(4, Examples.NOW, "in_progress", 0, 0, BatchState.Standing.PROVEN));
        restored.add(running);
        actor.start(5);

        letter(running, new BatchEvent.Polled(new PollOutcome.NoAnswer("reset")));

        assertThat(actor.nanosToNextTimer().orElseThrow())
                .isBetween(
                        Duration.ofSeconds(30).toNanos(), Duration.ofSeconds(45).toNanos());
    }

    @Test
    void aLetterAboutAnUnknownBatchIsHandledAndForgotten() throws InterruptedException {
        actor.start(5);
        var handled = new ArrayList<String>();

        actor.onLetter(new Mailbox.Letter(
                Examples.settled("nobody", Examples.NOW), new BatchEvent.Taken(), List.of(), () -> handled.add("yes")));

        assertThat(handled).hasSize(1);
        assertThat(committed).isEmpty();
    }

    @Test
    void strangeLinesAreToldOfAndChangeNothing() throws InterruptedException {
        var settled = Examples.settled("done", Examples.NOW);
        restored.add(settled);
        actor.start(5);
        var line = new QuarantinedLine(
                QuarantinedLine.Reason.UNKNOWN_ID, "not ours", settled.id(), "", "file-1", 1, 2, "ab", null);

        actor.onLetter(
                new Mailbox.Letter(settled, new BatchEvent.Reported(List.of()), List.of(), List.of(line), () -> {}));

        assertThat(committed).containsExactly(PartitionLog.Transaction.of(List.of(line), 5));
    }

    @Test
    void whatAnotherBatchTookForItsOwnAndHasNotProvenMayBeThisOnes() throws InterruptedException {
        // Given one that was on hold, given up, when it took a candidate
        var guessing = attempted(
                "guessing",
                new BatchState.Running(4, Examples.NOW, "in_progress", 0, 1, BatchState.Standing.PROVISIONAL),
                Attempt.Outcome.RELEASED,
                "remote-1");
        var doubtful =
                attempted("doubtful", new BatchState.Quiescing(4, 1, true, "no answer"), Attempt.Outcome.DOUBTFUL, "");
        restored.addAll(List.of(guessing, doubtful));

        found(doubtful);

        assertThat(committed).as("nothing is given up, nothing taken").isEmpty();
    }

    @Test
    void aGuessThatNobodyWillProveAnyMoreKeepsNobodyFromLookingForHimself() throws InterruptedException {
        // Given one that was settled by lines of its own in what may be another's file
        var settled = attempted("settled", new BatchState.Settled(Examples.NOW), Attempt.Outcome.RELEASED, "remote-1");
        var doubtful =
                attempted("doubtful", new BatchState.Quiescing(4, 1, true, "no answer"), Attempt.Outcome.DOUBTFUL, "");
        restored.addAll(List.of(settled, doubtful));

        found(doubtful);

        assertThat(committed.getFirst().batches())
                .singleElement()
                .satisfies(batch -> assertThat(batch.state().word()).isEqualTo("provisional"));
    }

    /** Of an account whose batches do not say whose they are, four listings that have one of four lines. */
    private void found(Batch doubtful) throws InterruptedException {
        var probable = new PartitionActor(
                0,
                1,
                new Log(),
                new Hands(),
                new Clock(),
                new BatchLifecycle(Examples.SETTINGS, _ -> Examples.PROBABLE),
                new Publications(account -> "anthropic", List.of(Duration.ofMinutes(1))),
                0,
                1);
        probable.start(5);
        for (var listings = 0; listings < 4; listings++) {
            passed = passed.plus(Duration.ofMinutes(10));
            probable.fireTimers();
            probable.onLetter(new Mailbox.Letter(
                    doubtful,
                    new BatchEvent.FindEnded(new FindOutcome.Candidates(List.of(new RemoteBatch(
                            "remote-1",
                            RemoteBatch.Status.IN_PROGRESS,
                            "in_progress",
                            null,
                            null,
                            null,
                            new RemoteBatch.Counts(4, 0, 0),
                            List.of())))),
                    List.of(),
                    () -> {}));
        }
    }

    private static Batch attempted(String id, BatchState state, Attempt.Outcome outcome, String remoteBatchId) {
        var batch = Examples.in(id, state);
        var attempt = new Attempt(
                1,
                batch.attempt().tag(),
                outcome,
                1,
                Examples.NOW,
                Duration.ofMinutes(1),
                "",
                "marker",
                remoteBatchId,
                List.of());
        return new Batch(
                batch.header(),
                state,
                List.of(attempt),
                batch.done(),
                batch.succeeded(),
                batch.tally(),
                List.of(),
                Exposure.NONE,
                Calls.NONE,
                ItemBits.NONE,
                0,
                Examples.NOW);
    }

    private void letter(Batch batch, BatchEvent event) {
        actor.onLetter(new Mailbox.Letter(batch, event, List.of(), () -> {}));
    }

    private final class Log implements PartitionLog {
        @Override
        public Restored open(long workOffset) {
            return new Restored(1, restored);
        }

        @Override
        public void commit(Transaction transaction) {
            committed.add(transaction);
        }

        @Override
        public void close() {}
    }

    private final class Hands implements Vendor {
        @Override
        public void start(Batch batch, Effect effect) {
            started.add(effect);
        }

        @Override
        public void close() {}
    }

    private final class Clock implements ActorClock {
        @Override
        public Instant now() {
            return Examples.NOW.plus(passed);
        }

        @Override
        public long nanos() {
            return passed.toNanos();
        }
    }
}

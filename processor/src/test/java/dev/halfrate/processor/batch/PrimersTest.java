package dev.halfrate.processor.batch;

import static dev.halfrate.processor.batch.Examples.HEADER;
import static dev.halfrate.processor.batch.Examples.NOW;
import static dev.halfrate.processor.batch.Examples.SETTINGS;
import static dev.halfrate.processor.batch.Examples.called;
import static dev.halfrate.processor.batch.Examples.due;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.PrimersPrepared;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchState.Priming;
import dev.halfrate.processor.batch.BatchState.Sealed;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.batch.Step.Durability;
import dev.halfrate.processor.provider.Refusal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrimersTest {
    private final BatchLifecycle lifecycle = new BatchLifecycle(SETTINGS, _ -> Examples.PRIMED);
    private final Batch sealed = Batch.sealed(HEADER, NOW);

    private Step on(Batch batch, BatchEvent event) {
        return lifecycle.on(batch, event, new Situation(9, NOW, 0));
    }

    private Batch priming() {
        return on(sealed, new Taken()).batch();
    }

    private Batch sent(Integer... items) {
        return on(priming(), new PrimersPrepared(List.of(items))).batch();
    }

    @Test
    void aBatchOfAnAccountThatWantsItIsPrimedBeforeItIsSpooled() {
        var step = on(sealed, new Taken());

        assertThat(step.batch().state()).isEqualTo(new Priming(0));
        assertThat(step.effects())
                .containsExactly(new Effect.PreparePrimers(4), new StartTimer(Timer.RETRY, Primers.WAIT_MAX));
        assertThat(new BatchLifecycle(SETTINGS, _ -> Examples.EXACT)
                        .on(sealed, new Taken(), new Situation(9, NOW, 0))
                        .effects())
                .containsExactly(new Effect.Spool());
    }

    @Test
    void whereNothingBeginsAlikeItIsSpooledAtOnce() {
        var step = on(priming(), new PrimersPrepared(List.of()));

        assertThat(step.batch().state()).isEqualTo(new Sealed());
        assertThat(step.effects()).containsExactly(new Effect.DropCalls(), new Effect.Spool());
    }

    @Test
    void aPrimerIsWrittenAheadAndCountsAsExposure() {
        var step = on(priming(), new PrimersPrepared(List.of(0, 2)));

        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.batch().state()).isEqualTo(new Priming(2));
        assertThat(step.batch().calls().called()).isEqualTo(ItemBits.of(0, 2));
        assertThat(step.batch().exposure().hedged()).isEqualTo(2);
        assertThat(step.effects()).containsExactly(new Effect.Call(List.of(0, 2), NOW));
    }

    @Test
    void theSpoolWaitsForAllOfThemWhetherTheyAreAnsweredOrNot() {
        var first = on(sent(0, 2), called(Finding.SUCCEEDED, 0));
        assertThat(first.batch().state()).isEqualTo(new Priming(1));
        assertThat(first.batch().done()).isEqualTo(ItemBits.of(0));
        assertThat(first.batch().exposure().hedged())
                .as("its line is in no file")
                .isOne();
        assertThat(first.batch().calls().ahead().count()).isZero();
        assertThat(first.effects()).isEmpty();

        var second = on(first.batch(), called(Finding.NO_ANSWER, 2));
        assertThat(second.batch().state()).isEqualTo(new Sealed());
        assertThat(second.batch().done().missing(4)).as("in the file").containsExactly(1, 2, 3);
        assertThat(second.effects()).containsExactly(new Effect.Spool());
    }

    @Test
    void whatTheVendorDoesNotTakeIsNoExposure() {
        var step = on(sent(0, 2), called(Finding.NOT_TAKEN, 0, 2));

        assertThat(step.batch().exposure()).isEqualTo(Exposure.NONE);
        assertThat(step.effects()).containsExactly(new Effect.Spool());
    }

    @Test
    void aPrimedBatchSettlesWithItsLastLine() {
        var primed = on(sent(0), called(Finding.SUCCEEDED, 0)).batch().in(Examples.ended(), NOW);

        assertThat(on(primed, Examples.reported(Finding.SUCCEEDED, 1, 2, 3))
                        .batch()
                        .state())
                .isInstanceOf(Settled.class);
    }

    @Test
    void aLineThatTheVendorNamesIsFoundAlsoInAPrimedBatch() {
        var primed = on(sent(0), called(Finding.SUCCEEDED, 0)).batch();
        var running = primed.in(new BatchState.Running(3, NOW, "validating", 0, 1, BatchState.Standing.PROVEN), NOW);

        var step = on(running, Examples.failedAtValidation(Examples.error(Refusal.Kind.BAD_REQUEST, 2)));

        assertThat(step.effects()).hasAtLeastOneElementOfType(Effect.ReportRefusedLines.class);
    }

    @Test
    void hedgesThatComeWhilePrimersAreSentAreDropped() {
        var step = on(sent(0), new BatchEvent.HedgesPrepared(List.of(1), List.of(), null));

        assertThat(step.batch()).isEqualTo(sent(0));
        assertThat(step.effects()).containsExactly(new Effect.DropCalls());
    }

    @Test
    void theSpoolDoesNotWaitForever() {
        for (var batch : List.of(priming(), sent(0))) {
            var step = on(batch, due(Timer.RETRY));

            assertThat(step.batch().state()).isEqualTo(new Sealed());
            assertThat(step.effects()).containsExactly(new Effect.Spool());
        }
    }

    @Test
    void whatIsReadyTooLateIsNotSent() {
        var spooling = on(priming(), due(Timer.RETRY)).batch();

        var step = on(spooling, new PrimersPrepared(List.of(0)));

        assertThat(step.batch()).isEqualTo(spooling);
        assertThat(step.effects()).containsExactly(new Effect.DropCalls());
    }

    @Test
    void anAnswerThatComesLateIsPublishedAllTheSame() {
        var spooling = on(sent(0), due(Timer.RETRY)).batch();

        var step = on(spooling, called(Finding.SUCCEEDED, 0));

        assertThat(step.ends()).hasSize(1);
        assertThat(step.batch().state()).isEqualTo(new Sealed());
    }

    @Test
    void aNewOwnerSendsNoPrimerOnceMore() {
        var taken = on(sent(0), new Taken());
        assertThat(taken.batch().state()).isEqualTo(new Sealed());
        assertThat(taken.effects()).containsExactly(new Effect.Spool());

        assertThat(on(taken.batch(), new Taken()).effects()).containsExactly(new Effect.Spool());
    }

    @Test
    void whatCannotBeGotReadyKeepsNothingFromGoingOn() {
        assertThat(on(priming(), new BatchEvent.CallsNotPrepared("no bodies")).effects())
                .containsExactly(new Effect.Spool());
    }

    @Test
    void ofNothingButPrimersTheBatchSettles() {
        var step = on(sent(0, 1, 2, 3), called(Finding.SUCCEEDED, 0, 1, 2, 3));

        assertThat(step.batch().state()).isInstanceOf(Settled.class);
        assertThat(step.ends()).hasSize(4);
    }

    @Test
    void deadlinesAreWatchedOnceItIsPrimed() {
        var firstDeadline = NOW.plus(Duration.ofMinutes(10));
        var hurried = Batch.sealed(Examples.hurried(firstDeadline), NOW);
        var primed = on(hurried, new Taken()).batch();
        assertThat(on(primed, due(Timer.DEADLINE)).effects()).isEmpty();

        assertThat(on(primed, new PrimersPrepared(List.of())).effects())
                .contains(new StartTimer(Timer.DEADLINE, Duration.ofMinutes(9)));
    }
}

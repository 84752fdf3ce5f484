package dev.halfrate.processor.batch;

import static dev.halfrate.processor.batch.Examples.ITEMS;
import static dev.halfrate.processor.batch.Examples.NOW;
import static dev.halfrate.processor.batch.Examples.SETTINGS;
import static dev.halfrate.processor.batch.Examples.called;
import static dev.halfrate.processor.batch.Examples.complete;
import static dev.halfrate.processor.batch.Examples.due;
import static dev.halfrate.processor.batch.Examples.ended;
import static dev.halfrate.processor.batch.Examples.error;
import static dev.halfrate.processor.batch.Examples.failedAtValidation;
import static dev.halfrate.processor.batch.Examples.in;
import static dev.halfrate.processor.batch.Examples.provisionallyEnded;
import static dev.halfrate.processor.batch.Examples.refusal;
import static dev.halfrate.processor.batch.Examples.reported;
import static dev.halfrate.processor.batch.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.HedgesPrepared;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.batch.Step.Durability;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultsOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HedgesTest {
    private final BatchLifecycle lifecycle = new BatchLifecycle(SETTINGS, _ -> Examples.EXACT);

    private Step on(Batch batch, BatchEvent event) {
        return lifecycle.on(batch, event, new Situation(9, NOW, 0));
    }

    private static Batch runningUntil(@Nullable Instant firstDeadline) {
        return Batch.sealed(Examples.hurried(firstDeadline), NOW).in(running(), NOW);
    }

    private Batch hedged(int... items) {
        var boxed = Arrays.stream(items).boxed().toList();
        return on(runningUntil(NOW), new HedgesPrepared(boxed, List.of(), null)).batch();
    }

    @Test
    void aDeadlineIsWatchedByWhoeverTakesTheBatchUp() {
        var watch = new StartTimer(Timer.DEADLINE, Duration.ofMinutes(9));

        assertThat(on(runningUntil(NOW.plus(Duration.ofMinutes(10))), new Taken())
                        .effects())
                .contains(watch);
        assertThat(on(runningUntil(null), new Taken()).effects()).hasSize(1);
    }

    @Test
    void itemsWhoseDeadlinesAreNearAreGotReady() {
        assertThat(on(runningUntil(NOW), due(Timer.DEADLINE)).effects())
                .containsExactly(new Effect.PrepareHedges(NOW.plus(SETTINGS.hedgeMargin())));
    }

    @Test
    void anAnswerThatIsNotTakenWasPaidForAllTheSame() {
        var spend = new Spend(1, 10, new Usage(1, 0, 0, 1), new Cost(new Usd(7), new Usd(7), new Usd(7)), 0);
        var report = new ItemReport(1, Finding.FAILED_FOR_NOW, 0, 0, false, "", spend);

        var step = on(hedged(1), new BatchEvent.CallsEnded(List.of(report)));

        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.ends()).as("the batch answers it").isEmpty();
        assertThat(step.batch().calls().lateCost()).isEqualTo(new Usd(7));
    }

    @Test
    void aHedgeIsWrittenAheadAndCountsAsExposure() {
        var step = on(runningUntil(NOW), new HedgesPrepared(List.of(1, 3), List.of(), NOW.plus(Duration.ofHours(1))));

        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.batch().calls().called()).isEqualTo(ItemBits.of(1, 3));
        assertThat(step.batch().exposure().hedged()).isEqualTo(2);
        assertThat(step.batch().state()).isEqualTo(running());
        assertThat(step.effects())
                .containsExactly(
                        new Effect.Call(List.of(1, 3), NOW), new StartTimer(Timer.DEADLINE, Duration.ofMinutes(59)));
    }

    @Test
    void anItemIsHedgedOnce() {
        var again = on(hedged(1), new HedgesPrepared(List.of(1), List.of(), null));

        assertThat(again.effects()).containsExactly(new Effect.DropCalls());
        assertThat(again.batch()).isEqualTo(hedged(1));
    }

    @Test
    void whatHasNoBodyIsNeverChosenAgainAndCostsNothing() {
        var next = NOW.plus(SETTINGS.hedgeMargin());

        var step = on(runningUntil(NOW), new HedgesPrepared(List.of(), List.of(0, 1), next));

        assertThat(step.batch().uncalled()).containsExactly(2, 3);
        assertThat(step.batch().exposure()).isEqualTo(Exposure.NONE);
        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.ends()).isEmpty();
        assertThat(step.effects())
                .containsExactly(new Effect.DropCalls(), new StartTimer(Timer.DEADLINE, Duration.ZERO));
    }

    @Test
    void whatHasNoBodyKeepsNothingElseFromBeingCalled() {
        var step = on(runningUntil(NOW), new HedgesPrepared(List.of(1), List.of(0), null));

        assertThat(step.batch().calls().called()).isEqualTo(ItemBits.of(0, 1));
        assertThat(step.batch().exposure().hedged()).isOne();
        assertThat(step.effects()).containsExactly(new Effect.Call(List.of(1), NOW));
    }

    @Test
    void deadlinesAreWatchedAgainWhereCallsHelpAgain() {
        var firstDeadline = NOW.plus(Duration.ofMinutes(10));
        var watch = new StartTimer(Timer.DEADLINE, Duration.ofMinutes(9));
        var collecting = runningUntil(firstDeadline).in(ended(), NOW);
        assertThat(on(collecting, due(Timer.DEADLINE)).effects())
                .as("the only timer")
                .isEmpty();

        var held = on(
                collecting,
                new BatchEvent.FilesRead(new ResultsOutcome.Refused(refusal(Refusal.Kind.NOT_FOUND)), 0, 0, 0));

        assertThat(held.batch().state()).isInstanceOf(BatchState.Hold.class);
        assertThat(held.effects()).contains(watch);
    }

    @Test
    void deadlinesAreWatchedAgainWhenARemoteBatchIsDisproved() {
        var collecting = runningUntil(NOW).in(provisionallyEnded(), NOW);

        var disproved = on(collecting, new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, ITEMS, 0));

        assertThat(disproved.batch().state()).isInstanceOf(BatchState.Quiescing.class);
        assertThat(disproved.effects()).contains(new StartTimer(Timer.DEADLINE, Duration.ZERO));
    }

    @Test
    void bodiesThatCannotBeReadAreTriedAgainInALaterAttemptToo() {
        var running = runningUntil(NOW);
        var later = running.withNextAttempt().in(new BatchState.Sealed(), NOW);

        var step = lifecycle.answer(
                later, Origin.of(running), new BatchEvent.CallsNotPrepared("no brokers"), new Situation(9, NOW, 0));

        assertThat(step.effects()).containsExactly(new StartTimer(Timer.DEADLINE, SETTINGS.pollDelay(0)));
    }

    @Test
    void itsAnswerIsPublishedAndTheBatchGoesOn() {
        var step = on(hedged(0, 1, 2, 3), called(Finding.SUCCEEDED, 0, 1, 2, 3));

        assertThat(step.ends()).hasSize(ITEMS);
        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.batch().state()).isEqualTo(running());
    }

    @ParameterizedTest
    @EnumSource(
            value = Finding.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"SUCCEEDED", "NOT_TAKEN"})
    void aCallThatBringsNothingChangesNothing(Finding finding) {
        assertThat(on(hedged(1), called(finding, 1))).isEqualTo(Step.ignore(hedged(1)));
    }

    @Test
    void aCallThatTheVendorDoesNotTakeIsNoExposure() {
        var step = on(hedged(1, 2), called(Finding.NOT_TAKEN, 1));

        assertThat(step.batch().exposure().hedged()).isOne();
        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.ends()).isEmpty();
    }

    @Test
    void aLateLineIsNeitherPublishedNorCountedAgainButItsCostIsShown() {
        var answered = on(hedged(1), called(Finding.SUCCEEDED, 1)).batch();
        var collecting = answered.in(ended(), NOW);

        var late = on(collecting, reported(Finding.SUCCEEDED, 1));
        var again = on(late.batch(), reported(Finding.SUCCEEDED, 1));

        assertThat(late.ends()).isEmpty();
        assertThat(late.durability()).isEqualTo(Durability.LEDGER);
        assertThat(late.batch().tally()).isEqualTo(answered.tally());
        assertThat(late.batch().calls().lateLines()).isOne();
        assertThat(late.batch().calls().lateCost())
                .isEqualTo(Examples.SPEND.cost().paid());
        assertThat(again).as("the same line once more").isEqualTo(Step.ignore(late.batch()));
    }

    @Test
    void whichOfTwoAnswersComesSecondIsPaidOnTopOnce() {
        var byLine =
                on(hedged(1).in(ended(), NOW), reported(Finding.SUCCEEDED, 1)).batch();

        var after = on(on(byLine, called(Finding.SUCCEEDED, 1)).batch(), reported(Finding.SUCCEEDED, 1));

        assertThat(after.batch().calls().lateLines()).isEqualTo(1);
        assertThat(after.batch().calls().lateCost())
                .isEqualTo(Examples.SPEND.cost().paid());
        assertThat(after.ends()).isEmpty();
    }

    @Test
    void aBatchThatCallsHaveAnsweredSettlesWithItsFiles() {
        var all = on(hedged(0, 1, 2, 3), called(Finding.SUCCEEDED, 0, 1, 2, 3)).batch();

        var step = on(all.in(ended(), NOW), complete());

        assertThat(step.batch().settled()).isTrue();
    }

    @Test
    void aBatchThatCallsHaveAnsweredIsNotCreated() {
        var sealed = Batch.sealed(Examples.hurried(NOW), NOW).in(new BatchState.Uploaded(ITEMS), NOW);
        var all = on(sealed, new HedgesPrepared(List.of(0, 1, 2, 3), List.of(), null))
                .batch();

        var step = on(all, called(Finding.SUCCEEDED, 0, 1, 2, 3));

        assertThat(step.batch().settled()).isTrue();
        assertThat(step.effects()).containsExactly(new Effect.DiscardSpool(), new Effect.ReleasePermit());
        assertThat(on(step.batch(), new BatchEvent.PermitGranted()).effects())
                .containsExactly(new Effect.ReleasePermit());
    }

    @Test
    void aNewOwnerDoesNotCallAgain() {
        assertThat(on(hedged(1), new Taken()).effects()).noneMatch(Effect.Call.class::isInstance);
        assertThat(on(hedged(1), new Taken()).batch().unanswered()).containsExactly(1);
    }

    @Test
    void aBadLineIsNotLookedForAmongItemsThatMayHaveBeenElsewhereInTheFile() {
        var answered = on(hedged(0), called(Finding.SUCCEEDED, 0)).batch();

        var step = on(answered, failedAtValidation(error(Refusal.Kind.BAD_REQUEST, 1)));

        assertThat(step.ends()).isEmpty();
        assertThat(step.batch().state())
                .isInstanceOfSatisfying(
                        BatchState.Refused.class,
                        refused -> assertThat(refused.again()).isTrue());
    }

    @Test
    void filesThatAreReadAreFasterThanACall() {
        assertThat(on(in(ended()), due(Timer.DEADLINE)).effects()).isEmpty();
    }
}

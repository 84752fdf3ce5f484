package dev.halfrate.processor.batch;

import static dev.halfrate.processor.batch.Examples.ITEMS;
import static dev.halfrate.processor.batch.Examples.NOW;
import static dev.halfrate.processor.batch.Examples.SETTINGS;
import static dev.halfrate.processor.batch.Examples.called;
import static dev.halfrate.processor.batch.Examples.due;
import static dev.halfrate.processor.batch.Examples.prepared;
import static dev.halfrate.processor.batch.Examples.report;
import static dev.halfrate.processor.batch.Examples.sealedAtOnce;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchState.Calling;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.batch.Step.Durability;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AtOnceTest {
    private final BatchLifecycle lifecycle = new BatchLifecycle(SETTINGS, _ -> Examples.EXACT);

    private Step on(Batch batch, BatchEvent event) {
        return lifecycle.on(batch, event, new Situation(9, NOW, 0));
    }

    private Batch calling(Integer... items) {
        return on(sealedAtOnce(), prepared(items)).batch();
    }

    @Test
    void aSealedBatchHasNoSpoolAndGetsItsCallsReady() {
        assertThat(on(sealedAtOnce(), new Taken())).isEqualTo(Step.remember(sealedAtOnce(), new Effect.PrepareCalls()));
    }

    @Test
    void aGroupIsWrittenAheadBeforeItIsCalled() {
        var step = on(sealedAtOnce(), prepared(0, 2));

        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.batch().state()).isEqualTo(new Calling());
        assertThat(step.batch().calls().called()).isEqualTo(ItemBits.of(0, 2));
        assertThat(step.effects()).containsExactly(new Effect.Call(List.of(0, 2), NOW), new Effect.PrepareCalls());
    }

    @Test
    void theLastGroupIsFollowedByNone() {
        assertThat(on(calling(0, 2), prepared(1, 3)).effects()).containsExactly(new Effect.Call(List.of(1, 3), NOW));
    }

    @Test
    void noItemIsCalledTwice() {
        var again = on(calling(0, 1, 2, 3), prepared(0, 1));

        assertThat(again.effects()).containsExactly(new Effect.DropCalls());
        assertThat(again.durability()).isEqualTo(Durability.NONE);
    }

    @Test
    void answersSettleIt() {
        var step = on(calling(0, 1, 2, 3), called(Finding.SUCCEEDED, 0, 1, 2, 3));

        assertThat(step.batch().state()).isEqualTo(new Settled(NOW));
        assertThat(step.ends()).hasSize(ITEMS);
        assertThat(step.batch().exposure()).isEqualTo(Exposure.NONE);
        assertThat(step.effects()).isEmpty();
    }

    @Test
    void aNewOwnerCallsNothingThatWasCalledBefore() {
        var batch = on(calling(0, 1), called(Finding.SUCCEEDED, 0)).batch();

        var step = on(batch, new Taken());

        assertThat(step.effects()).containsExactly(new Effect.ReportUnanswered(List.of(1)), new Effect.PrepareCalls());
    }

    @Test
    void whatGotNoAnswerGoesBackAndCountsAsExposure() {
        var step = on(calling(0, 1), called(Finding.NO_ANSWER, 1));

        assertThat(step.ends()).extracting(ItemEnd::kind).containsExactly(ItemEnd.Kind.RETURNED);
        assertThat(step.batch().exposure().called()).isOne();
        assertThat(on(step.batch(), called(Finding.SUCCEEDED, 1)).ends())
                .as("an answer that comes after all")
                .isEmpty();
    }

    @Test
    void whatGotNoAnswerFailsWherePolicySaysSo() {
        var rules = new AccountRules(false, true, DoubtPolicy.HOLD, 0, false, false, 0);
        var step = new BatchLifecycle(SETTINGS, _ -> rules)
                .on(calling(0), called(Finding.NO_ANSWER, 0), new Situation(9, NOW, 0));

        assertThat(step.ends()).extracting(ItemEnd::kind).containsExactly(ItemEnd.Kind.FAILED);
        assertThat(step.batch().exposure().called()).isOne();
    }

    @Test
    void whatTheVendorDidNotTakeGoesBackAndCostsNothing() {
        var step = on(calling(0), called(Finding.NOT_TAKEN, 0));

        assertThat(step.ends()).extracting(ItemEnd::kind).containsExactly(ItemEnd.Kind.RETURNED);
        assertThat(step.batch().exposure()).isEqualTo(Exposure.NONE);
    }

    @Test
    void requestsWithoutABodyFailAndTheOthersAreCalled() {
        var step = on(
                sealedAtOnce(), new BatchEvent.CallsPrepared(List.of(1, 2, 3), List.of(report(0, Finding.BODY_GONE))));

        assertThat(step.ends()).extracting(ItemEnd::kind).containsExactly(ItemEnd.Kind.FAILED);
        assertThat(step.effects()).containsExactly(new Effect.Call(List.of(1, 2, 3), NOW));
    }

    @Test
    void bodiesThatCannotBeReadAreTriedAgainLater() {
        var step = on(sealedAtOnce(), new BatchEvent.CallsNotPrepared("no brokers"));

        assertThat(step.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(1)));
        assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.PrepareCalls());
    }
}

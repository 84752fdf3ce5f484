package dev.halfrate.processor.batch;

import static dev.halfrate.processor.batch.Examples.HEADER;
import static dev.halfrate.processor.batch.Examples.NOW;
import static dev.halfrate.processor.batch.Examples.SETTINGS;
import static dev.halfrate.processor.batch.Examples.called;
import static dev.halfrate.processor.batch.Examples.complete;
import static dev.halfrate.processor.batch.Examples.ended;
import static dev.halfrate.processor.batch.Examples.reported;
import static dev.halfrate.processor.batch.Examples.reports;
import static dev.halfrate.processor.batch.Examples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchEvent.WithdrawalsReported;
import dev.halfrate.processor.batch.BatchEvent.Withdrawn;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.batch.Step.Durability;
import dev.halfrate.processor.provider.RemoteBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class WithdrawalsTest {
    private final BatchLifecycle lifecycle = new BatchLifecycle(SETTINGS, _ -> Examples.EXACT);

    private Step on(Batch batch, BatchEvent event) {
        return lifecycle.on(batch, event, new Situation(9, NOW, 0));
    }

    private static Batch in(BatchState state) {
        return Batch.sealed(HEADER, NOW).in(state, NOW);
    }

    private static BatchEvent ends(int... items) {
        return new WithdrawalsReported(reports(Finding.WITHDRAWN, items));
    }

    private Batch withdrawn(BatchState state, Integer... items) {
        return on(in(state), new Withdrawn(List.of(items))).batch();
    }

    @Test
    void aWishIsWrittenDownBeforeAnythingIsDoneForIt() {
        var step = on(in(running()), new Withdrawn(List.of(1, 3)));

        assertThat(step.durability()).isEqualTo(Durability.LEDGER);
        assertThat(step.batch().unwanted()).isEqualTo(ItemBits.of(1, 3));
        assertThat(step.batch().state()).isEqualTo(running());
        assertThat(step.ends()).isEmpty();
        assertThat(step.effects()).containsExactly(new Effect.ReportWithdrawn(List.of(1, 3)));
    }

    @Test
    void aRemoteBatchThatTurnsUpWhenAllOfItIsCancelledIsCancelled() {
        var creating = withdrawn(new BatchState.Creating(4), 0, 1, 2, 3);
        var ended = on(creating, ends(0, 1, 2, 3)).batch();

        var step = on(ended, Examples.created("remote-1"));

        assertThat(step.batch().state())
                .isInstanceOfSatisfying(
                        BatchState.Running.class,
                        state -> assertThat(state.standing()).isEqualTo(Standing.CANCELLING));
        assertThat(step.effects()).contains(new Effect.Cancel());
    }

    @Test
    void nothingIsCreatedOfWhichNothingIsWanted() {
        var uploaded = withdrawn(new BatchState.Uploaded(4), 0, 1, 2, 3);

        assertThat(on(uploaded, new BatchEvent.PermitGranted()))
                .isEqualTo(Step.remember(uploaded, new Effect.ReleasePermit()));
    }

    @Test
    void aNewOwnerGoesOnWithIt() {
        assertThat(on(withdrawn(running(), 1), new Taken()).effects()).contains(new Effect.ReportWithdrawn(List.of(1)));
    }

    @Test
    void aWishForWhatHasEndedOrIsNoItemChangesNothing() {
        var done = on(in(ended()), reported(Finding.SUCCEEDED, 1)).batch();

        assertThat(on(done, new Withdrawn(List.of(1, 99, -1))).durability()).isEqualTo(Durability.NONE);
        assertThat(on(withdrawn(running(), 2), new Withdrawn(List.of(2))).effects())
                .isEmpty();
    }

    @Test
    void itEndsAsCancelledAtOnceAndItsLineIsCountedAsLate() {
        var cancelled = on(withdrawn(running(), 1), ends(1));

        assertThat(cancelled.ends()).singleElement().satisfies(end -> {
            assertThat(end.item()).isEqualTo(1);
            assertThat(end.kind()).isEqualTo(ItemEnd.Kind.CANCELLED);
        });
        assertThat(cancelled.batch().state()).as("others are wanted").isEqualTo(running());

        var line = on(cancelled.batch().in(ended(), NOW), reported(Finding.SUCCEEDED, 1));
        assertThat(line.ends()).isEmpty();
        assertThat(line.batch().calls().lateLines()).isOne();
    }

    @Test
    void whatTheBatchAnsweredFirstStaysAnswered() {
        var answered = on(withdrawn(ended(), 1), reported(Finding.SUCCEEDED, 1)).batch();

        assertThat(on(answered, ends(1)).ends()).isEmpty();
    }

    @Test
    void aRemoteBatchOfWhichNothingIsWantedIsCancelledAndSettlesWhenItsFilesAreRead() {
        var step = on(withdrawn(running(), 0, 1, 2, 3), ends(0, 1, 2, 3));

        assertThat(step.batch().state()).isEqualTo(running().as(Standing.CANCELLING));
        assertThat(step.effects()).contains(new Effect.Cancel());
        assertThat(on(step.batch().in(ended(), NOW), complete()).batch().state())
                .isInstanceOf(Settled.class);
    }

    @Test
    void aCancelThatGotLostIsAskedForAgain() {
        var unwanted = on(withdrawn(running(), 0, 1, 2, 3), ends(0, 1, 2, 3)).batch();
        var taken = on(unwanted, new Taken()).batch();

        assertThat(on(taken, Examples.polled(RemoteBatch.Status.IN_PROGRESS)).effects())
                .contains(new Effect.Cancel());
        assertThat(on(taken, Examples.polled(RemoteBatch.Status.CANCELLING)).effects())
                .doesNotContain(new Effect.Cancel());
    }

    @Test
    void whatIsNotProvenToBeOursIsNotCancelled() {
        var provisional = running().as(Standing.PROVISIONAL);

        var step = on(withdrawn(provisional, 0, 1, 2, 3), ends(0, 1, 2, 3));

        assertThat(step.batch().state()).isEqualTo(provisional);
        assertThat(step.effects()).isEmpty();
    }

    @Test
    void beforeAnythingIsCreatedTheBatchSettles() {
        for (var state : List.of(new BatchState.Sealed(), new BatchState.Uploaded(4), new BatchState.Spooled(4))) {
            assertThat(on(withdrawn(state, 0, 1, 2, 3), ends(0, 1, 2, 3))
                            .batch()
                            .state())
                    .isInstanceOf(Settled.class);
        }
    }

    @Test
    void aCallThatIsUnderWayIsExposure() {
        var batch = Batch.sealed(Examples.atOnce(), NOW);
        var calling = on(batch, Examples.prepared(0, 1)).batch();

        var step = on(on(calling, new Withdrawn(List.of(0, 2))).batch(), ends(0, 2));

        assertThat(step.batch().exposure().called()).isOne();
        assertThat(step.batch().tally().cancelled()).isEqualTo(2);
        assertThat(on(step.batch(), called(Finding.SUCCEEDED, 0)).ends()).isEmpty();
    }

    @Test
    void aHalfKnowsWhatIsNotWanted() {
        var halves = withdrawn(running(), 0, 3).halves(NOW);

        assertThat(halves).extracting(Batch::unwanted).containsExactly(ItemBits.of(0), ItemBits.of(3));
    }
}

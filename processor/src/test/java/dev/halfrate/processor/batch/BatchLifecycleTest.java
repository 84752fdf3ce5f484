package dev.halfrate.processor.batch;

import static dev.halfrate.processor.batch.Examples.ITEMS;
import static dev.halfrate.processor.batch.Examples.NOW;
import static dev.halfrate.processor.batch.Examples.SETTINGS;
import static dev.halfrate.processor.batch.Examples.SPEND;
import static dev.halfrate.processor.batch.Examples.absent;
import static dev.halfrate.processor.batch.Examples.complete;
import static dev.halfrate.processor.batch.Examples.createRefused;
import static dev.halfrate.processor.batch.Examples.created;
import static dev.halfrate.processor.batch.Examples.deleted;
import static dev.halfrate.processor.batch.Examples.due;
import static dev.halfrate.processor.batch.Examples.ended;
import static dev.halfrate.processor.batch.Examples.error;
import static dev.halfrate.processor.batch.Examples.failedAtValidation;
import static dev.halfrate.processor.batch.Examples.found;
import static dev.halfrate.processor.batch.Examples.in;
import static dev.halfrate.processor.batch.Examples.inDoubt;
import static dev.halfrate.processor.batch.Examples.polled;
import static dev.halfrate.processor.batch.Examples.quiescing;
import static dev.halfrate.processor.batch.Examples.refusal;
import static dev.halfrate.processor.batch.Examples.report;
import static dev.halfrate.processor.batch.Examples.reported;
import static dev.halfrate.processor.batch.Examples.reports;
import static dev.halfrate.processor.batch.Examples.running;
import static dev.halfrate.processor.batch.Examples.uploaded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchState.Creating;
import dev.halfrate.processor.batch.BatchState.Ended;
import dev.halfrate.processor.batch.BatchState.Hold;
import dev.halfrate.processor.batch.BatchState.Quiescing;
import dev.halfrate.processor.batch.BatchState.Refused;
import dev.halfrate.processor.batch.BatchState.Revoking;
import dev.halfrate.processor.batch.BatchState.Running;
import dev.halfrate.processor.batch.BatchState.Sealed;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.BatchState.Spooled;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.BatchState.Uploaded;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.batch.Step.Durability;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchLifecycleTest {
    private static final long EPOCH = 9;

    private final BatchLifecycle lifecycle = new BatchLifecycle(SETTINGS, _ -> Examples.EXACT);

    private Step on(BatchState state, BatchEvent event) {
        return on(in(state), event);
    }

    private Step on(Batch batch, BatchEvent event) {
        return lifecycle.on(batch, event, new Situation(EPOCH, NOW, 0));
    }

    private Batch after(Batch batch, BatchEvent... events) {
        var now = batch;
        for (var event : events) {
            now = on(now, event).batch();
        }
        return now;
    }

    private static void assertIgnored(Step step, Batch before) {
        assertThat(step).isEqualTo(Step.ignore(before));
    }

    private static Refusal refusedFor(Refusal.Kind kind, Duration retryAfter) {
        return new Refusal(kind, 429, "code", "no", retryAfter);
    }

    @Nested
    class UntilTheCreate {
        @Test
        void aSealedBatchIsSpooled() {
            assertThat(on(new Sealed(), new Taken()).effects()).containsExactly(new Effect.Spool());
        }

        @Test
        void whatIsSpooledGoesUp() {
            var step = on(new Sealed(), new BatchEvent.SpoolWritten(ITEMS, List.of()));

            assertThat(step.batch().state()).isEqualTo(new Spooled(ITEMS));
            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.effects()).containsExactly(new Effect.Upload());
        }

        @Test
        void requestsWithoutABodyFailAndTheOthersGoOn() {
            var step = on(new Sealed(), new BatchEvent.SpoolWritten(ITEMS - 1, List.of(report(2, Finding.BODY_GONE))));

            assertThat(step.batch().state()).isEqualTo(new Spooled(ITEMS - 1));
            assertThat(step.ends()).containsExactly(new ItemEnd(2, ItemEnd.Kind.FAILED, "", Spend.NONE));
            assertThat(step.batch().done()).isEqualTo(ItemBits.of(2));
        }

        @Test
        void aBatchWithoutAnyBodySettles() {
            var step = on(new Sealed(), new BatchEvent.SpoolWritten(0, reports(Finding.BODY_GONE, 0, 1, 2, 3)));

            assertThat(step.batch().state()).isEqualTo(new Settled(NOW));
            assertThat(step.ends()).hasSize(ITEMS);
            assertThat(step.effects()).isEmpty();
        }

        @Test
        void aSpoolThatFailsIsTriedAgainLaterAndLater() {
            var once = on(new Sealed(), new BatchEvent.SpoolFailed("disk full"));
            var twice = on(once.batch(), new BatchEvent.SpoolFailed("disk full"));

            assertThat(once.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(1)));
            assertThat(twice.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(2)));
            assertThat(on(twice.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.Spool());
        }

        @Test
        void aNewOwnerSpoolsAgainBecauseTheFileWasLocal() {
            var step = on(new Spooled(ITEMS), new Taken());

            assertThat(step.batch().state()).isEqualTo(new Sealed());
            assertThat(step.effects()).containsExactly(new Effect.Spool());
        }

        @Test
        void anUploadIsRememberedBeforeTheAccountIsAskedForRoom() {
            var step = on(new Spooled(ITEMS), uploaded("file-1"));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Uploaded(ITEMS));
            assertThat(step.batch().attempt().inputFileId()).isEqualTo("file-1");
            assertThat(step.effects()).containsExactly(new Effect.AcquirePermit());
        }

        @Test
        void anUploadWithoutAnAnswerIsRepeated() {
            var step = on(new Spooled(ITEMS), new BatchEvent.UploadEnded(new UploadOutcome.Unknown("reset")));

            assertThat(step.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(1)));
            assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.Upload());
        }

        @Test
        void aRefusedUploadWaitsAsLongAsTheVendorAsks() {
            var wish = Duration.ofSeconds(77);
            var step = on(
                    new Spooled(ITEMS),
                    new BatchEvent.UploadEnded(new UploadOutcome.Refused(refusedFor(Refusal.Kind.RATE, wish))));

            assertThat(step.effects()).containsExactly(new StartTimer(Timer.RETRY, wish));
        }

        @Test
        void anUploadThatIsTooLargeGoesOnInHalves() {
            var step = on(
                    new Spooled(ITEMS),
                    new BatchEvent.UploadEnded(new UploadOutcome.Refused(refusal(Refusal.Kind.TOO_LARGE))));

            assertThat(step.batch().state()).isEqualTo(new BatchState.Split(List.of("batch-7.1", "batch-7.2")));
            assertThat(step.parts()).hasSize(2);
        }

        @Test
        void theCreateIsWrittenAheadWithEpochAndTime() {
            var step = on(new Uploaded(ITEMS), new BatchEvent.PermitGranted());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Creating(ITEMS));
            assertThat(step.batch().attempt().epoch()).isEqualTo(EPOCH);
            assertThat(step.batch().attempt().startedAt()).isEqualTo(NOW);
            assertThat(step.effects()).containsExactly(new Effect.Create());
        }
    }

    @Nested
    class TheCreate {
        @Test
        void whatIsCreatedIsPolled() {
            var step = on(new Creating(ITEMS), created("remote-1"));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isInstanceOf(Running.class);
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.CREATED);
            assertThat(step.batch().attempt().remoteBatchId()).isEqualTo("remote-1");
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.POLL, Duration.ofSeconds(30)));
        }

        @Test
        void anInputFileThatIsGoneIsUploadedAgainByAnotherAttempt() {
            var step = on(new Creating(ITEMS), createRefused(Refusal.Kind.NOT_FOUND));
            assertThat(step.batch().state()).isEqualTo(new Refused("code", "no", true));
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.REFUSED);

            var next = on(step.batch(), due(Timer.RETRY));
            assertThat(next.batch().attempt())
                    .isEqualTo(Attempt.open(next.batch().id(), 2));
            assertThat(next.effects()).containsExactly(new Effect.Spool());
        }

        @ParameterizedTest
        @EnumSource(
                value = Refusal.Kind.class,
                names = {"KEY", "CREDIT", "RATE", "QUEUE_FULL", "UNAVAILABLE"})
        void aRefusalThatPassesIsTriedAgainWithTheSameFile(Refusal.Kind kind) {
            var step = on(new Creating(ITEMS), createRefused(kind));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Uploaded(ITEMS));
            assertThat(step.batch().attempts()).hasSize(1);
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(1)));
            assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.AcquirePermit());
        }

        @Test
        void repeatedRefusalsWaitLongerAcrossThePermitsBetweenThem() {
            var refused = createRefused(Refusal.Kind.QUEUE_FULL);
            var third = on(
                    after(
                            in(new Creating(ITEMS)),
                            refused,
                            new BatchEvent.PermitGranted(),
                            refused,
                            new BatchEvent.PermitGranted()),
                    refused);

            assertThat(third.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(4)));
        }

        @Test
        void aRefusalForGoodFailsTheRequests() {
            var step = on(new Creating(ITEMS), createRefused(Refusal.Kind.BAD_REQUEST));

            assertThat(step.batch().state()).isEqualTo(new Refused("code", "no", false));
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.REFUSED);
            assertThat(on(step.batch(), reported(Finding.FAILED_FOR_GOOD, 0, 1, 2, 3))
                            .batch()
                            .state())
                    .isEqualTo(new Settled(NOW));
        }

        @Test
        void aCreateWithoutAnAnswerIsLookedForAtOnce() {
            var step = on(new Creating(ITEMS), inDoubt());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Quiescing(ITEMS, 0, false, "read timed out"));
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.DOUBTFUL);
            assertThat(step.effects()).containsExactly(new Effect.Find());
        }

        @Test
        void aNewOwnerHasADoubtNotACreate() {
            var step = on(new Creating(ITEMS), new Taken());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isInstanceOf(Quiescing.class);
            assertThat(step.effects()).containsExactly(new Effect.Find());
        }

        @Test
        void aPermitThatComesLateGoesBack() {
            for (var state : Examples.states()) {
                if (!(state instanceof Uploaded)) {
                    assertThat(on(state, new BatchEvent.PermitGranted()))
                            .as(state.word())
                            .isEqualTo(Step.remember(in(state), new Effect.ReleasePermit()));
                }
            }
        }
    }

    @Nested
    class TheDoubt {
        @Test
        void absenceCountsOnlyAfterTheQuietTime() {
            var step = on(quiescing(0, false), absent());

            assertThat(step.batch().state()).isEqualTo(quiescing(0, false));
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.QUIET, Duration.ofSeconds(180)));
        }

        @Test
        void listingsFollowEachOtherSoThatNoneCountsTwice() {
            var quiet = on(quiescing(0, false), due(Timer.QUIET));
            var first = on(quiet.batch(), absent());

            assertThat(quiet.effects()).containsExactly(new Effect.Find());
            assertThat(first.effects()).containsExactly(new StartTimer(Timer.LIST, SETTINGS.listingsApart()));
            assertThat(on(first.batch(), due(Timer.LIST)).effects()).containsExactly(new Effect.Find());
        }

        @Test
        void twoCleanListingsRevoke() {
            var step = on(quiescing(1, true), absent());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Revoking(ITEMS, false));
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.ABSENT);
            assertThat(step.effects()).containsExactly(new Effect.DeleteInput());
        }

        @Test
        void aListingThatFailedProvesNothing() {
            var cannotTell = new BatchEvent.FindEnded(new FindOutcome.CannotTell("HTTP 500"));

            var step = on(quiescing(1, true), cannotTell);
            assertThat(step.batch().state()).isEqualTo(quiescing(1, true));
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.LIST, SETTINGS.listingsApart()));
            assertThat(on(quiescing(0, false), cannotTell).effects())
                    .containsExactly(new StartTimer(Timer.QUIET, Duration.ofSeconds(180)));
        }

        @Test
        void aNewOwnerIsQuietForItsOwnTime() {
            var step = on(quiescing(1, true), new Taken());

            assertThat(step.batch().state()).isEqualTo(quiescing(0, false));
            assertThat(step.effects()).containsExactly(new Effect.Find());
        }

        @Test
        void evidenceAdoptsWheneverItComes() {
            for (var state : List.of(
                    quiescing(0, false),
                    quiescing(1, true),
                    new Revoking(ITEMS, false),
                    new Revoking(ITEMS, true),
                    new Hold(ITEMS, "nobody knows"))) {
                for (var evidence : List.of(found("remote-9"), created("remote-9"))) {
                    var step = on(state, evidence);

                    assertThat(step.durability()).isEqualTo(Durability.LEDGER);
                    assertThat(step.batch().state()).as(state.word()).isInstanceOf(Running.class);
                    assertThat(step.batch().attempt().remoteBatchId()).isEqualTo("remote-9");
                }
            }
        }

        @Test
        void ofTwoTheOldestIsAdopted() {
            var two = new FindOutcome.Found(List.of(
                    Examples.remote("older", RemoteBatch.Status.IN_PROGRESS),
                    Examples.remote("newer", RemoteBatch.Status.IN_PROGRESS)));

            assertThat(on(quiescing(0, true), new BatchEvent.FindEnded(two))
                            .batch()
                            .attempt()
                            .remoteBatchId())
                    .isEqualTo("older");
        }

        @Test
        void aDeletionIsFollowedByAListingThatSeesWhatCameJustBefore() {
            var step = on(new Revoking(ITEMS, false), deleted());

            assertThat(step.batch().state()).isEqualTo(new Revoking(ITEMS, true));
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.LIST, SETTINGS.listingsApart()));
            assertThat(on(step.batch(), due(Timer.LIST)).effects()).containsExactly(new Effect.Find());
        }

        @Test
        void aDeletionThatFailsIsRepeatedAndAllowsNothing() {
            for (var outcome : List.of(
                    new DeleteOutcome.NoAnswer("reset"), new DeleteOutcome.Refused(refusal(Refusal.Kind.KEY)))) {
                var step = on(new Revoking(ITEMS, false), new BatchEvent.DeleteEnded(outcome));

                assertThat(step.batch().state()).isEqualTo(new Revoking(ITEMS, false));
                assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.DeleteInput());
            }
        }

        @Test
        void absenceBeforeTheDeletionAllowsNothing() {
            assertIgnored(on(new Revoking(ITEMS, false), absent()), in(new Revoking(ITEMS, false)));
        }

        @Test
        void onceRevokedTheNextAttemptStartsFromTheSpool() {
            var step = on(new Revoking(ITEMS, true), absent());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Sealed());
            assertThat(step.batch().attempts())
                    .extracting(Attempt::outcome)
                    .containsExactly(Attempt.Outcome.REVOKED, Attempt.Outcome.OPEN);
            assertThat(step.effects()).containsExactly(new Effect.Spool());
        }

        @Test
        void tooManyDoubtsHold() {
            var second = after(in(new Revoking(ITEMS, true)), absent()).in(new Revoking(ITEMS, true), NOW);

            var step = on(second, absent());

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isInstanceOf(Hold.class);
            assertThat(step.batch().attempts()).hasSize(2);
            assertThat(step.effects()).containsExactly(new StartTimer(Timer.LIST, SETTINGS.retryDelayMax()));
        }

        private Batch held(Attempt attempt) {
            return in(running()).with(attempt).in(new Hold(ITEMS, "nobody knows"), NOW);
        }

        private static BatchEvent resolved(Resolution resolution, int attempt) {
            return new BatchEvent.Resolved(resolution, attempt, resolution == Resolution.FOUND ? "remote-9" : "");
        }

        @Test
        void anOperatorHasAHoldBoughtAgainAndWhatThatMayCostIsCounted() {
            var held = held(in(running()).attempt().ended(Attempt.Outcome.ABSENT));

            var step = on(held, resolved(Resolution.AGAIN, 1));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isEqualTo(new Sealed());
            assertThat(step.batch().attempts())
                    .extracting(Attempt::outcome)
                    .containsExactly(Attempt.Outcome.RELEASED, Attempt.Outcome.OPEN);
            assertThat(step.batch().exposure().released()).isEqualTo(ITEMS);
            assertThat(on(step.batch(), resolved(Resolution.AGAIN, 1)))
                    .as("a command that is read again")
                    .isEqualTo(Step.ignore(step.batch()));
        }

        @Test
        void aHoldOfWhichNothingIsOpenAnyMoreSettles() {
            var held = held(in(running()).attempt().ended(Attempt.Outcome.ABSENT));
            var ends = on(held, new BatchEvent.WithdrawalsReported(reports(Finding.WITHDRAWN, 0, 1, 2, 3)));

            assertThat(ends.batch().state()).isInstanceOf(Hold.class);
            var settled = on(ends.batch(), resolved(Resolution.AGAIN, 1));
            assertThat(settled.batch().settled()).isTrue();
            assertThat(settled.effects()).contains(new Effect.DiscardSpool(), new Effect.ReleasePermit());
        }

        @Test
        void whatAnOperatorHasFoundHasToProveItself() {
            var held = held(in(running()).attempt().ended(Attempt.Outcome.DOUBTFUL));

            var named = on(held, resolved(Resolution.FOUND, 1));
            assertThat(named.durability()).isEqualTo(Durability.LEDGER);
            assertThat(named.batch().attempt().remoteBatchId()).isEqualTo("remote-9");
            assertThat(named.effects()).containsExactly(new Effect.Poll());

            assertThat(on(named.batch(), polled(RemoteBatch.Status.IN_PROGRESS))
                            .batch()
                            .state())
                    .isInstanceOfSatisfying(
                            Running.class, state -> assertThat(state.standing()).isEqualTo(Standing.PROVISIONAL));
        }

        @Test
        void whatAnOperatorHasNamedAndIsNotThereIsForgotten() {
            var held = held(in(running()).attempt().ended(Attempt.Outcome.DOUBTFUL));
            var named = on(held, resolved(Resolution.FOUND, 1)).batch();

            var gone = on(named, new BatchEvent.Polled(new PollOutcome.NoAnswer("reset")));

            assertThat(gone.batch().attempt().remoteBatchId()).isEmpty();
            assertThat(gone.effects()).containsExactly(new StartTimer(Timer.LIST, SETTINGS.retryDelayMax()));
            assertThat(on(gone.batch(), due(Timer.LIST)).effects()).containsExactly(new Effect.Find());
        }

        @Test
        void whereTheRemoteBatchIsKnownAnotherOneIsNot() {
            var held = held(in(running()).attempt().created("remote-1"));

            assertThat(on(held, resolved(Resolution.FOUND, 1))).isEqualTo(Step.ignore(held));
            assertThat(on(held, new BatchEvent.Resolved(Resolution.FOUND, 1, "remote-1"))
                            .effects())
                    .containsExactly(new Effect.Poll());
        }

        @Test
        void anOperatorCanHaveAHoldLookedAtNow() {
            var hold = new Hold(ITEMS, "nobody knows");

            assertThat(on(hold, resolved(Resolution.LOOK, 1)).effects()).containsExactly(new Effect.Find());
            assertThat(on(hold, resolved(Resolution.AGAIN, 2)).batch().state())
                    .as("of another attempt")
                    .isEqualTo(hold);
        }

        @Test
        void aHoldKeepsLooking() {
            var hold = new Hold(ITEMS, "nobody knows");

            assertThat(on(hold, due(Timer.LIST)).effects()).containsExactly(new Effect.Find());
            assertThat(on(hold, absent()).effects())
                    .containsExactly(new StartTimer(Timer.LIST, SETTINGS.retryDelayMax()));
        }
    }

    @Nested
    class WhileRunning {
        @Test
        void pollsGetRarer() {
            var first = on(running(), polled(RemoteBatch.Status.VALIDATING));

            assertThat(first.effects()).containsExactly(new StartTimer(Timer.POLL, Duration.ofSeconds(60)));
            assertThat(on(first.batch(), due(Timer.POLL)).effects()).containsExactly(new Effect.Poll());
        }

        @Test
        void nowAndThenAPollIsNotAnsweredByWhatOthersHaveHad() {
            var batch = in(running());
            var alone = new ArrayList<Boolean>();
            for (var poll = 0; poll < 2 * LifecycleSettings.POLLS_ALONE_EVERY; poll++) {
                var effect = on(batch, due(Timer.POLL)).effects().getFirst();
                alone.add(effect.equals(new Effect.PollAlone()));
                batch = on(batch, polled(RemoteBatch.Status.IN_PROGRESS)).batch();
            }

            assertThat(alone).containsExactly(false, false, false, true, false, false, false, true);
        }

        @Test
        void whatIsSaidToHaveEndedIsPolledAloneAndNothingElseFollowsFromIt() {
            var announced = new BatchEvent.Announced();

            assertThat(on(running(), announced)).isEqualTo(Step.remember(in(running()), new Effect.PollAlone()));
            for (var elsewhere : List.of(in(new Creating(ITEMS)), in(quiescing(0, false)), in(new Settled(NOW)))) {
                assertIgnored(on(elsewhere, announced), elsewhere);
            }
        }

        @Test
        void onlyNewsGoesToTheFeedAndNothingToTheLedger() {
            assertThat(on(running(), polled(RemoteBatch.Status.VALIDATING)).durability())
                    .isEqualTo(Durability.NONE);
            assertThat(on(running(), polled(RemoteBatch.Status.IN_PROGRESS)).durability())
                    .isEqualTo(Durability.FEED);
        }

        @ParameterizedTest
        @EnumSource(
                value = RemoteBatch.Status.class,
                names = {"COMPLETED", "EXPIRED", "CANCELLED"})
        void whateverTheEndBothFilesAreRead(RemoteBatch.Status status) {
            var step = on(running(), polled(status));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).isInstanceOf(Ended.class);
            assertThat(step.effects()).containsExactly(new Effect.Collect());
        }

        @ParameterizedTest
        @EnumSource(
                value = RemoteBatch.Status.class,
                names = {"FAILED", "COMPLETED", "EXPIRED", "CANCELLED"})
        void linesThatWereExecutedButNameNoFileAreWaitedForAndNotBoughtAgain(RemoteBatch.Status status) {
            var batch = in(running());
            for (var poll = 0; poll < LifecycleSettings.POLLS_WITHOUT_HANDLES_MAX; poll++) {
                var step = on(batch, executed(status, null));
                assertThat(step.effects()).containsExactly(new StartTimer(Timer.POLL, Duration.ofSeconds(60)));
                batch = step.batch();
            }
            assertThat(on(batch, executed(status, "out")).batch().state()).isInstanceOf(Ended.class);
            assertThat(on(batch, executed(status, null)).batch().state())
                    .isEqualTo(new Hold(ITEMS, "the remote batch has ended and names no result file"));
        }

        @Test
        void aCompletedBatchExecutedLinesEvenIfItCountsNone() {
            assertThat(on(running(), ended(RemoteBatch.Status.COMPLETED, RemoteBatch.Counts.NONE, null))
                            .batch()
                            .state())
                    .isInstanceOf(Running.class);
        }

        @Test
        void anErrorFileAloneIsAllOnlyIfNoLineSucceeded() {
            var some = new RemoteBatch.Counts(4, 3, 1);
            var none = new RemoteBatch.Counts(4, 0, 4);

            assertThat(on(running(), ended(RemoteBatch.Status.COMPLETED, some, "errors"))
                            .batch()
                            .state())
                    .isInstanceOf(Running.class);
            assertThat(on(running(), ended(RemoteBatch.Status.COMPLETED, none, "errors"))
                            .batch()
                            .state())
                    .isInstanceOf(Ended.class);
        }

        @Test
        void aBatchCancelledBeforeAnythingRanEndsWithoutFiles() {
            assertThat(on(running(), ended(RemoteBatch.Status.CANCELLED, RemoteBatch.Counts.NONE, null))
                            .batch()
                            .state())
                    .isInstanceOf(Ended.class);
        }

        private BatchEvent ended(RemoteBatch.Status status, RemoteBatch.Counts counts, @Nullable String errorHandle) {
            return new BatchEvent.Polled(new PollOutcome.Seen(
                    new RemoteBatch("remote-1", status, "ended", null, null, errorHandle, counts, List.of())));
        }

        private BatchEvent executed(RemoteBatch.Status status, @Nullable String outputHandle) {
            return new BatchEvent.Polled(new PollOutcome.Seen(new RemoteBatch(
                    "remote-1",
                    status,
                    "ended",
                    null,
                    outputHandle,
                    null,
                    new RemoteBatch.Counts(4, 3, 1),
                    List.of())));
        }

        @Test
        void silenceAndRefusalsArePolledAgain() {
            var wish = Duration.ofMinutes(10);

            assertThat(on(running(), new BatchEvent.Polled(new PollOutcome.NoAnswer("reset")))
                            .effects())
                    .containsExactly(new StartTimer(Timer.POLL, Duration.ofSeconds(60)));
            assertThat(on(
                                    running(),
                                    new BatchEvent.Polled(new PollOutcome.Refused(refusedFor(Refusal.Kind.RATE, wish))))
                            .effects())
                    .containsExactly(new StartTimer(Timer.POLL, wish));
        }

        @Test
        void aRemoteBatchThatIsGoneHolds() {
            var step = on(running(), new BatchEvent.Polled(new PollOutcome.Refused(refusal(Refusal.Kind.NOT_FOUND))));

            assertThat(step.batch().state()).isEqualTo(new Hold(ITEMS, "the remote batch is gone"));
        }

        @Test
        void aBatchWithMoreTokensThanTheVendorAllowsGoesBackToItsLane() {
            var full = new RemoteBatch.BatchError(Refusal.Kind.QUEUE_FULL, "token_limit_exceeded", "full", null, 900);
            var refused = on(running(), failedAtValidation(full));

            var report = new Effect.ReportUnexecuted("token_limit_exceeded", "the vendor allows 900 enqueued tokens");
            assertThat(refused.batch().state())
                    .isEqualTo(new Refused("token_limit_exceeded", report.message(), false, 900));
            assertThat(refused.effects()).containsExactly(report);
            assertThat(on(refused.batch(), new BatchEvent.Taken()).effects()).containsExactly(report);
            var step = on(refused.batch(), reported(Finding.NOT_EXECUTED_EXPIRED, 0, 1, 2));
            assertThat(step.ends()).extracting(ItemEnd::kind).containsOnly(ItemEnd.Kind.RETURNED);
        }

        @Test
        void aFullQueueAtValidationMakesTheWholeBatchWaitHoweverOften() {
            var batch = in(running());
            for (var attempt = 0; attempt < LifecycleSettings.ATTEMPTS_MAX + 5; attempt++) {
                var step = on(batch, failedAtValidation(error(Refusal.Kind.QUEUE_FULL, null)));
                assertThat(step.batch().state()).isEqualTo(new Refused("code_of_null", "failed at validation", true));
                assertThat(step.ends()).isEmpty();
                assertThat(step.effects())
                        .containsExactly(new StartTimer(Timer.RETRY, SETTINGS.retryDelay(attempt + 1)));
                batch = on(step.batch(), due(Timer.RETRY)).batch().in(running(), NOW);
            }
            assertThat(batch.attempts()).hasSize(LifecycleSettings.ATTEMPTS_MAX);
        }

        @ParameterizedTest
        @EnumSource(
                value = Refusal.Kind.class,
                names = {"KEY", "CREDIT", "RATE", "NOT_FOUND", "UNAVAILABLE"})
        void whatPassesAtValidationFailsNobody(Refusal.Kind kind) {
            var step = on(running(), failedAtValidation(error(kind, null)));

            assertThat(step.batch().state()).isEqualTo(new Refused("code_of_null", "failed at validation", true));
            assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.REFUSED);
        }

        @Test
        void aFailureWithoutAReasonIsTriedAgainButNotForever() {
            var batch = in(running());
            for (var attempt = 1; attempt < LifecycleSettings.ATTEMPTS_MAX; attempt++) {
                batch = after(batch, failedAtValidation(), due(Timer.RETRY)).in(running(), NOW);
            }

            assertThat(on(batch, failedAtValidation()).batch().state())
                    .isEqualTo(new Refused("failed", "the vendor failed the batch and named no reason", false));
        }

        @Test
        void linesThatValidationNamesFailAndTheRestIsTriedAgain() {
            // Item 0 ended while spooling, so line 2 is item 2.
            var batch = in(new Running(3, NOW, "validating", 0, 1, BatchState.Standing.PROVEN))
                    .with(List.of(new ItemEnd(0, ItemEnd.Kind.FAILED, "", Spend.NONE)));

            var step = on(batch, failedAtValidation(error(Refusal.Kind.BAD_REQUEST, 2)));
            assertThat(step.effects())
                    .containsExactly(
                            new Effect.ReportRefusedLines(List.of(new Effect.RefusedLine(2, "code_of_2", "no"))),
                            new StartTimer(Timer.POLL, SETTINGS.pollDelay(0)));

            var next = on(step.batch(), reported(Finding.FAILED_FOR_GOOD, 2));
            assertThat(next.ends()).containsExactly(new ItemEnd(2, ItemEnd.Kind.FAILED, "", Spend.NONE));
            assertThat(next.batch().state()).isEqualTo(new Sealed());
            assertThat(next.batch().attempts())
                    .extracting(Attempt::outcome)
                    .containsExactly(Attempt.Outcome.REFUSED, Attempt.Outcome.OPEN);
            assertThat(next.effects()).containsExactly(new Effect.Spool());
        }

        @Test
        void aBatchOfWhichEveryLineIsBadSettles() {
            var step = on(running(), reported(Finding.FAILED_FOR_GOOD, 0, 1, 2, 3));

            assertThat(step.batch().state()).isEqualTo(new Settled(NOW));
            assertThat(step.effects()).isEmpty();
        }

        @Test
        void aBadRequestWithoutALineOrWithAnImpossibleOneIsSearchedForInHalves() {
            for (var line : new Integer[] {null, 0, ITEMS + 1}) {
                var step = on(running(), failedAtValidation(error(Refusal.Kind.BAD_REQUEST, line)));

                assertThat(step.batch().state()).isInstanceOf(BatchState.Split.class);
            }
        }

        @Test
        void whatRunsForTooLongIsCancelledUntilTheVendorSaysSo() {
            var late = new BatchState.Running(
                    ITEMS, NOW.minus(Duration.ofHours(27)), "in_progress", 0, 1, Standing.PROVEN);
            var step = on(late, polled(RemoteBatch.Status.IN_PROGRESS));

            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state().word()).isEqualTo("cancelling");
            assertThat(step.effects()).contains(new Effect.Cancel());
            assertThat(on(step.batch(), polled(RemoteBatch.Status.IN_PROGRESS)).effects())
                    .as("a cancel may be lost")
                    .contains(new Effect.Cancel());
            assertThat(on(step.batch(), polled(RemoteBatch.Status.CANCELLING)).effects())
                    .doesNotContain(new Effect.Cancel());
        }

        @Test
        void whatIsNotProvenToBeOursIsNeverCancelled() {
            var late = new BatchState.Running(
                    ITEMS, NOW.minus(Duration.ofHours(27)), "in_progress", 0, 1, Standing.PROVISIONAL);

            assertThat(on(late, polled(RemoteBatch.Status.IN_PROGRESS)).effects())
                    .doesNotContain(new Effect.Cancel());
        }
    }

    @Nested
    class WhileCollecting {
        @Test
        void linesEndTheirItemsOnce() {
            var first = on(ended(), reported(Finding.SUCCEEDED, 1, 1));
            var again = on(first.batch(), reported(Finding.FAILED_FOR_GOOD, 1));

            assertThat(first.ends()).containsExactly(new ItemEnd(1, ItemEnd.Kind.SUCCEEDED, "", SPEND));
            assertThat(first.batch().state()).isEqualTo(ended().andBegun());
            assertThat(first.batch().tally().spending().total()).isEqualTo(SPEND);
            assertIgnored(again, first.batch());
        }

        @Test
        void itemsThatTheBatchDoesNotHaveAreLeftOut() {
            assertIgnored(on(ended(), reported(Finding.SUCCEEDED, -1, ITEMS)), in(ended()));
        }

        @Test
        void theLastItemSettles() {
            var step = on(ended(), reported(Finding.SUCCEEDED, 3, 2, 1, 0));

            assertThat(step.batch().state()).isEqualTo(new Settled(NOW, ended().createdAt(), ended().endedAt()));
            assertThat(step.batch().succeeded()).isEqualTo(ItemBits.of(0, 1, 2, 3));
            assertThat(step.effects()).isEmpty();
        }

        @Test
        void whatIsOpenIsMissingOnceTheFilesWereReadToTheirEndsMoreThanOnce() {
            var batch = in(ended());
            for (var read = 1; read < LifecycleSettings.FULL_READS_MAX; read++) {
                var step = on(batch, complete());
                assertThat(step.durability()).isEqualTo(Step.Durability.NONE);
                assertThat(step.effects())
                        .containsExactly(new StartTimer(Timer.RETRY, Examples.SETTINGS.retryDelayMax()));
                batch = step.batch();
                assertThat(on(batch, due(Timer.RETRY)).effects()).containsExactly(new Effect.Collect());
            }

            assertThat(on(batch, complete())).isEqualTo(Step.remember(batch, new Effect.ReportMissing()));
        }

        @Test
        void whatTheNextReadBringsIsNotMissing() {
            var again = on(in(ended()), complete()).batch();

            assertThat(on(again, reported(Finding.SUCCEEDED, 0, 1, 2, 3))
                            .batch()
                            .state())
                    .isEqualTo(Settled.after(ended(), NOW));
        }

        @Test
        void withoutFilesThereIsNothingToReadAgain() {
            var none = new BatchState.Ended(ITEMS, NOW, NOW, "expired", null, null, false, Standing.PROVEN, 0);

            assertThat(on(none, complete()).effects()).containsExactly(new Effect.ReportMissing());
        }

        @Test
        void whatBreaksOffAgainAndAgainHolds() {
            var brokenOff = new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("compressed"), 0, 0, 0);
            var batch = in(ended());
            for (var failed = 0; failed < LifecycleSettings.READS_BROKEN_OFF_MAX; failed++) {
                batch = on(batch, brokenOff).batch();
                assertThat(batch.state()).isEqualTo(ended());
            }

            assertThat(on(batch, brokenOff).batch().state())
                    .isEqualTo(new Hold(ITEMS, "a result file cannot be read: compressed"));
        }

        @ParameterizedTest
        @EnumSource(
                value = RemoteBatch.Status.class,
                names = {"COMPLETED", "FAILED", "EXPIRED", "CANCELLED"})
        void bothFilesAreReadHoweverTheRemoteBatchEnded(RemoteBatch.Status status) {
            var remote = new RemoteBatch(
                    "remote-1",
                    status,
                    "any",
                    "file-1",
                    "out",
                    "err",
                    new RemoteBatch.Counts(ITEMS, ITEMS - 1, 1),
                    List.of());

            var step = on(running(), new BatchEvent.Polled(new PollOutcome.Seen(remote)));

            assertThat(step.batch().state()).isInstanceOfSatisfying(BatchState.Ended.class, ended -> {
                assertThat(ended.outputHandle()).isEqualTo("out");
                assertThat(ended.errorHandle()).isEqualTo("err");
            });
            assertThat(step.effects()).containsExactly(new Effect.Collect());
        }

        @Test
        void aDownloadThatBreaksOffIsRepeated() {
            var step = on(ended(), new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("reset"), 0, 0, 0));

            assertThat(step.effects()).containsExactly(new StartTimer(Timer.RETRY, Duration.ofSeconds(1)));
            assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.Collect());
        }

        @Test
        void aFileThatIsGoneHolds() {
            var gone = new ResultsOutcome.Refused(refusal(Refusal.Kind.NOT_FOUND));

            assertThat(on(ended(), new BatchEvent.FilesRead(gone, 0, 0, 0))
                            .batch()
                            .state())
                    .isEqualTo(new Hold(ITEMS, "a result file is gone"));
        }

        @Test
        void aNewOwnerReadsThemAgain() {
            assertThat(on(ended().andBegun(), new Taken()).effects()).containsExactly(new Effect.Collect());
        }
    }

    @Nested
    class FilesOfASettledBatch {
        private final BatchLifecycle deleting = new BatchLifecycle(
                SETTINGS, _ -> new AccountRules(false, true, DoubtPolicy.RESUBMIT_IF_REVOKED, 0, true, true, 0));

        private Step on(Batch batch, BatchEvent event) {
            return deleting.on(batch, event, new Situation(EPOCH, NOW, 0));
        }

        @Test
        void areDeletedOnceItHasSettledIfThatIsWanted() {
            var all = reported(Finding.SUCCEEDED, 0, 1, 2, 3);

            assertThat(on(in(ended()), reported(Finding.SUCCEEDED, 0)).effects())
                    .isEmpty();
            assertThat(on(in(ended()), all).effects()).containsExactly(new Effect.DeleteFiles());
            assertThat(lifecycle
                            .on(in(ended()), all, new Situation(EPOCH, NOW, 0))
                            .effects())
                    .isEmpty();
        }

        @Test
        void areDeletedByTheNextOwnerIfTheFirstOneDiedMeanwhile() {
            var taken = new BatchEvent.Taken();

            assertThat(on(in(new Settled(NOW.minus(Duration.ofMinutes(59)))), taken)
                            .effects())
                    .containsExactly(new Effect.DeleteFiles());
            assertThat(on(in(new Settled(NOW.minus(Duration.ofMinutes(61)))), taken)
                            .effects())
                    .isEmpty();
        }
    }

    @Nested
    class Verdicts {
        private ItemEnd.Kind verdict(Finding finding, int attempts, boolean lifeOver) {
            return verdict(SETTINGS, finding, attempts, 0, lifeOver);
        }

        private ItemEnd.Kind verdict(
                LifecycleSettings settings, Finding finding, int attempts, int missing, boolean lifeOver) {
            var report = new ItemReport(0, finding, attempts, missing, lifeOver, "", Spend.NONE);
            return new BatchLifecycle(settings, _ -> Examples.EXACT)
                    .on(in(ended()), new BatchEvent.Reported(List.of(report)), new Situation(EPOCH, NOW, 0))
                    .ends()
                    .getFirst()
                    .kind();
        }

        @Test
        void aFreshRequest() {
            var verdicts = Map.of(
                    Finding.SUCCEEDED, ItemEnd.Kind.SUCCEEDED,
                    Finding.FAILED_FOR_GOOD, ItemEnd.Kind.FAILED,
                    Finding.BODY_GONE, ItemEnd.Kind.FAILED,
                    Finding.FAILED_FOR_NOW, ItemEnd.Kind.RETURNED,
                    Finding.MISSING, ItemEnd.Kind.RETURNED,
                    Finding.NOT_EXECUTED_EXPIRED, ItemEnd.Kind.RETURNED,
                    Finding.NOT_EXECUTED_CANCELLED, ItemEnd.Kind.RETURNED,
                    Finding.NO_ANSWER, ItemEnd.Kind.RETURNED,
                    Finding.NOT_TAKEN, ItemEnd.Kind.RETURNED,
                    Finding.WITHDRAWN, ItemEnd.Kind.CANCELLED);

            assertThat(verdicts).hasSize(Finding.values().length);
            verdicts.forEach((finding, kind) ->
                    assertThat(verdict(finding, 0, false)).as(finding.name()).isEqualTo(kind));
        }

        @Test
        void aRequestAtTheEndOfItsAttemptsFails() {
            var last = SETTINGS.itemAttemptsMax() - 1;

            assertThat(verdict(Finding.FAILED_FOR_NOW, last - 1, false)).isEqualTo(ItemEnd.Kind.RETURNED);
            assertThat(verdict(Finding.FAILED_FOR_NOW, last, false)).isEqualTo(ItemEnd.Kind.FAILED);
            assertThat(verdict(Finding.NOT_EXECUTED_EXPIRED, last, false)).isEqualTo(ItemEnd.Kind.RETURNED);
        }

        @Test
        void whatIsMissingIsCountedApartFromWhatFailed() {
            var last = SETTINGS.itemAttemptsMax() - 1;
            var retries = SETTINGS.missingRetriesMax();

            assertThat(verdict(SETTINGS, Finding.MISSING, last, retries - 1, false))
                    .isEqualTo(ItemEnd.Kind.RETURNED);
            assertThat(verdict(SETTINGS, Finding.MISSING, 0, retries, false)).isEqualTo(ItemEnd.Kind.FAILED);
            assertThat(verdict(SETTINGS, Finding.FAILED_FOR_NOW, 0, retries, false))
                    .isEqualTo(ItemEnd.Kind.RETURNED);
        }

        @Test
        void whatWasCancelledAtTheVendorGoesBackUnlessConfiguredOtherwise() {
            var cancelling = new LifecycleSettings(
                    SETTINGS.pollDelays(),
                    SETTINGS.createTimeout(),
                    SETTINGS.quiesceMargin(),
                    SETTINGS.listingsApart(),
                    SETTINGS.runningMax(),
                    SETTINGS.doubtsMax(),
                    SETTINGS.itemAttemptsMax(),
                    SETTINGS.missingRetriesMax(),
                    false,
                    SETTINGS.retryDelayMax(),
                    SETTINGS.hedgeMargin());

            assertThat(verdict(cancelling, Finding.NOT_EXECUTED_CANCELLED, 0, 0, false))
                    .isEqualTo(ItemEnd.Kind.CANCELLED);
            assertThat(verdict(cancelling, Finding.NOT_EXECUTED_EXPIRED, 0, 0, false))
                    .isEqualTo(ItemEnd.Kind.RETURNED);
        }

        @Test
        void aRequestAtTheEndOfItsLifeIsNotTriedAgain() {
            assertThat(verdict(Finding.NOT_EXECUTED_EXPIRED, 0, true)).isEqualTo(ItemEnd.Kind.EXPIRED);
            assertThat(verdict(Finding.NOT_EXECUTED_CANCELLED, 0, true)).isEqualTo(ItemEnd.Kind.EXPIRED);
            assertThat(verdict(Finding.FAILED_FOR_NOW, 0, true)).isEqualTo(ItemEnd.Kind.FAILED);
            assertThat(verdict(Finding.MISSING, 0, true)).isEqualTo(ItemEnd.Kind.FAILED);
            assertThat(verdict(Finding.SUCCEEDED, 0, true)).isEqualTo(ItemEnd.Kind.SUCCEEDED);
        }
    }

    @Nested
    class LateAndRepeated {
        @Test
        void nothingHappensToASettledBatch() {
            for (var event : Examples.events()) {
                var step = on(new Settled(NOW.minusSeconds(10)), event);

                assertThat(step.batch().state()).isEqualTo(new Settled(NOW.minusSeconds(10)));
                assertThat(step.batch().tally()).isEqualTo(in(new Sealed()).tally());
                assertThat(step.ends()).isEmpty();
            }
        }

        @Test
        void whatHappenedTwiceChangesNothing() {
            assertIgnored(on(running(), inDoubt()), in(running()));
            assertIgnored(on(ended(), polled(RemoteBatch.Status.IN_PROGRESS)), in(ended()));
            assertIgnored(on(new Creating(ITEMS), found("remote-2")), in(new Creating(ITEMS)));
            assertIgnored(on(new Uploaded(ITEMS), uploaded("file-2")), in(new Uploaded(ITEMS)));
            assertIgnored(on(new Sealed(), absent()), in(new Sealed()));
        }

        private Step late(Batch batch, BatchEvent event) {
            return lifecycle.answer(batch, new Origin(1, ""), event, new Situation(EPOCH, NOW, 0));
        }

        @Test
        void anAnswerToAnEarlierAttemptIsNotThatOfThisOne() {
            var second = in(new Creating(ITEMS)).withNextAttempt();
            var refused = new BatchEvent.CreateEnded(new CreateOutcome.Refused(refusal(Refusal.Kind.RATE)));

            assertIgnored(late(second, refused), second);
            assertThat(late(second, created("remote-1")).batch().twins())
                    .containsExactly(new Twin("remote-1", false, 0));
        }

        @Test
        void nothingThatWasStartedForAnEarlierAttemptSaysAnythingOfThisOne() {
            for (var state : Examples.states()) {
                var second = in(state).withNextAttempt();
                for (var event : List.of(
                        new BatchEvent.SpoolWritten(ITEMS, List.of()),
                        new BatchEvent.SpoolFailed("disk full"),
                        uploaded("file-1"),
                        found("remote-1"),
                        absent(),
                        new BatchEvent.DeleteEnded(new DeleteOutcome.Deleted()),
                        polled(RemoteBatch.Status.FAILED),
                        polled(RemoteBatch.Status.COMPLETED),
                        reported(Finding.FAILED_FOR_GOOD, 1),
                        new BatchEvent.FilesRead(new ResultsOutcome.Complete(0), 0, 0, 0))) {
                    var step = late(second, event);

                    assertThat(step.batch()).as("%s in %s", event, state).isEqualTo(second);
                    assertThat(step.ends()).isEmpty();
                }
            }
        }

        @Test
        void whatWasStartedForACandidateThatIsDisprovedSaysNothingOfTheNext() {
            var provisional = in(running().as(Standing.PROVISIONAL));
            var next = provisional.with(provisional.attempt().perhaps("remote-2"));

            var step = lifecycle.answer(
                    next,
                    new Origin(1, "remote-1"),
                    polled(RemoteBatch.Status.COMPLETED),
                    new Situation(EPOCH, NOW, 0));

            assertIgnored(step, next);
        }

        @Test
        void aCandidateThatAnEarlierAttemptProvesToHaveMadeIsNoTwin() {
            var second = in(running().as(Standing.PROVISIONAL)).withNextAttempt();
            var candidate = second.with(second.attempt().perhaps("remote-1"));

            var step = late(candidate, created("remote-1"));

            assertThat(step.batch().twins()).isEmpty();
            assertThat(((Running) step.batch().state()).standing()).isEqualTo(Standing.PROVEN);
        }

        @Test
        void aTwinThatIsKnownStaysOne() {
            var twice = late(in(new Creating(ITEMS)).withNextAttempt(), created("remote-1"))
                    .batch();

            assertIgnored(late(twice, created("remote-1")), twice);
        }

        @Test
        void aSpoolThatNobodyWaitsForIsDiscarded() {
            var written = new BatchEvent.SpoolWritten(ITEMS, List.of());

            assertThat(on(running(), written).effects()).containsExactly(new Effect.DiscardSpool());
            assertThat(on(new Uploaded(ITEMS), written).effects()).isEmpty();
        }

        @Test
        void aRefusalThatComesAfterTheDoubtIsNoPermissionToTryAgain() {
            var refused = new BatchEvent.CreateEnded(new CreateOutcome.Refused(refusal(Refusal.Kind.RATE)));

            assertIgnored(on(quiescing(0, false), refused), in(quiescing(0, false)));
        }
    }

    @Nested
    class ASplitBatch {
        private final Batch parent = in(running());
        private final Step step = on(parent, failedAtValidation(error(Refusal.Kind.BAD_REQUEST, null)));

        @Test
        void goesOnAsTwoBatchesOverTheSameWindow() {
            assertThat(step.durability()).isEqualTo(Durability.LEDGER);
            assertThat(step.parts()).extracting(Batch::open).containsExactly(2, 2);
            assertThat(step.parts())
                    .extracting(part -> part.header().windowId())
                    .containsOnly("batch-7");
            assertThat(step.parts())
                    .extracting(part -> part.header().parentId())
                    .containsOnly("batch-7");
            assertThat(step.parts().getFirst().done().missing(ITEMS)).containsExactly(0, 1);
            assertThat(step.parts().getLast().done().missing(ITEMS)).containsExactly(2, 3);
            assertThat(step.parts())
                    .extracting(part -> part.attempt().tag())
                    .doesNotHaveDuplicates()
                    .doesNotContain(parent.attempt().tag());
        }

        @Test
        void settlesWithTheLastOfThem() {
            var first = settled(step.parts().getFirst(), 0, 1);
            var last = settled(step.parts().getLast(), 2, 3);

            var half = lifecycle.partSettled(step.batch(), first, NOW);
            assertThat(half.state()).isEqualTo(new BatchState.Split(List.of("batch-7.2")));

            var whole = lifecycle.partSettled(half, last, NOW);
            assertThat(whole.state()).isEqualTo(new Settled(NOW));
            assertThat(whole.succeeded()).isEqualTo(ItemBits.of(0, 1, 2, 3));
            assertThat(whole.tally().succeeded()).isEqualTo(ITEMS);
        }

        private Batch settled(Batch part, int... items) {
            return on(part.in(ended(), NOW), reported(Finding.SUCCEEDED, items)).batch();
        }

        @Test
        void failsItsRequestsWhenOnePartIsASingleOneOrThereAreTooManyParts() {
            var single = in(running())
                    .with(List.of(
                            new ItemEnd(0, ItemEnd.Kind.FAILED, "", Spend.NONE),
                            new ItemEnd(1, ItemEnd.Kind.FAILED, "", Spend.NONE),
                            new ItemEnd(2, ItemEnd.Kind.FAILED, "", Spend.NONE)));
            var refused = failedAtValidation(error(Refusal.Kind.BAD_REQUEST, null));

            assertThat(on(single, refused).batch().state()).isInstanceOf(Refused.class);
            assertThat(lifecycle
                            .on(parent, refused, new Situation(EPOCH, NOW, LifecycleSettings.PARTS_MAX - 1))
                            .batch()
                            .state())
                    .isInstanceOf(Refused.class);
        }
    }

    @Nested
    class ATwin {
        @Test
        void isCancelledAndTheOlderOneKept() {
            var step = on(quiescing(0, false), Examples.found("remote-1", "remote-2"));

            assertThat(step.batch().attempt().remoteBatchId()).isEqualTo("remote-1");
            assertThat(step.batch().twins()).containsExactly(new Twin("remote-2", false, 0));
            assertThat(step.effects()).contains(new Effect.EndTwin("remote-2"));
        }

        @Test
        void isNoticedAtAnyTime() {
            for (var state :
                    List.of(running(), ended(), new Settled(NOW), new BatchState.Split(List.of("batch-7.1")))) {
                for (var event :
                        List.of(created("remote-2"), Examples.sighted("remote-2", RemoteBatch.Status.IN_PROGRESS))) {
                    var step = on(state, event);

                    assertThat(step.durability()).isEqualTo(Durability.LEDGER);
                    assertThat(step.batch().state()).isEqualTo(state);
                    assertThat(step.effects()).containsExactly(new Effect.EndTwin("remote-2"));
                }
            }
        }

        @Test
        void isMeteredWhenItHasEnded() {
            var batch = on(running(), created("remote-2")).batch();
            var ended = new RemoteBatch(
                    "remote-2",
                    RemoteBatch.Status.CANCELLED,
                    "cancelled",
                    "file-1",
                    "out-2",
                    null,
                    new RemoteBatch.Counts(ITEMS, 3, 0),
                    List.of());

            var still = on(batch, Examples.twinSeen("remote-2", RemoteBatch.Status.CANCELLING));
            assertThat(still.effects()).containsExactly(new StartTimer(Timer.TWIN, SETTINGS.pollDelay(0)));
            assertThat(on(batch, due(Timer.TWIN)).effects()).containsExactly(new Effect.EndTwin("remote-2"));

            var over = on(batch, new BatchEvent.TwinSeen("remote-2", new PollOutcome.Seen(ended)));
            assertThat(over.batch().twins()).containsExactly(new Twin("remote-2", true, 3));
            assertThat(on(over.batch(), new Taken()).effects()).containsExactly(new Effect.Poll());
        }

        @Test
        void isLookedAfterByANewOwnerEvenIfItsBatchHasSettled() {
            var batch = on(new Settled(NOW), created("remote-2")).batch();

            assertThat(on(batch, new Taken()).effects()).containsExactly(new Effect.EndTwin("remote-2"));
        }

        @Test
        void isTheOneThatCountsWhereNothingElseDoes() {
            for (var state : List.of(new Sealed(), new Spooled(ITEMS), new Uploaded(ITEMS), quiescing(1, true))) {
                var step = on(state, Examples.sighted("remote-2", RemoteBatch.Status.IN_PROGRESS));

                assertThat(step.batch().state()).isInstanceOf(BatchState.Running.class);
                assertThat(step.batch().attempt().remoteBatchId()).isEqualTo("remote-2");
            }
        }
    }

    @Nested
    class WhereOnlyCandidatesCanBeFound {
        private final BatchLifecycle probable = new BatchLifecycle(SETTINGS, _ -> Examples.PROBABLE);

        private Step on(Batch batch, BatchEvent event) {
            return probable.on(batch, event, new Situation(EPOCH, NOW, 0));
        }

        private Step on(BatchState state, BatchEvent event) {
            return on(in(state), event);
        }

        @Test
        void aMarkerIsTakenWithinThePermitAndCommittedWithTheCreate() {
            var permitted = on(new Spooled(ITEMS), new BatchEvent.PermitGranted());
            assertThat(permitted.effects()).containsExactly(new Effect.TakeMarker());

            var step = on(permitted.batch(), Examples.marked("newest"));
            assertThat(step.batch().state()).isEqualTo(new Creating(ITEMS));
            assertThat(step.batch().attempt().marker()).isEqualTo("newest");
            assertThat(step.effects()).containsExactly(new Effect.Create());
        }

        @Test
        void withoutAMarkerNothingIsCreated() {
            var step = on(new Spooled(ITEMS), new BatchEvent.MarkerTaken(new MarkerOutcome.NoAnswer("reset")));

            assertThat(step.batch().state()).isEqualTo(new Spooled(ITEMS));
            assertThat(step.effects())
                    .contains(new Effect.ReleasePermit())
                    .anyMatch(effect -> effect instanceof StartTimer(var timer, var _) && timer == Timer.RETRY);
        }

        /** Its remote batch, a candidate, has ended. */
        private Batch endedGuess() {
            var provisional =
                    on(quiescing(0, false), Examples.candidate("remote-1")).batch();
            return on(provisional, polled(RemoteBatch.Status.COMPLETED)).batch();
        }

        @Test
        void aCandidateIsTakenForItUntilItsLinesProveIt() {
            var step = on(quiescing(0, false), Examples.candidate("remote-1"));
            assertThat(step.batch().state().word()).isEqualTo("provisional");
            assertThat(step.batch().attempt().outcome()).isNotEqualTo(Attempt.Outcome.CREATED);

            var ended = on(step.batch(), polled(RemoteBatch.Status.COMPLETED)).batch();
            var begun = on(ended, reported(Finding.SUCCEEDED, 1)).batch();
            assertThat(((BatchState.Ended) begun.state()).standing()).isEqualTo(Standing.PROVISIONAL);
            var proven = on(begun, new BatchEvent.FilesRead(new ResultsOutcome.Complete(2), 1, 1, 0));
            assertThat(proven.durability()).isEqualTo(Durability.LEDGER);
            assertThat(proven.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.CREATED);
            assertThat(((BatchState.Ended) proven.batch().state()).standing()).isEqualTo(Standing.PROVEN);
        }

        @Test
        void whatLinesSettleIsProvenByWhatElseTheFileHolds() {
            var doubtful = in(quiescing(0, false));
            var candidate = on(
                            doubtful.with(doubtful.attempt().ended(Attempt.Outcome.DOUBTFUL)),
                            Examples.candidate("remote-1"))
                    .batch();
            var ended = on(candidate, polled(RemoteBatch.Status.COMPLETED)).batch();
            var settled = on(ended, reported(Finding.SUCCEEDED, 0, 1, 2, 3)).batch();
            assertThat(settled.state()).isEqualTo(new Settled(NOW, NOW, NOW));
            assertThat(settled.attempt().guess()).isTrue();

            var others = new BatchEvent.FilesRead(new ResultsOutcome.Complete(2 * ITEMS), ITEMS, ITEMS, 0);
            assertIgnored(on(settled, others), settled);
            var own = on(settled, new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), ITEMS, 0, 0));
            assertThat(own.durability()).isEqualTo(Durability.LEDGER);
            assertThat(own.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.CREATED);
        }

        @Test
        void aGuessThatBroughtLinesIsHeldWhenItsFilesCannotBeReadOn() {
            var ended = endedGuess();
            var begun = on(ended, reported(Finding.SUCCEEDED, 1)).batch();
            var gone = new BatchEvent.FilesRead(new ResultsOutcome.Refused(refusal(Refusal.Kind.NOT_FOUND)), 0, 0, 0);
            var brokenOff = new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("reset"), 1, 0, 0);

            assertThat(on(ended, gone).batch().state()).isInstanceOf(BatchState.Ended.class);
            assertThat(on(begun, gone).batch().state()).isInstanceOf(Hold.class);
            for (var failed = 0; failed < LifecycleSettings.READS_BROKEN_OFF_MAX; failed++) {
                ended = on(ended, brokenOff).batch();
                begun = on(begun, brokenOff).batch();
            }
            assertThat(on(ended, brokenOff).batch().state()).isInstanceOf(BatchState.Ended.class);
            assertThat(on(begun, brokenOff).batch().state()).isInstanceOf(Hold.class);
        }

        @Test
        void linesOfATwinDoNotProveAGuess() {
            var ended = endedGuess();
            var begun = on(ended, reported(Finding.SUCCEEDED, 1)).batch();

            var step = on(begun, new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, ITEMS, 0));

            assertThat(step.batch().state()).isInstanceOf(Quiescing.class);
        }

        @Test
        void aLineOfOursAmongAllLinesOfAnothersProvesNothing() {
            var ended = endedGuess();
            var begun = on(ended, reported(Finding.SUCCEEDED, 1)).batch();

            var step = on(begun, new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS + 1), 1, ITEMS, 0));

            assertThat(step.batch().state()).isInstanceOf(BatchState.Hold.class);
            assertThat(step.batch().attempt().outcome()).isNotEqualTo(Attempt.Outcome.CREATED);
        }

        @Test
        void aCandidateOfAnotherSizeIsNone() {
            var step = on(new Quiescing(ITEMS + 1, 1, true, "reset"), Examples.candidate("remote-1"));

            assertThat(step.batch().state()).isNotInstanceOf(BatchState.Running.class);
        }

        @Test
        void linesOfOthersDisproveItForGood() {
            var ended = endedGuess();
            var step = on(ended, new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, ITEMS, 0));

            assertThat(step.batch().state()).isInstanceOf(Quiescing.class);
            assertThat(step.batch().attempt().disproved()).containsExactly("remote-1");
            assertThat(on(step.batch(), Examples.candidate("remote-1")).batch().state())
                    .isInstanceOf(Quiescing.class);
        }

        @Test
        void linesThatCannotBeReadDisproveNothing() {
            var ended = endedGuess();

            for (var read : List.of(
                    new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, ITEMS, 1),
                    new BatchEvent.FilesRead(new ResultsOutcome.Complete(1), 0, 1, 0),
                    new BatchEvent.FilesRead(new ResultsOutcome.Complete(0), 0, 0, 0))) {
                var step = on(ended, read);
                assertThat(step.batch().state()).isInstanceOf(BatchState.Hold.class);
                assertThat(on(step.batch(), due(Timer.LIST)).effects()).isEmpty();
            }
        }

        @Test
        void whatIsNotFoundIsTriedAgainWithinTheLimitOnly() {
            var once = on(quiescing(1, true), absent());
            assertThat(once.batch().state()).isEqualTo(new Sealed());
            assertThat(once.batch().exposure().released()).isEqualTo(ITEMS);

            var often = in(quiescing(1, true)).with(new Exposure(Examples.PROBABLE.releasedLinesMax(), 0, 0, 0));
            assertThat(on(often, absent()).batch().state()).isInstanceOf(BatchState.Hold.class);
        }

        @Test
        void aBadLineIsSearchedForInHalves() {
            assertThat(on(new Creating(ITEMS), createRefused(Refusal.Kind.BAD_REQUEST))
                            .batch()
                            .state())
                    .isInstanceOf(BatchState.Split.class);
        }

        @Test
        void aRefusalForNowLeavesTheSpoolWhereItIs() {
            var step = on(new Creating(ITEMS), createRefused(Refusal.Kind.RATE));

            assertThat(step.batch().state()).isEqualTo(new Spooled(ITEMS));
            assertThat(on(step.batch(), due(Timer.RETRY)).effects()).containsExactly(new Effect.AcquirePermit());
        }
    }

    @Test
    void policyMayLeaveEveryDoubtToAnOperator() {
        var rules = new AccountRules(false, true, DoubtPolicy.HOLD, 0, false, true, 0);
        var step = new BatchLifecycle(SETTINGS, _ -> rules)
                .on(in(quiescing(1, true)), absent(), new Situation(EPOCH, NOW, 0));

        assertThat(step.batch().state()).isInstanceOf(BatchState.Hold.class);
        assertThat(step.batch().attempt().outcome()).isEqualTo(Attempt.Outcome.ABSENT);
    }

    @Test
    void listingsThatCannotBeHadEndInAHoldThatAListingEnds() {
        var cannotTell = new BatchEvent.FindEnded(new FindOutcome.CannotTell("HTTP 500"));
        var batch = on(new Creating(ITEMS), inDoubt()).batch();
        for (var i = 0; i <= LifecycleSettings.LISTINGS_FAILED_MAX; i++) {
            batch = on(batch, cannotTell).batch();
        }

        assertThat(batch.state()).isInstanceOf(BatchState.Hold.class);
        assertThat(on(batch, absent()).batch().state()).isInstanceOf(Quiescing.class);
    }
}

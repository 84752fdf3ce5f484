package dev.halfrate.processor.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.BatchEvent.CreateEnded;
import dev.halfrate.processor.batch.BatchEvent.DeleteEnded;
import dev.halfrate.processor.batch.BatchEvent.FindEnded;
import dev.halfrate.processor.batch.BatchEvent.Polled;
import dev.halfrate.processor.batch.BatchEvent.Reported;
import dev.halfrate.processor.batch.BatchState.Creating;
import dev.halfrate.processor.batch.Step.Durability;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The promise never to pay twice, over every state and event, and over walks that no vendor would take. */
class PayOnceTest {
    private static final long WALKS = 1_000;
    private static final int STEPS = 300;
    private static final List<BatchEvent> EVENTS = Examples.events();

    private static Stream<AccountRules> rules() {
        return Stream.of(Examples.EXACT, Examples.PROBABLE);
    }

    private static BatchLifecycle lifecycle(AccountRules rules) {
        return new BatchLifecycle(Examples.SETTINGS, _ -> rules);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void everyStateHasAnAnswerToEveryEventAndCreatesOnlyWhatItWroteAhead(AccountRules rules) {
        var lifecycle = lifecycle(rules);
        var kinds = new HashSet<Class<?>>();
        var stateKinds = new HashSet<Class<?>>();
        for (var state : Examples.states()) {
            stateKinds.add(state.getClass());
            for (var event : Examples.events()) {
                kinds.add(event.getClass());
                var before = Examples.in(state);
                var step = lifecycle.on(before, event, Examples.situation(0));
                checkCreate(state.word() + " on " + event, before, step);
            }
        }
        assertThat(kinds).containsExactlyInAnyOrder(BatchEvent.class.getPermittedSubclasses());
        assertThat(stateKinds).containsExactlyInAnyOrder(BatchState.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void betweenTwoCreatesThereIsARefusalOrProofOfAbsence(AccountRules rules) {
        var lifecycle = lifecycle(rules);
        var creates = 0;
        for (var seed = 0L; seed < WALKS; seed++) {
            var random = new SplittableRandom(seed);
            var batch = Batch.sealed(Examples.HEADER, Examples.NOW);
            var evidence = new Evidence();
            for (var i = 0; i < STEPS; i++) {
                var event = draw(lifecycle, batch, random);
                evidence.saw(batch, event);
                var step = lifecycle.on(batch, event, Examples.situation(0));
                checkCreate("seed " + seed + ", step " + i, batch, step);
                if (step.effects().contains(new Effect.Create())) {
                    creates++;
                    assertThat(evidence.allowsCreate(rules))
                            .as("seed %d, step %d: %s after %s", seed, i, batch, evidence)
                            .isTrue();
                    evidence = new Evidence();
                    evidence.created = true;
                }
                var over = step.batch().settled() || step.batch().state() instanceof BatchState.Split;
                batch = over ? Batch.sealed(Examples.HEADER, Examples.NOW) : step.batch();
                if (over) {
                    evidence = new Evidence();
                }
            }
        }
        assertThat(creates).as("creates on all walks").isGreaterThan((int) WALKS);
    }

    /** What a batch waits for comes more often than noise, or no walk would get far. */
    private static BatchEvent draw(BatchLifecycle lifecycle, Batch batch, SplittableRandom random) {
        var event = EVENTS.get(random.nextInt(EVENTS.size()));
        for (var again = 0;
                again < 8 && lifecycle.on(batch, event, Examples.situation(0)).equals(Step.ignore(batch));
                again++) {
            event = EVENTS.get(random.nextInt(EVENTS.size()));
        }
        return event;
    }

    private static void checkCreate(String what, Batch before, Step step) {
        if (step.effects().contains(new Effect.Create())) {
            assertThat(step.durability()).as(what).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).as(what).isInstanceOf(Creating.class);
            assertThat(before.state()).as(what).isInstanceOfAny(BatchState.Uploaded.class, BatchState.Spooled.class);
        }
        assertThat(step.batch().state() instanceof Creating && !(before.state() instanceof Creating))
                .as("%s: enters CREATING exactly with a create", what)
                .isEqualTo(step.effects().contains(new Effect.Create()));
        if (step.durability() == Durability.NONE) {
            assertThat(step.ends()).as(what).isEmpty();
            assertThat(step.batch().attempts()).as(what).isEqualTo(before.attempts());
        }
    }

    /** What was learned since the last create. */
    private static final class Evidence {
        private boolean created;
        private boolean refused;
        private int cleanListings;
        private boolean deleted;
        private boolean cleanAfterDeletion;
        private boolean toldTo;

        void saw(Batch batch, BatchEvent event) {
            switch (event) {
                case CreateEnded(CreateOutcome.Refused _) -> refused |= batch.state() instanceof Creating;
                case FindEnded(FindOutcome.Absent _) -> {
                    cleanListings++;
                    cleanAfterDeletion |= deleted;
                }
                case FindEnded(FindOutcome.Candidates(var remotes)) ->
                    cleanListings += remotes.stream().noneMatch(remote -> mayBeOf(batch, remote)) ? 1 : 0;
                case BatchEvent.Resolved(var resolution, var attempt, var _) ->
                    toldTo |= resolution == Resolution.AGAIN
                            && batch.state() instanceof BatchState.Hold
                            && attempt == batch.attempt().number();
                case DeleteEnded(DeleteOutcome.Deleted _) -> deleted = true;
                case Polled(PollOutcome.Seen(var remote)) ->
                    refused |=
                            batch.state() instanceof BatchState.Running && remote.status() == RemoteBatch.Status.FAILED;
                // The walk reports lines without the poll that named them; the vendor's FAILED came before.
                case Reported _ -> refused |= batch.state() instanceof BatchState.Running;
                default -> {}
            }
        }

        private static boolean mayBeOf(Batch batch, RemoteBatch remote) {
            return batch.state() instanceof BatchState.Quiescing quiescing
                    && remote.counts().total() == quiescing.lines()
                    && !batch.attempt().disproved().contains(remote.id());
        }

        boolean allowsCreate(AccountRules rules) {
            var absent = rules.exact()
                    ? cleanListings > LifecycleSettings.CLEAN_LISTINGS && cleanAfterDeletion
                    : cleanListings >= LifecycleSettings.CLEAN_LISTINGS;
            return !created || refused || absent || toldTo;
        }

        @Override
        public String toString() {
            return "told to %s, refused %s, listings %d, deleted %s, clean after it %s"
                    .formatted(toldTo, refused, cleanListings, deleted, cleanAfterDeletion);
        }
    }
}

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
import org.junit.jupiter.api.Test;

/** The promise never to pay twice, over every state and event, and over walks that no vendor would take. */
class PayOnceTest {
    private static final long WALKS = 1_000;
    private static final int STEPS = 300;
    private static final List<BatchEvent> EVENTS = Examples.events();

    private final BatchLifecycle lifecycle = new BatchLifecycle(Examples.SETTINGS);

    @Test
    void everyStateHasAnAnswerToEveryEventAndCreatesOnlyWhatItWroteAhead() {
        var kinds = new HashSet<Class<?>>();
        var stateKinds = new HashSet<Class<?>>();
        for (var state : Examples.states()) {
            stateKinds.add(state.getClass());
            for (var event : Examples.events()) {
                kinds.add(event.getClass());
                var before = Examples.in(state);
                var step = lifecycle.on(before, event, 9, Examples.NOW);
                checkCreate(state.word() + " on " + event, before, step);
            }
        }
        assertThat(kinds).containsExactlyInAnyOrder(BatchEvent.class.getPermittedSubclasses());
        assertThat(stateKinds).containsExactlyInAnyOrder(BatchState.class.getPermittedSubclasses());
    }

    @Test
    void betweenTwoCreatesThereIsARefusalOrProofOfAbsence() {
        var creates = 0;
        for (var seed = 0L; seed < WALKS; seed++) {
            var random = new SplittableRandom(seed);
            var batch = Batch.sealed(Examples.HEADER, Examples.NOW);
            var evidence = new Evidence();
            for (var i = 0; i < STEPS; i++) {
                var event = draw(batch, random);
                evidence.saw(batch, event);
                var step = lifecycle.on(batch, event, 9, Examples.NOW);
                checkCreate("seed " + seed + ", step " + i, batch, step);
                if (step.effects().contains(new Effect.Create())) {
                    creates++;
                    assertThat(evidence.allowsCreate())
                            .as("seed %d, step %d: %s after %s", seed, i, batch, evidence)
                            .isTrue();
                    evidence = new Evidence();
                    evidence.created = true;
                }
                batch = step.batch().settled() ? Batch.sealed(Examples.HEADER, Examples.NOW) : step.batch();
                if (step.batch().settled()) {
                    evidence = new Evidence();
                }
            }
        }
        assertThat(creates).as("creates on all walks").isGreaterThan((int) WALKS);
    }

    /** What a batch waits for comes more often than noise, or no walk would get far. */
    private BatchEvent draw(Batch batch, SplittableRandom random) {
        var event = EVENTS.get(random.nextInt(EVENTS.size()));
        for (var again = 0;
                again < 8 && lifecycle.on(batch, event, 9, Examples.NOW).equals(Step.ignore(batch));
                again++) {
            event = EVENTS.get(random.nextInt(EVENTS.size()));
        }
        return event;
    }

    private static void checkCreate(String what, Batch before, Step step) {
        if (step.effects().contains(new Effect.Create())) {
            assertThat(step.durability()).as(what).isEqualTo(Durability.LEDGER);
            assertThat(step.batch().state()).as(what).isInstanceOf(Creating.class);
            assertThat(before.state()).as(what).isInstanceOf(BatchState.Uploaded.class);
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

        void saw(Batch batch, BatchEvent event) {
            switch (event) {
                case CreateEnded(CreateOutcome.Refused _) -> refused |= batch.state() instanceof Creating;
                case FindEnded(FindOutcome.Absent _) -> {
                    cleanListings++;
                    cleanAfterDeletion |= deleted;
                }
                case DeleteEnded(DeleteOutcome.Deleted _) -> deleted = true;
                case Polled(PollOutcome.Seen(var remote)) ->
                    refused |=
                            batch.state() instanceof BatchState.Running && remote.status() == RemoteBatch.Status.FAILED;
                // The walk reports lines without the poll that named them; the vendor's FAILED came before.
                case Reported _ -> refused |= batch.state() instanceof BatchState.Running;
                default -> {}
            }
        }

        boolean allowsCreate() {
            return !created || refused || (cleanListings > LifecycleSettings.CLEAN_LISTINGS && cleanAfterDeletion);
        }

        @Override
        public String toString() {
            return "refused %s, listings %d, deleted %s, clean after it %s"
                    .formatted(refused, cleanListings, deleted, cleanAfterDeletion);
        }
    }
}

package dev.halfrate.trial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Result.Status;
import dev.halfrate.trial.Evidence.Attempt;
import dev.halfrate.trial.Evidence.Billed;
import dev.halfrate.trial.Evidence.LedgerBatch;
import dev.halfrate.trial.Evidence.Place;
import dev.halfrate.trial.Evidence.Sent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A run in order, and what the audit says if anything about it is not. */
class AuditTest {
    private final List<Sent> sent = new ArrayList<>();
    private final Map<String, List<Status>> answers = new HashMap<>();
    private final Map<Place, Integer> deadLetters = new HashMap<>();
    private final Map<String, LedgerBatch> batches = new HashMap<>();
    private final List<Billed> billed = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private final List<String> leaks = new ArrayList<>();

    /** Three requests, one of them sent twice, and something unusable. The second batch took two attempts. */
    AuditTest() {
        request(0, "a");
        request(1, "b");
        request(2, "b");
        request(3, "c");
        sent.add(new Sent(new Place(0, 4), null, ""));
        for (var id : List.of("a", "b", "c")) {
            answers.put(id, List.of(Status.SUCCEEDED));
        }
        deadLetters.put(new Place(0, 4), 1);
        batches.put("batch-1", new LedgerBatch("SETTLED", List.of(new Attempt("t1", true)), Set.of(), 0, 0, 0));
        batches.put(
                "batch-2",
                new LedgerBatch(
                        "SETTLED", List.of(new Attempt("t2", true), new Attempt("t3", true)), Set.of(), 0, 0, 0));
        billed.add(new Billed("remote-1", "t1", "content a"));
        billed.add(new Billed("remote-1", "t1", "content b"));
        billed.add(new Billed("remote-3", "t3", "content c"));
    }

    @Test
    void aRunInOrderPasses() {
        var verdict = audit();

        assertThat(verdict).isEqualTo(new Audit.Verdict(5, 2, 1, 0, 0, 0, 0, 0, List.of()));
    }

    @Test
    void aLostRequestIsSeen() {
        answers.remove("a");

        assertThat(audit().lost()).isEqualTo(1);
        assertThat(audit().violations()).containsExactly("no result for a");
    }

    @Test
    void aLostDeadLetterIsSeen() {
        deadLetters.clear();

        assertThat(audit().lost()).isEqualTo(1);
        assertThat(audit().violations()).singleElement().asString().startsWith("no dead letter for ");
    }

    @Test
    void aSecondAnswerIsSeenAlsoWhereTheRequestWasRepeated() {
        for (var id : List.of("a", "b")) {
            answers.put(id, List.of(Status.SUCCEEDED, Status.SUCCEEDED));
        }

        assertThat(audit().answeredTwice()).isEqualTo(2);
        assertThat(audit().violations()).hasSize(2);
    }

    @Test
    void aRepeatOfWhatFailedMayHaveItsOwnAnswer() {
        answers.put("b", List.of(Status.FAILED, Status.SUCCEEDED));

        assertThat(audit().violations()).isEmpty();
    }

    @Test
    void aSecondDeadLetterIsSeen() {
        deadLetters.put(new Place(0, 4), 2);

        assertThat(audit().answeredTwice()).isEqualTo(1);
        assertThat(audit().violations()).hasSize(1);
    }

    @Test
    void answersToNobodyAreSeen() {
        answers.put("x", List.of(Status.SUCCEEDED));
        deadLetters.put(new Place(0, 0), 1);

        assertThat(audit().violations())
                .containsExactlyInAnyOrder(
                        "a result for x, which nobody sent",
                        "a dead letter for Place[partition=0, offset=0], which was accepted");
    }

    @Test
    void aLineBilledTwiceIsSeen() {
        billed.add(new Billed("remote-3", "t3", "content a"));

        assertThat(audit().billedTwice()).isEqualTo(1);
        assertThat(audit().violations()).containsExactly("1 lines were billed twice, the ledger accounts for 0");
    }

    @Test
    void aLineBilledTwiceWithTheLedgersKnowledgeIsCountedOnly() {
        billed.add(new Billed("remote-2", "t2", "content c"));
        batches.put(
                "batch-2",
                new LedgerBatch(
                        "SETTLED", List.of(new Attempt("t2", true), new Attempt("t3", true)), Set.of(), 1, 0, 0));

        assertThat(audit().billedTwice()).isZero();
        assertThat(audit().exposed()).isEqualTo(1);
        assertThat(audit().violations()).isEmpty();
    }

    @Test
    void aCallIsAnAnswerPaidForLikeALine() {
        calls.add(billed.removeFirst().content());

        assertThat(audit().violations()).isEmpty();
        assertThat(audit().exposed()).isZero();
    }

    @Test
    void aCallThatWasSentTwiceOrOnTopOfALineIsSeen() {
        calls.addAll(List.of("content c", "content d", "content d"));
        exposeCalls(1, 0);

        assertThat(audit().billedTwice()).isEqualTo(1);
        assertThat(audit().violations()).containsExactly("2 calls were billed on top, the ledger accounts for 1");
    }

    @Test
    void callsOnTopWithTheLedgersKnowledgeAreCountedOnly() {
        calls.addAll(List.of("content c", "content d", "content d"));
        exposeCalls(3, 1);

        assertThat(audit().billedTwice()).isZero();
        assertThat(audit().exposed()).isEqualTo(2);
        assertThat(audit().exposure()).isEqualTo(3);
        assertThat(audit().violations()).isEmpty();
    }

    @Test
    void theExposureOfCallsIsNoneOfLines() {
        billed.add(new Billed("remote-3", "t3", "content a"));
        exposeCalls(1, 0);

        assertThat(audit().violations()).containsExactly("1 lines were billed twice, the ledger accounts for 0");
    }

    @Test
    void aSecondAnswerThatNobodyWasPaidForIsSeen() {
        exposeCalls(1, 1);

        assertThat(audit().violations()).containsExactly("the ledger knows of 1 second answers, 0 were billed");
    }

    @Test
    void aCreateThatWasSentTwiceIsSeen() {
        billed.add(new Billed("remote-4", "t3", "content d"));

        assertThat(audit().violations()).hasSize(1).first().asString().startsWith("one attempt of batch-2 was billed");
    }

    @Test
    void aTwinThatTheLedgerKnowsIsNoSecondCreate() {
        billed.add(new Billed("remote-4", "t1", "content a"));
        batches.put(
                "batch-1", new LedgerBatch("SETTLED", List.of(new Attempt("t1", true)), Set.of("remote-4"), 1, 0, 0));

        assertThat(audit().billedTwice()).isZero();
        assertThat(audit().exposed()).isEqualTo(1);
        assertThat(audit().violations()).isEmpty();
    }

    @Test
    void aBatchThatTheLedgerDoesNotKnowIsSeen() {
        billed.add(new Billed("remote-9", "t9", "content d"));

        assertThat(audit().violations()).containsExactly("the ledger does not know attempt t9, which was billed");
    }

    @Test
    void anAnswerThatNobodyWasPaidForIsSeen() {
        billed.removeFirst();

        assertThat(audit().violations()).containsExactly("a was answered, and nobody was paid for it");
    }

    @Test
    void anUnsettledBatchAndAnAttemptBesideAnOpenOneAreSeen() {
        batches.put(
                "batch-2",
                new LedgerBatch("HOLD", List.of(new Attempt("t2", false), new Attempt("t3", true)), Set.of(), 0, 0, 0));

        assertThat(audit().violations())
                .containsExactly("batch-2 is HOLD", "batch-2 began an attempt while an earlier one was open");
    }

    @Test
    void aLeakIsSeen() {
        leaks.add("a log");

        assertThat(audit().violations()).containsExactly("a secret, prompt or custom_id stands in a log");
    }

    private void exposeCalls(int extraCallsMax, int lateLines) {
        batches.put(
                "batch-1",
                new LedgerBatch("SETTLED", List.of(new Attempt("t1", true)), Set.of(), 0, extraCallsMax, lateLines));
    }

    private void request(long offset, String id) {
        sent.add(new Sent(new Place(0, offset), id, "content " + id));
    }

    private Audit.Verdict audit() {
        return Audit.of(new Evidence(sent, answers, deadLetters, batches, billed, calls, leaks));
    }
}

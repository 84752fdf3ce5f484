package dev.halfrate.processor.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.junit.jupiter.api.Test;

class CheckupTest {
    private final List<Finding> told = new ArrayList<>();

    private List<Grade> run(Duration limit, Check... checks) throws InterruptedException {
        var all = new Checkup(limit).run(List.of(checks), told::add);
        assertThat(told).isEqualTo(all);
        return told.stream().map(Finding::grade).toList();
    }

    @Test
    void whatNeedsAFailedOneIsSkippedAndTheRestGoesOn() throws InterruptedException {
        var grades = run(
                Duration.ofSeconds(10),
                Check.of("a", () -> Verdict.fail("no")),
                Check.of("b", () -> Verdict.ok("yes")).needing("a"),
                Check.of("c", () -> Verdict.ok("yes")).needing("b"),
                Check.of("d", () -> Verdict.warn("so so")),
                Check.of("e", () -> Verdict.ok("yes")).needing("d").after(Set.of("a")));

        assertThat(grades).containsExactly(Grade.FAIL, Grade.SKIPPED, Grade.SKIPPED, Grade.WARN, Grade.OK);
        assertThat(told.get(2).found()).isEqualTo("needs 'b', see there");
    }

    @Test
    void oneThatHangsFailsAndIsInterrupted() throws InterruptedException {
        var interrupted = new CountDownLatch(1);

        var grades = run(Duration.ofMillis(50), Check.of("hangs", () -> {
            try {
                new CountDownLatch(1).await();
            } finally {
                interrupted.countDown();
            }
            return Verdict.ok("never");
        }));

        assertThat(grades).containsExactly(Grade.FAIL);
        interrupted.await();
    }

    @Test
    void oneThatHangsHoldsUpNoneThatDoesNotNeedIt() throws InterruptedException {
        var later = new CountDownLatch(1);

        var grades = run(
                Duration.ofSeconds(10),
                Check.of("waits", () -> {
                    later.await();
                    return Verdict.ok("at last");
                }),
                Check.of("later", () -> {
                    later.countDown();
                    return Verdict.ok("at once");
                }));

        assertThat(grades).containsExactly(Grade.OK, Grade.OK);
        assertThat(told.getFirst().check()).isEqualTo("waits");
    }

    @Test
    void ofAnUnexpectedExceptionOnlyTheKindIsShown() throws InterruptedException {
        run(
                Duration.ofSeconds(10),
                Check.of("a", () -> {
                    throw new IllegalStateException("sk-secret");
                }),
                Check.of("b", () -> {
                    throw new InvalidReplicationFactorException("3 of 1");
                }));

        assertThat(told.get(0).found()).isEqualTo("could not be looked into: IllegalStateException");
        assertThat(told.get(1).found()).isEqualTo("Kafka does not tell: 3 of 1");
    }

    @Test
    void aCheckThatNeedsALaterOneIsADefect() {
        assertThatThrownBy(() -> Checkup.requireOrder(
                        List.of(Check.of("a", () -> Verdict.ok("")).needing("b"), Check.of("b", () -> Verdict.ok("")))))
                .hasMessage("no check before 'a' is named 'b'");
    }

    @Test
    void onlyAFailureIsUnhealthy() {
        assertThat(Diagnosis.of(List.of(finding(Grade.WARN), finding(Grade.SKIPPED), finding(Grade.OK)))
                        .healthy())
                .isTrue();
        assertThat(Diagnosis.of(List.of(finding(Grade.OK), finding(Grade.FAIL))).healthy())
                .isFalse();
    }

    private static Finding finding(Grade grade) {
        return new Finding(grade, "a", "", List.of());
    }
}

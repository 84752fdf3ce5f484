package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LineAuditTest {
    private final LineAudit audit = new LineAudit();
    private long offset;

    @Test
    void oneResultForEachLineIsClean() {
        send("a", "one");
        send("b", "two");
        audit.answered(result("b", Result.Status.SUCCEEDED));
        audit.answered(result("a", Result.Status.FAILED));

        assertThat(audit.verdict().isClean()).isTrue();
        assertThat(audit.verdict().lines()).isEqualTo(2);
    }

    @Test
    void lineWithoutAnswerIsMissing() {
        send("a", "one");
        send("b", "two");
        audit.answered(result("b", Result.Status.SUCCEEDED));

        assertThat(audit.verdict().missing()).isEqualTo(1);
        assertThat(audit.verdict().examples()).containsExactly("no result for custom_id a");
    }

    @Test
    void secondResultIsTooMany() {
        send("a", "one");
        audit.answered(result("a", Result.Status.SUCCEEDED));
        audit.answered(result("a", Result.Status.SUCCEEDED));

        assertThat(audit.verdict().surplus()).isEqualTo(1);
        assertThat(audit.verdict().examples()).containsExactly("2 results for 1 lines of custom_id a");
    }

    @Test
    void resultForNothingThatWasSentIsTooMany() {
        audit.answered(result("stranger", Result.Status.SUCCEEDED));

        assertThat(audit.verdict().isClean()).isFalse();
    }

    @Test
    void repeatedLineIsAnsweredByTheFirstOnesResult() {
        send("a", "one");
        send("a", "one");
        audit.answered(result("a", Result.Status.SUCCEEDED));

        assertThat(audit.verdict().isClean()).isTrue();
        assertThat(audit.verdict().absorbed()).isEqualTo(1);
        assertThat(audit.repeated()).isEqualTo(1);
    }

    @Test
    void repeatedLineMayGetItsOwnResultOnlyAfterAFailure() {
        send("a", "one");
        send("a", "one");
        audit.answered(result("a", Result.Status.FAILED));
        audit.answered(result("a", Result.Status.SUCCEEDED));
        assertThat(audit.verdict().isClean()).isTrue();

        send("b", "two");
        send("b", "two");
        audit.answered(result("b", Result.Status.SUCCEEDED));
        audit.answered(result("b", Result.Status.SUCCEEDED));
        assertThat(audit.verdict().surplus()).isEqualTo(1);
    }

    @Test
    void conflictingLineIsAnsweredByADeadLetter() {
        send("a", "one");
        send("a", "other");
        audit.answered(result("a", Result.Status.SUCCEEDED));
        assertThat(audit.verdict().missing()).isEqualTo(1);

        audit.answered(deadLetter(1));

        assertThat(audit.verdict().isClean()).isTrue();
        assertThat(audit.verdict().absorbed()).isZero();
    }

    @Test
    void deadLetterMayComeBeforeTheAcknowledgement() {
        var line = audit.sending("not json".getBytes(UTF_8));
        assertThat(audit.verdict().missing()).isEqualTo(1);

        audit.answered(deadLetter(0));
        audit.stored(line, new LineAudit.Coordinates(0, 0));

        assertThat(audit.verdict().isClean()).isTrue();
    }

    @Test
    void secondDeadLetterIsTooMany() {
        var line = audit.sending("not json".getBytes(UTF_8));
        audit.stored(line, new LineAudit.Coordinates(0, 0));
        audit.answered(deadLetter(0));
        audit.answered(deadLetter(0));

        assertThat(audit.verdict().surplus()).isEqualTo(1);
    }

    @Test
    void examplesAreFew() {
        for (var i = 0; i < 100; i++) {
            send("id-" + i, "content");
        }

        assertThat(audit.verdict().missing()).isEqualTo(100);
        assertThat(audit.verdict().examples()).hasSize(LineAudit.EXAMPLES_MAX);
    }

    private void send(String customId, String content) {
        var line = audit.sending("""
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "m", "messages": [{"role": "user", "content": "%s"}]}}""".formatted(customId, content).getBytes(UTF_8));
        audit.stored(line, new LineAudit.Coordinates(0, offset++));
    }

    private static Result result(String customId, Result.Status status) {
        return new Result(
                new Result.Request(customId, Instant.EPOCH, null),
                status,
                "openai",
                "simulator",
                "m",
                200,
                null,
                null,
                null,
                null,
                "batch",
                "remote",
                1,
                null,
                null,
                Instant.EPOCH,
                null,
                null);
    }

    private static DeadLetter deadLetter(long offset) {
        return new DeadLetter(
                DeadLetter.Reason.DECODE, "no JSON", "llm.requests", "id", 0, offset, 0, null, null, null, null, 0);
    }
}

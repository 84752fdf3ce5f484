package dev.halfrate.processor.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Result;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResultFormTest {
    private static final String CHAT =
            "{\"choices\":[\n{\"message\":{\"content\":\"one\\ttwo\\nthree \\\\ \u00e4\"}}]}";

    @Test
    void aRecordIsOneLineWithTheAnswerInIt() {
        assertThat(line(ResultForm.RECORD, answered("openai", CHAT, null)))
                .contains("\"custom_id\":\"a\\tb\"")
                .contains(CHAT.replace('\n', ' '))
                .doesNotContain("\n");
    }

    @Test
    void openAisAnswersAreLinesOfItsOutputFile() {
        assertThat(line(ResultForm.VENDOR, answered("openai", CHAT, null)))
                .isEqualTo(
                        "{\"id\":null,\"custom_id\":\"a\\tb\",\"response\":{\"status_code\":200,\"request_id\":null,\"body\":"
                                + CHAT.replace('\n', ' ') + "},\"error\":null}");
    }

    @Test
    void whatHasNoAnswerHasAnErrorThere() {
        assertThat(line(ResultForm.VENDOR, unanswered("", Result.Status.REJECTED)))
                .isEqualTo(
                        "{\"id\":null,\"custom_id\":\"a\\tb\",\"response\":null,\"error\":{\"code\":\"why\",\"message\":\"say it otherwise\"}}");
    }

    @Test
    void anthropicsAreLinesOfItsResults() {
        assertThat(line(ResultForm.VENDOR, answered("anthropic", "{\"content\":[]}", null)))
                .isEqualTo(
                        "{\"custom_id\":\"a\\tb\",\"result\":{\"type\":\"succeeded\",\"message\":{\"content\":[]}}}");
        assertThat(line(ResultForm.VENDOR, unanswered("anthropic", Result.Status.EXPIRED)))
                .isEqualTo("{\"custom_id\":\"a\\tb\",\"result\":{\"type\":\"expired\"}}");
        assertThat(line(ResultForm.VENDOR, unanswered("anthropic", Result.Status.CANCELLED)))
                .isEqualTo("{\"custom_id\":\"a\\tb\",\"result\":{\"type\":\"canceled\"}}");
        assertThat(line(ResultForm.VENDOR, unanswered("anthropic", Result.Status.FAILED)))
                .isEqualTo(
                        "{\"custom_id\":\"a\\tb\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\",\"error\":"
                                + "{\"type\":\"why\",\"message\":\"say it otherwise\"}}}}");
    }

    @Test
    void textIsOneLineOfEveryEndpointsAnswer() {
        assertThat(line(ResultForm.TEXT, answered("openai", CHAT, null)))
                .isEqualTo("a\\tb\tone\\ttwo\\nthree \\\\ \u00e4");
        assertThat(line(
                        ResultForm.TEXT,
                        answered("anthropic", "{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}", null)))
                .isEqualTo("a\\tb\thello");
        assertThat(line(
                        ResultForm.TEXT,
                        answered(
                                "openai",
                                "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}]}",
                                null)))
                .isEqualTo("a\\tb\thi");
    }

    @Test
    void whatARuleTookOutComesFirst() {
        assertThat(line(
                        ResultForm.TEXT,
                        answered("openai", CHAT, new Result.Output(false, "\"short\"".getBytes(UTF_8)))))
                .isEqualTo("a\\tb\tshort");
        assertThat(line(
                        ResultForm.TEXT,
                        answered("openai", CHAT, new Result.Output(true, "{\"n\":1}".getBytes(UTF_8)))))
                .isEqualTo("a\\tb\t{\"n\":1}");
    }

    @Test
    void whatSaysNothingInWordsIsEmpty() {
        assertThat(line(ResultForm.TEXT, answered("openai", "{\"data\":[]}", null)))
                .isEqualTo("a\\tb\t");
        assertThat(line(ResultForm.TEXT, unanswered("openai", Result.Status.FAILED)))
                .isEqualTo("a\\tb\t");
    }

    private static String line(ResultForm form, Result result) {
        return new String(form.line(result), UTF_8);
    }

    private static Result unanswered(String provider, Result.Status status) {
        return Result.unsent(
                new Result.Request("a\tb", Instant.EPOCH, null),
                status,
                provider,
                "main",
                "m",
                new Result.Failure("why", "say it otherwise", true),
                1,
                Instant.EPOCH);
    }

    private static Result answered(String provider, String body, Result.@Nullable Output output) {
        return new Result(
                new Result.Request("a\tb", Instant.EPOCH, null),
                Result.Status.SUCCEEDED,
                provider,
                "main",
                "m",
                200,
                body.getBytes(UTF_8),
                output,
                null,
                null,
                "b-1",
                "r-1",
                1,
                null,
                null,
                Instant.EPOCH,
                null,
                null);
    }
}

package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.simulator.InputValidation.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InputValidationTest {

    private static final String GOOD = ChatLines.line("a", ChatLines.body("Why?"));

    @TempDir
    Path directory;

    private Outcome validate(String content, Endpoint endpoint, ValidationReport report) throws IOException {
        Path file = Files.writeString(directory.resolve("input.jsonl"), content);
        return InputValidation.validate(file, Dialect.OPENAI, endpoint, report);
    }

    private List<BatchError> errors(String content) throws IOException {
        return switch (validate(content, Endpoint.CHAT_COMPLETIONS, ValidationReport.EVERY_LINE)) {
            case Outcome.Invalid(var errors) -> errors;
            case Outcome.Valid _ -> List.of();
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"custom_id                                                      | invalid_json_line          |               | This line is not parseable as valid JSON.
            [1]                                                              | invalid_json_line          |               | This line is not parseable as valid JSON.
            $ trailing                                                       | invalid_json_line          |               | This line is not parseable as valid JSON.
            {"method":"POST","url":"/v1/chat/completions","body":{}}         | missing_required_parameter | custom_id     | Missing required parameter: 'custom_id'.
            {"custom_id":"b","url":"/v1/chat/completions","body":{}}         | missing_required_parameter | method        | Missing required parameter: 'method'.
            {"custom_id":"b","method":"POST","body":{}}                      | missing_required_parameter | url           | Missing required parameter: 'url'.
            {"custom_id":"b","method":"POST","url":"/v1/chat/completions"}   | missing_required_parameter | body          | Missing required parameter: 'body'.
            {"custom_id":7,"method":"POST","url":"/v1/chat/completions"}     | invalid_type               | custom_id     | Invalid type for 'custom_id': expected a string, but got an integer instead.
            {"custom_id":"b","method":"GET","url":"/v1/chat/completions","body":{}} | invalid_value       | method        | Invalid value: 'GET'. Supported values are: 'POST'.
            {"custom_id":"b","method":"POST","url":"/v1/embeddings","body":{}}      | invalid_url         | url           | The URL provided for this request does not match the batch endpoint.
            $                                                                | duplicate_custom_id        | custom_id     | The custom_id 'a' is used by another request of this file.
            @{"messages":[]}}                                                | invalid_request            | body.model    | Model parameter is required.
            @{"model":"gpt-4o-mini"}}                                        | invalid_request            | body.messages | Messages parameter is required.
            @{"model":"llama-4","messages":[]}}                              | model_not_found            | body.model    | The provided model 'llama-4' is not supported by the Batch API.
            @{"model":"gpt-4o","messages":[]}}                               | mismatched_model           | body.model    | The provided model 'gpt-4o' is not the model 'gpt-4o-mini' of the file's other requests.
            @{"model":"gpt-4o-mini","messages":[],"stream":true}}            | streaming_unsupported      | body.stream   | Chat Completions: Streaming is not supported in the Batch API.
            """)
    void aBadLineIsReportedWithItsNumber(String line, String code, String param, String message) throws IOException {
        String second = line.replace("$", GOOD)
                .replace("@", "{\"custom_id\":\"b\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":");

        assertThat(errors(GOOD + "\n" + second + "\n")).containsExactly(new BatchError(code, message, param, 2));
    }

    @Test
    void anEmptyLineInTheMiddleIsNotJson() throws IOException {
        assertThat(errors(GOOD + "\n\n"))
                .containsExactly(
                        new BatchError("invalid_json_line", "This line is not parseable as valid JSON.", null, 2));
    }

    @Test
    void theLastLineNeedsNoLineFeedAndLinesMayEndInTwoCharacters() throws IOException {
        assertThat(errors(GOOD)).isEmpty();
        assertThat(errors(GOOD + "\r\n")).isEmpty();
    }

    @Test
    void allBadLinesAreReportedUpToALimitOrOnlyTheFirst() throws IOException {
        String bad = "{}\n".repeat(InputValidation.ERRORS_MAX + 1);

        assertThat(errors(bad)).hasSize(InputValidation.ERRORS_MAX);
        assertThat(validate(bad, Endpoint.CHAT_COMPLETIONS, ValidationReport.FIRST_LINE))
                .isEqualTo(new Outcome.Invalid(List.of(BatchError.ofLine(1, OpenAiError.missing("custom_id")))));
    }

    @Test
    void aBatchHasAtMostFiftyThousandLines() throws IOException {
        String full = ChatLines.of(Dialect.OPENAI.linesMax());

        assertThat(errors(full)).isEmpty();
        assertThat(errors(full + GOOD)).singleElement().satisfies(error -> {
            assertThat(error.code()).isEqualTo("too_many_tasks");
            assertThat(error.line()).isNull();
        });
    }

    @Test
    void embeddingInputsAreLimitedOverAllLines() throws IOException {
        assertThat(validate(embeddings(25_000, 25_000), Endpoint.EMBEDDINGS, ValidationReport.EVERY_LINE))
                .isInstanceOf(Outcome.Valid.class);
        assertThat(validate(embeddings(25_000, 25_001), Endpoint.EMBEDDINGS, ValidationReport.EVERY_LINE))
                .isInstanceOfSatisfying(
                        Outcome.Invalid.class,
                        invalid -> assertThat(invalid.errors())
                                .singleElement()
                                .satisfies(error -> assertThat(error.line()).isEqualTo(2)));
    }

    private static String embeddings(int first, int second) {
        return embeddings("a", first) + embeddings("b", second);
    }

    private static String embeddings(String customId, int inputs) {
        String input = "\"x\"" + ",\"x\"".repeat(inputs - 1);
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",".formatted(customId)
                + "\"body\":{\"model\":\"text-embedding-3-small\",\"input\":[%s]}}\n".formatted(input);
    }
}

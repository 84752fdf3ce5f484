package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as people type it, without any Kafka or key. */
class TemplateCommandTest {
    private static final String SENTIMENTS = """
            sources:
              - name: sentiments
                topic: reviews
                custom-id: "{{ key | default(value.id) }}"
                url: /v1/chat/completions
                when: "{{ value.kind | default('review') == 'review' }}"
                tag: "{{ headers.team | default('') }}"
                body: {model: gpt-5-mini, messages: [{role: user, content: "{{ value.price }} {{ value.text }}"}]}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path dir = Path.of("");

    @BeforeEach
    void files() throws IOException {
        configure(SENTIMENTS);
    }

    private void configure(String sources) throws IOException {
        Files.writeString(
                dir.resolve("halfrate.yaml"),
                "accounts: [{name: main, key: {env: HALFRATE_TEST_THAT_IS_NOT_SET}}]\n" + sources);
    }

    @Test
    void theRequestIsShownWithItsHeaders() throws IOException {
        var file = Files.writeString(dir.resolve("event.json"), """
                {
                  "id": 7,
                  "price": 1.10, "text": "Lovely"
                }
                """);

        assertThat(attempt("--key", "k-7", "--header", "team=shop", file.toString()))
                .isEqualTo(CommandLines.DONE);

        assertThat(out.toString().replace("\r", ""))
                .startsWith("k-7 to topic llm.requests\nhalfrate-tag: shop\n{\n  \"custom_id\" : \"k-7\",\n")
                .contains("\"content\" : \"1.10 Lovely\"");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void eventsOfSeveralLinesAreTriedOneByOneAndTheOthersGoOn() {
        var code = attemptWith("""
                {"id": 1, "price": 1, "text": "a"}

                {"id": 2, "price": 2}
                {"id": 3, "kind": "question"}
                rubbish
                """);

        assertThat(code).isEqualTo(CommandLines.FAILED);
        assertThat(out.toString())
                .contains("event 1: 1 to topic llm.requests", "event 3: skipped: when does not take it");
        assertThat(err.toString())
                .contains(
                        "event 2: template: source sentiments: sources[0].body.messages[0].content: 'text' is missing",
                        "event 4: decode: source sentiments: the value is not valid JSON near byte ");
    }

    @Test
    void theValuesAloneAreLinesThatOtherCommandsTake() {
        assertThat(attemptWith(
                        "{\"id\": 1, \"price\": 1, \"text\": \"a\"}\n{\"id\": 3, \"kind\": \"x\"}", "--json", "-"))
                .isEqualTo(CommandLines.DONE);

        assertThat(out.toString().strip())
                .isEqualTo(
                        "{\"custom_id\":\"1\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"1 a\"}]}}");
    }

    @Test
    void nothingAtAllIsAnEventThatIsEmpty() {
        assertThat(attemptWith("")).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString()).startsWith("empty: ");
    }

    @Test
    void ofSeveralSourcesOneIsNamed() throws IOException {
        configure(SENTIMENTS + SENTIMENTS.replace("sources:\n", "").replace("sentiments", "more"));

        assertThat(attemptWith("{}")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains("--source is needed, one of: sentiments, more");
        assertThat(attemptWith("{}", "--source", "mor")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains("no source is named 'mor', there are sentiments, more");
        assertThat(attemptWith("{\"id\": 1, \"price\": 1, \"text\": \"a\"}", "--source", "more"))
                .isEqualTo(CommandLines.DONE);
    }

    @Test
    void aTemplateWithAMistakeIsToldOfWithItsPlace() throws IOException {
        configure(SENTIMENTS.replace("{{ value.text }}", "{{ value.text "));

        assertThat(attemptWith("{}")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains("sources[0].body.messages[0].content is no template, line 1");
    }

    @Test
    void theExampleOfTheDocumentIsWhatItSays() throws IOException {
        var document = Files.readString(Path.of("../docs/sources.md"));
        configure(block(document, "yaml"));

        assertThat(attemptWith(block(document, "json"))).isEqualTo(CommandLines.DONE);

        assertThat(out.toString())
                .contains("review-4711 to topic llm.requests", "halfrate-tag: shop")
                .contains("A review of Mug (2 of 5 stars):\\nThe handle came off.\"");
    }

    private static String block(String document, String language) {
        var begin = document.indexOf("```" + language) + 3 + language.length();
        return document.substring(begin, document.indexOf("```", begin));
    }

    @Test
    void aFileThatIsNotThereAndAConfigurationWithoutSourcesAreToldOf() throws IOException {
        assertThat(attempt(dir.resolve("none").toString())).isEqualTo(CommandLines.FAILED);
        configure("");
        assertThat(attemptWith("{}")).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString())
                .contains("none cannot be read: NoSuchFileException", "the configuration has no sources");
    }

    private int attempt(String... options) {
        out.getBuffer().setLength(0);
        var arguments = new ArrayList<>(List.of(
                "template", "try", "--config", dir.resolve("halfrate.yaml").toString()));
        arguments.addAll(List.of(options));
        return CommandLines.create()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(arguments.toArray(String[]::new));
    }

    private int attemptWith(String input, String... options) {
        var before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(UTF_8)));
        try {
            return attempt(options);
        } finally {
            System.setIn(before);
        }
    }
}

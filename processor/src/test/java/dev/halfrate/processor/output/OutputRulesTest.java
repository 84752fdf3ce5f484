package dev.halfrate.processor.output;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.ResultRuleConfig;
import dev.halfrate.processor.config.ResultRuleConfig.Extract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutputRulesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String SENTIMENT = """
            {"type": "object", "required": ["mood"], "additionalProperties": false,
             "properties": {"mood": {"enum": ["good", "bad"]}, "score": {"type": "number", "maximum": 1}}}""";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /v1/chat/completions | {"choices":[{"message":{"content":"gr\\u00fcn \\"x\\""}},{"message":{"content":"b"}}]} | "gr\\u00fcn \\"x\\""
                    /v1/chat/completions | {"choices":[{"message":{"content":""}}]}                                               | ""
                    /v1/completions      | {"choices":[{"text":"a"}]}                                                             | "a"
                    /v1/responses        | {"output":[{"type":"reasoning","content":[{"type":"output_text","text":"no"}]},{"content":[{"text":"a","type":"output_text"},{"type":"refusal","text":"no"},{"type":"output_text","text":"b"}],"type":"message"}]} | "ab"
                    /v1/messages         | {"content":[{"type":"thinking","text":"no"},{"type":"text","text":"a\\n"},{"type":"text","text":"b"}]} | "a\\nb"
                    """)
    void textIsTakenOutAsItStands(String endpoint, String body, String text) {
        var output = taken(judge(Extract.TEXT, "", endpoint, body));

        assertThat(output.structured()).isFalse();
        assertThat(new String(output.json(), UTF_8)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"choices\":[]}",
                "{\"choices\":[{}]}",
                "{\"choices\":[{\"message\":null}]}",
                "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"}}]}",
                "{\"choices\":{\"message\":{\"content\":\"a\"}}}"
            })
    void whereThereIsNoTextNothingIsTakenOut(String body) {
        assertThat(judge(Extract.TEXT, "", CHAT, body)).isEqualTo(new Judgement.Good(null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\\\"mood\\\": \\\"good\\\", \\\"score\\\": 0.50}",
                "```json\\n{\\\"mood\\\": \\\"good\\\", \\\"score\\\": 0.50}\\n```",
                "  ```\\n{\\\"mood\\\": \\\"good\\\", \\\"score\\\": 0.50}```\\n"
            })
    void jsonIsTakenOutOfTheText(String text) {
        var output = taken(judge(Extract.JSON, SENTIMENT, CHAT, chat(text)));

        assertThat(output.structured()).isTrue();
        assertThat(new String(output.json(), UTF_8)).isEqualTo("{\"mood\": \"good\", \"score\": 0.50}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /v1/chat/completions | {"choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\\"mood\\":\\"bad\\"}"}},{"function":{"arguments":"no"}}]}}]}
                    /v1/responses        | {"output":[{"type":"message","content":[]},{"type":"function_call","arguments":"{\\"mood\\":\\"bad\\"}"}]}
                    /v1/messages         | {"content":[{"type":"text","text":"I call"},{"type":"tool_use","input":{"mood":"bad"}}]}
                    """)
    void argumentsOfAToolAreTakenOut(String endpoint, String body) {
        var output = taken(judge(Extract.TOOL, SENTIMENT, endpoint, body));

        assertThat(new String(output.json(), UTF_8)).isEqualTo("{\"mood\":\"bad\"}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    I would say good.                              | no JSON
                    {\\"mood\\": \\"good\\"                        | no JSON
                    {\\"mood\\": \\"good\\"} or so                 | no JSON
                    {\\"mood\\": \\"good\\", \\"mood\\": \\"bad\\"} | no JSON
                    ``                                             | no JSON
                    {\\"mood\\": \\"so-so\\"}                      | /mood
                    {\\"score\\": 1}                               | mood
                    {\\"mood\\": \\"bad\\", \\"x\\": 1}            | 'x'
                    {\\"mood\\": \\"bad\\", \\"score\\": 1.5}      | /score
                    []                                             | array
                    null                                           | null
                    """)
    void whatIsNotAsTheSchemaWantsItIsToBeTriedAgain(String text, String says) {
        var bad = (Judgement.Bad) judge(Extract.JSON, SENTIMENT, CHAT, chat(text));

        assertThat(bad.message()).contains(says);
        assertThat(bad.retriesMax()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "-1e60000000", "1e-999999999", "{\\\"mood\\\": [1e90000000]}"})
    void aNumberThatNobodyCouldWriteOutIsNone(String text) {
        var bad = (Judgement.Bad) judge(Extract.JSON, "{\"enum\": [1, \"a\"], \"multipleOf\": 0.01}", CHAT, chat(text));

        assertThat(bad.message()).contains("digits");
    }

    @Test
    void aKeyThatIsTwiceInTheVendorsOwnObjectsDoesNoHarm() {
        var twice = "{\"usage\":{\"a\":1,\"a\":2},\"choices\":[{\"message\":{\"content\":\"{}\"}}]}";

        assertThat(judge(Extract.JSON, "", CHAT, twice)).isInstanceOf(Judgement.Good.class);
    }

    @Test
    void anAnswerThatCallsNoToolIsNotAsItShouldBe() {
        assertThat(judge(Extract.TOOL, "", CHAT, chat("a"))).isInstanceOf(Judgement.Bad.class);
    }

    @Test
    void anEndpointWithoutTextsHasNothingToHoldAgainstASchema() {
        assertThat(judge(Extract.JSON, SENTIMENT, "/v1/embeddings", "{\"data\":[]}"))
                .isEqualTo(new Judgement.Good(null));
    }

    @Test
    void aRuleThatIsNotThereTakesAnswersAsTheyAre() {
        assertThat(OutputRules.NONE.judge("gone", CHAT, chat("a").getBytes(UTF_8)))
                .isEqualTo(new Judgement.Good(null));
    }

    @Test
    void deepAnswersAndSchemasThatTurnInCirclesEndInAJudgement() {
        var deep = "[".repeat(900) + "]".repeat(900);

        assertThat(judge(Extract.JSON, "{\"items\": {\"$ref\": \"#\"}}", CHAT, chat(deep)))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"objekt\"}",
                "{\"required\": \"mood\"}",
                "{\"pattern\": \"(\"}",
                "{\"$ref\": \"#/$defs/none\"}",
                "{\"$ref\": \"other.json\"}",
            })
    void whatIsNoSchemaIsRefusedAtTheStart(String schema) {
        assertThatThrownBy(() -> rules(Extract.JSON, schema))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("results[0].schema");
    }

    @Test
    void nothingIsFetchedForASchema() throws IOException {
        var calls = new AtomicInteger();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            calls.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            var url = "http://127.0.0.1:%d/s.json".formatted(server.getAddress().getPort());

            assertThatThrownBy(() -> rules(Extract.JSON, "{\"$ref\": \"%s\"}".formatted(url)))
                    .isInstanceOf(ConfigException.class);
            assertThat(calls).hasValue(0);
        } finally {
            server.stop(0);
        }
    }

    private static Result.Output taken(Judgement judgement) {
        return Objects.requireNonNull(((Judgement.Good) judgement).output());
    }

    private static String chat(String escapedText) {
        return "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}".formatted(escapedText);
    }

    private static Judgement judge(Extract extract, String schema, String endpoint, String body) {
        return rules(extract, schema).judge("rule", endpoint, body.getBytes(UTF_8));
    }

    private static OutputRules rules(Extract extract, String schema) {
        return OutputRules.of(List.of(
                new ResultRuleConfig("rule", List.of(), List.of(), List.of(), List.of(), "", extract, schema, 2)));
    }
}

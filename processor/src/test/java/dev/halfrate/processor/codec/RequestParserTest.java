package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
    private final RequestParser parser = new RequestParser();

    @Test
    void lineOfAnOpenAiBatchFileIsARequest() {
        var line = """
                {"custom_id": "a-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "max_tokens": 5}}""";

        var parsed = parse(line);

        assertThat(parsed)
                .isEqualTo(new Parsed.Request(
                        "a-1", "/v1/chat/completions", "gpt-4o-mini", line.indexOf("{\"model"), 41, 5, 0, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"custom_id\":\"a-1\",\"params\":%s}",
                "{\"custom_id\":\"a-1\",\"method\":\"POST\",\"url\":\"/v1/messages\",\"body\":%s}",
                " { \"params\" : %s ,\"metadata\":{\"url\":1}, \"custom_id\":\"a-1\"}"
            })
    void aMessageIsARequestInEitherVendorsForm(String form) {
        var body = "{\"model\": \"claude-haiku-4-5\", \"max_tokens\": 5, \"messages\": []}";
        var line = form.formatted(body);

        assertThat(parse(line))
                .isEqualTo(new Parsed.Request(
                        "a-1",
                        "/v1/messages",
                        "claude-haiku-4-5",
                        line.indexOf("{\"model\""),
                        body.length(),
                        5,
                        0,
                        null));
    }

    private int outputTokensMax(String body) {
        var parsed = parse("{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/u\",\"body\":{\"model\":\"m\"%s}}"
                .formatted(body));
        return ((Parsed.Request) parsed).outputTokensMax();
    }

    @Test
    void eachOfSeveralAnswersHasItsTokens() {
        assertThat(outputTokensMax(",\"max_tokens\":7")).isEqualTo(7);
        assertThat(outputTokensMax(",\"max_tokens\":7,\"n\":5")).isEqualTo(35);
        assertThat(outputTokensMax(",\"n\":2,\"best_of\":5,\"max_tokens\":10000000"))
                .isEqualTo(50_000_000);
        assertThat(outputTokensMax(",\"n\":5")).isEqualTo(-5);
        assertThat(outputTokensMax(",\"n\":2000000000,\"max_tokens\":10000000")).isEqualTo(Integer.MAX_VALUE);
        assertThat(outputTokensMax(",\"n\":-3")).isZero();
        assertThat(outputTokensMax("")).isZero();
    }

    private long prefix(String body) {
        var parsed = parse("{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/u\",\"body\":{\"model\":\"m\",%s}}"
                .formatted(body));
        return ((Parsed.Request) parsed).prefix();
    }

    @Test
    void whatPromptsBeginWithIsKnownByANumber() {
        var common = "x".repeat(PromptPrefix.BYTES);
        var chat = "\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"content\":\"%s\"}]";

        assertThat(prefix(chat.formatted(common, "a"))).isPositive().isEqualTo(prefix(chat.formatted(common, "b")));
        assertThat(prefix(chat.formatted("y" + common, "a"))).isNotEqualTo(prefix(chat.formatted(common, "a")));
        assertThat(prefix(chat.formatted("short", "a"))).isZero();
        assertThat(prefix("\"input\":\"%s\"".formatted(common)))
                .isEqualTo(prefix("\"input\": \"%sz\"".formatted(common)));
    }

    @Test
    void toolsAndSystemPromptCountAsAWholeAndInTheOrderInWhichAModelReadsThem() {
        var common = "x".repeat(PromptPrefix.BYTES);

        assertThat(prefix("\"system\":\"%s1\",\"messages\":[\"a\"]".formatted(common)))
                .isNotEqualTo(prefix("\"system\":\"%s2\",\"messages\":[\"a\"]".formatted(common)));
        assertThat(prefix("\"messages\":[\"a\"],\"system\":\"%s\",\"tools\":[1]".formatted(common)))
                .isEqualTo(prefix("\"tools\":[1],\"system\":\"%s\",\"messages\":[\"b\"]".formatted(common)));
    }

    @Test
    void leadingDocumentsCountAsAWholeWhereThereIsNoLongSystemPrompt() {
        var common = "x".repeat(PromptPrefix.BYTES);
        var asked =
                "\"messages\":[{\"content\":[{\"type\":\"document\",\"data\":\"%s\"},{\"type\":\"text\",\"text\":\"%s\"}]}]";
        assertThat(prefix(asked.formatted(common + "1", "a"))).isEqualTo(prefix(asked.formatted(common + "1", "b")));
        assertThat(prefix(asked.formatted(common + "1", "a"))).isNotEqualTo(prefix(asked.formatted(common + "2", "a")));
        assertThat(prefix(asked.formatted("short", "a"))).isZero();
        assertThat(prefix("\"system\":\"%s\",".formatted(common) + asked.formatted(common + "1", "a")))
                .isEqualTo(prefix("\"system\":\"%s\",".formatted(common) + asked.formatted(common + "2", "a")));

        var named =
                "\"messages\":[{\"content\":[{\"source\":{\"type\":\"file\",\"file_id\":\"%s\"},\"type\":\"document\"},{\"type\":\"text\",\"text\":\"%s\"}]}]";
        assertThat(prefix(named.formatted("f1", "a"))).isPositive().isEqualTo(prefix(named.formatted("f1", "b")));
        assertThat(prefix(named.formatted("f1", "a"))).isNotEqualTo(prefix(named.formatted("f2", "a")));
    }

    @Test
    void paramsBesideABodyAreAnyOtherKey() {
        var line = """
                {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m"},"params":{"model":"n","stream":true}}""";

        assertThat(parse(line))
                .isEqualTo(new Parsed.Request("a", "/u", "m", line.indexOf("{\"model\""), 13, 0, 0, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\"}",
                "{ \"model\" : \"m\" , \"x\" : [1, {\"y\": -1.5e3}] }",
                "{\n\t\"model\":\"m\",\r\n\"text\":\"Janet’s ducks 🦆 \\u00e4 \\ud83e\\udd86 \\\"}{\"}",
                "{\"model\":\"m\",\"stream\":false,\"max_tokens\":null}"
            })
    void bodyIsTheRawSliceWhateverStandsAroundIt(String body) {
        for (var around : List.of(
                "{\"custom_id\":\"é🦆\",\"method\":\"POST\",\"url\":\"/u\",\"body\":%s}",
                " {\"other\" : [{}, \"ä\"],\"body\" :  %s  , \"url\":\"/u\", \"custom_id\":\"é🦆\", \"method\":\"POST\"}\n")) {
            var value = around.replace("%s", body).getBytes(UTF_8);

            var request = (Parsed.Request) parser.parse(value);

            assertThat(request.customId()).isEqualTo("é🦆");
            assertThat(new String(value, request.bodyOffset(), request.bodyBytes(), UTF_8))
                    .isEqualTo(body);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            METHOD_UNSUPPORTED | {"custom_id":"a","url":"/u","body":{"model":"m"}}
            METHOD_UNSUPPORTED | {"custom_id":"a","method":"GET","url":"/u","body":{"model":"m"}}
            METHOD_UNSUPPORTED | {"custom_id":"a","method":"post","url":"/u","body":{"model":"m"}}
            URL_UNSUPPORTED | {"custom_id":"a","method":"POST","body":{"model":"m"}}
            URL_UNSUPPORTED | {"custom_id":"a","method":"POST","url":["/u"],"body":{"model":"m"}}
            BODY_TYPE | {"custom_id":"a","method":"POST","url":"/u"}
            BODY_TYPE | {"custom_id":"a","method":"POST","url":"/u","body":null}
            BODY_TYPE | {"custom_id":"a","method":"POST","url":"/u","body":[{"model":"m"}]}
            BODY_TYPE | {"body":"{}","custom_id":"a","method":"POST","url":"/u"}
            BODY_TYPE | {"body":7,"custom_id":"a","method":"POST","url":"/u"}
            MODEL_MISSING | {"custom_id":"a","method":"POST","url":"/u","body":{}}
            MODEL_MISSING | {"custom_id":"a","method":"POST","url":"/u","body":{"model":""}}
            MODEL_MISSING | {"custom_id":"a","method":"POST","url":"/u","body":{"model":{"model":"m"}}}
            MODEL_MISSING | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m\\nforged log line"}}
            STREAM_UNSUPPORTED | {"custom_id":"a","method":"POST","url":"/u","body":{"stream":true,"model":"m"}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_tokens":0}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_tokens":-5}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_completion_tokens":1000000000}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_output_tokens":99999999999999999999}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_tokens":"100"}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/u","body":{"model":"m","max_tokens":1.5}}
            MAX_TOKENS | {"custom_id":"a","method":"POST","url":"/v1/messages","body":{"model":"m"}}
            MAX_TOKENS | {"custom_id":"a","params":{"model":"m"}}
            MAX_TOKENS | {"custom_id":"a","params":{"model":"m","max_tokens":null}}
            MAX_TOKENS | {"custom_id":"a","params":{"model":"m","max_tokens":0}}
            MAX_TOKENS | {"custom_id":"a","params":{"model":"m","max_output_tokens":5}}
            STREAM_UNSUPPORTED | {"custom_id":"a","params":{"model":"m","max_tokens":5,"stream":true}}
            MODEL_MISSING | {"custom_id":"a","params":{"max_tokens":5}}
            BODY_TYPE | {"custom_id":"a","params":[]}
            METHOD_UNSUPPORTED | {"custom_id":"a","params":{"model":"m","max_tokens":5},"url":"/v1/messages"}
            BODY_TYPE | {"custom_id":"a","params":{"model":"m","max_tokens":5},"url":"/u","method":"POST"}
            """)
    void requestWithAnIdIsRejectedForAReason(Rejection rejection, String line) {
        assertThat(parse(line)).isInstanceOfSatisfying(Parsed.Rejected.class, rejected -> {
            assertThat(rejected.rejection()).isEqualTo(rejection);
            assertThat(rejected.customId()).isEqualTo("a");
            assertThat(rejected.message()).isNotBlank();
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            EMPTY | ``
            EMPTY | `  `
            NOT_AN_OBJECT | [{"custom_id":"a"}]
            NOT_AN_OBJECT | "custom_id"
            NOT_AN_OBJECT | 7
            NOT_AN_OBJECT | null
            CUSTOM_ID | {}
            CUSTOM_ID | {"custom_id":""}
            CUSTOM_ID | {"custom_id":7}
            CUSTOM_ID | {"custom_id":null}
            CUSTOM_ID | {"custom_id":{"custom_id":"a"}}
            CUSTOM_ID | {"body":{"custom_id":"a"}}
            CUSTOM_ID | {"custom_id":"lone \\ud83e surrogate"}
            DECODE | hello
            DECODE | {"custom_id":"a"
            DECODE | {"custom_id":"a"}{"custom_id":"b"}
            DECODE | {"custom_id":"a"} trailing
            DECODE | {"custom_id":"a"},
            DECODE | [1][2]
            DECODE | {"custom_id":"a","custom_id":"a"}
            DECODE | {"custom_id":"a","custom\\u005fid":"b"}
            DECODE | {"custom_id":"a","body":{"messages":[{"role":"user","role":"system"}]}}
            DECODE | {'custom_id':'a'}
            DECODE | {"custom_id":"a",}
            DECODE | {"custom_id":"a","x":NaN}
            DECODE | {"custom_id":"a","x":007}
            DECODE | {"custom_id":"a"} // comment
            """)
    void whatNoResultCanAnswerIsUnusableForAReason(DeadLetter.Reason reason, String line) {
        assertThat(parse(line))
                .isInstanceOfSatisfying(
                        Parsed.Unusable.class,
                        unusable -> assertThat(unusable.reason()).isEqualTo(reason));
    }

    @Test
    void customIdHasUpTo512CharactersHoweverTheyAreWritten() {
        assertThat(parse(request("x".repeat(512)))).isInstanceOf(Parsed.Request.class);
        assertThat(parse(request("\\u00e4".repeat(512)))).isInstanceOf(Parsed.Request.class);
        assertThat(parse(request("🦆".repeat(256)))).isInstanceOf(Parsed.Request.class);
        assertThat(reason(request("x".repeat(513)))).isEqualTo(DeadLetter.Reason.CUSTOM_ID);
        assertThat(reason(request("\\u00e4".repeat(513)))).isEqualTo(DeadLetter.Reason.CUSTOM_ID);
        assertThat(reason(request("x".repeat(30_000_000)))).isEqualTo(DeadLetter.Reason.CUSTOM_ID);
    }

    @Test
    void longTextInTheBodyIsNoProblemOfTheParser() {
        assertThat(parse(requestWith("\"text\":\"" + "x".repeat(30_000_000) + "\"")))
                .isInstanceOf(Parsed.Request.class);
    }

    @Test
    void depthIsLimited() {
        // The document and its body are two levels of the hundred.
        assertThat(parse(requestWith("\"x\":" + "[".repeat(98) + "]".repeat(98))))
                .isInstanceOf(Parsed.Request.class);
        assertThat(reason(requestWith("\"x\":" + "[".repeat(99) + "]".repeat(99))))
                .isEqualTo(DeadLetter.Reason.DECODE);
        assertThat(reason("[".repeat(1_000_000))).isEqualTo(DeadLetter.Reason.DECODE);
    }

    @Test
    void numbersAreLimitedEvenWhereTheyAreSkipped() {
        assertThat(parse(requestWith("\"x\":" + "1".repeat(1_000)))).isInstanceOf(Parsed.Request.class);
        assertThat(reason(requestWith("\"x\":" + "1".repeat(1_001)))).isEqualTo(DeadLetter.Reason.DECODE);
        assertThat(reason(requestWith("\"x\":0." + "1".repeat(1_001)))).isEqualTo(DeadLetter.Reason.DECODE);
    }

    @Test
    void keysAreLimited() {
        assertThat(parse(requestWith("\"" + "k".repeat(50_000) + "\":1"))).isInstanceOf(Parsed.Request.class);
        assertThat(reason(requestWith("\"" + "k".repeat(60_000) + "\":1"))).isEqualTo(DeadLetter.Reason.DECODE);
    }

    @Test
    void onlyUtf8WithoutByteOrderMarkIsRead() {
        var line = request("a");

        assertThat(reason("\uFEFF" + line)).isEqualTo(DeadLetter.Reason.DECODE);
        assertThat(reason(line.getBytes(UTF_16))).isEqualTo(DeadLetter.Reason.DECODE);
        assertThat(reason(line.getBytes(UTF_16LE))).isEqualTo(DeadLetter.Reason.DECODE);
    }

    @ParameterizedTest
    // A lone continuation byte, an overlong slash, half a sequence, a surrogate, and beyond Unicode's end.
    @ValueSource(strings = {"80", "c0af", "e282", "eda080", "f4908080"})
    void illFormedUtf8IsRefusedEvenInATextThatIsSkipped(String hex) {
        var bad = HexFormat.of().parseHex(hex);
        var line = requestWith("\"text\":\"#\"").getBytes(UTF_8);
        var at = new String(line, UTF_8).indexOf('#');
        var value = new byte[line.length - 1 + bad.length];
        System.arraycopy(line, 0, value, 0, at);
        System.arraycopy(bad, 0, value, at, bad.length);
        System.arraycopy(line, at + 1, value, at + bad.length, line.length - at - 1);

        assertThat(reason(value)).isEqualTo(DeadLetter.Reason.DECODE);
    }

    @Test
    void illFormedUtf8IsFoundAtTheVeryEndAndFarFromTheBeginning() {
        var value = ("{\"custom_id\":\"" + "ä".repeat(100_000)).getBytes(UTF_8);

        assertThat(parser.parse(Arrays.copyOf(value, value.length - 1)))
                .isEqualTo(new Parsed.Unusable(
                        DeadLetter.Reason.DECODE, "the value is not UTF-8 at byte " + (value.length - 2)));
    }

    @Test
    void messagesQuoteNothing() {
        for (var line : List.of(
                "{\"secret\": secret}",
                "{\"custom_id\":\"a\",\"secret\":1,\"secret\":2}",
                "secret",
                "{\"custom_id\":{\"secret\":1}}",
                "{\"secret" + "t".repeat(60_000) + "\":1}",
                "{\"custom_id\":\"a\"} secret")) {
            assertThat(parse(line))
                    .isInstanceOfSatisfying(
                            Parsed.Unusable.class,
                            unusable -> assertThat(unusable.message()).doesNotContain("secret"));
        }
    }

    @Test
    void repeatedKeyIsNamedAsTheProblem() {
        assertThat(parse("{\"custom_id\":\"a\",\"x\":1,\"x\":2}"))
                .isInstanceOfSatisfying(
                        Parsed.Unusable.class,
                        unusable -> assertThat(unusable.message()).startsWith("an object has the same key twice"));
    }

    private Parsed parse(String line) {
        return parser.parse(line.getBytes(UTF_8));
    }

    private DeadLetter.Reason reason(String line) {
        return reason(line.getBytes(UTF_8));
    }

    private DeadLetter.Reason reason(byte[] value) {
        return ((Parsed.Unusable) parser.parse(value)).reason();
    }

    private static String request(String customId) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/u\",\"body\":{\"model\":\"m\"}}"
                .formatted(customId);
    }

    private static String requestWith(String bodyField) {
        return "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/u\",\"body\":{\"model\":\"m\"," + bodyField + "}}";
    }
}

package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Cause;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultLine.LineError;
import dev.halfrate.processor.provider.ResultLine.NotExecuted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiResultLineTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{ \"n\" : 1.10 , \"huge\":1e400,\"tiny\":1E-999 }",
                "{\"text\":\"Grüße 🎈 \\u00fc \\ud83c\\udf88 \\ud800 \\\"}{\\\\\"}",
                "{\"a\":1,\"a\":2,\"\":{},\"ü\":null,\"usage\":null}",
                "{\"usage\":\"none\",\"error\":5}",
                "[1, 2 ,{\"a\":[]}]",
                "\"only \\n text ü\"",
                "12.50",
                "true"
            })
    void theBodyIsTheVendorsByteForByte(String body) {
        for (var line : new String[] {
            "{\"id\":\"ü\",\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":%s},\"error\":null}",
            "{\"error\":null,\"response\":{\"body\":%s,\"x\":[{}],\"status_code\":200},\"new\":{\"y\":1},\"custom_id\":\"a\"}",
            "\uFEFF { \"response\" : { \"body\" : %s , \"status_code\" : 200 } , \"custom_id\" : \"a\" } \r",
        }) {
            assertThat(read(line.formatted(body))).isInstanceOfSatisfying(Answered.class, answered -> {
                assertThat(answered.body()).asString(UTF_8).isEqualTo(body);
                assertThat(answered.upstreamId()).isEqualTo("a");
                assertThat(answered.httpStatus()).isEqualTo(200);
                assertThat(answered.succeeded()).isTrue();
                assertThat(answered.usage()).isNull();
            });
        }
    }

    @Test
    void aBodyIsFoundInsideALargerBuffer() {
        var line = line(200, "{\"ü\":1}").getBytes(UTF_8);
        var buffer = Arrays.copyOf(line, line.length + 100);
        Arrays.fill(buffer, line.length, buffer.length, (byte) '}');

        assertThat(OpenAiResultLine.read(1, buffer, line.length))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(answered.body()).asString(UTF_8).isEqualTo("{\"ü\":1}"));
    }

    @Test
    void bodiesMayBeDeepAndNumbersLong() {
        var deep = "{\"x\":" + "[".repeat(5_000) + "]".repeat(5_000) + ",\"n\":" + "7".repeat(100_000) + "}";

        assertThat(read(line(200, deep)))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(answered.body()).asString(UTF_8).isEqualTo(deep));
        assertThat(read(line(200, "[".repeat(1_000_000)))).isInstanceOf(Corrupt.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"prompt_tokens":22,"completion_tokens":2,"total_tokens":24}                                                | 22 | 0 | 0 | 2
            {"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens":1} | 9 | 4 | 3 | 1
            {"input_tokens":7,"input_tokens_details":{"cached_tokens":5,"x":{}},"output_tokens":6,"total_tokens":13}     | 7 | 5 | 0 | 6
            {"prompt_tokens":8,"total_tokens":8}                                                                        | 8 | 0 | 0 | 0
            {"prompt_tokens":8,"prompt_tokens_details":null,"completion_tokens":1e400}                                  | 8 | 0 | 0 | 0
            {"output_tokens":3,"input_tokens":-5,"input_tokens_details":[{"cached_tokens":5}]}                          | 0 | 0 | 0 | 3
            """)
    void usageOfEveryFamily(String usage, long input, long cached, long cacheWrite, long output) {
        assertThat(read(line(200, "{\"choices\":[{\"usage\":{\"prompt_tokens\":1}}],\"usage\":%s}".formatted(usage))))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered ->
                                assertThat(answered.usage()).isEqualTo(new Usage(input, cached, cacheWrite, output)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"total_tokens\":5}", "[]", "{\"prompt_tokens\":99999999999999999999}"})
    void whatHasNoTokensIsNoUsage(String usage) {
        assertThat(read(line(200, "{\"usage\":%s}".formatted(usage))))
                .isInstanceOfSatisfying(
                        Answered.class, answered -> assertThat(answered.usage()).isNull());
    }

    @ParameterizedTest
    @CsvSource({
        "400,true",
        "401,true",
        "404,true",
        "422,true",
        "408,false",
        "409,false",
        "429,false",
        "500,false",
        "503,false",
        "302,false"
    })
    void anExecutedLineThatFailedHasAnErrorAndABody(int status, boolean permanent) {
        var body = "{\"error\":{\"message\":\"No ü.\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}}";

        assertThat(read(line(status, body))).isInstanceOfSatisfying(Answered.class, answered -> {
            assertThat(answered.error()).isEqualTo(new LineError("c", "No ü.", permanent));
            assertThat(answered.body()).asString(UTF_8).isEqualTo(body);
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"error":{"type":"t","code":null}} | t        | HTTP 400
            {"error":"just text"}              | http_400 | just text
            {"error":null}                     | http_400 | HTTP 400
            "bad gateway"                      | http_400 | HTTP 400
            null                               | http_400 | HTTP 400
            """)
    void anErrorOfAnyShapeIsNamed(String body, String code, String message) {
        assertThat(read(line(400, body)))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(answered.error()).isEqualTo(new LineError(code, message, true)));
    }

    @Test
    void aLongMessageIsCutBetweenCharacters() {
        var message = "x".repeat(1_999) + "🎈".repeat(10);

        assertThat(read(line(400, "{\"error\":{\"message\":\"%s\"}}".formatted(message))))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(error(answered).message()).isEqualTo("x".repeat(1_999)));
    }

    @ParameterizedTest
    @CsvSource({
        "batch_expired,EXPIRED",
        "batch_cancelled,CANCELLED",
        "request_timeout,OTHER",
        "never_heard_of,OTHER",
    })
    void aLineWithoutAResponseWasNotExecuted(String code, Cause cause) {
        assertThat(read("""
                {"id":"b","custom_id":"a","response":null,"error":{"code":"%s","message":"Why."}}""".formatted(code)))
                .isEqualTo(new NotExecuted("a", cause, new LineError(code, "Why.", false)));
        assertThat(read("{\"custom_id\":\"a\",\"error\":{\"code\":\"%s\"}}".formatted(code)))
                .isEqualTo(new NotExecuted("a", cause, new LineError(code, code, false)));
    }

    @Test
    void aResponseDecidesEvenBesideAnError() {
        assertThat(read("""
                {"custom_id":"a","error":{"code":"x"},"response":{"status_code":201,"body":{}}}"""))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(answered.succeeded()).isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "[]",
                "5",
                "null",
                "{}",
                "{\"custom_id\":\"a\"",
                "{\"custom_id\":\"a\"}",
                "{\"custom_id\":\"a\",\"response\":null,\"error\":null}",
                "{\"custom_id\":\"a\",\"response\":[]}",
                "{\"custom_id\":\"a\",\"response\":{\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":\"ok\",\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":1e400,\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":4294967496,\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":null}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{]}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{}}} {}",
                "{\"custom_id\":\"a\",\"custom_id\":\"b\",\"response\":{\"status_code\":200,\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"status_code\":500,\"body\":{}}}",
                "{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{},\"body\":{}}}",
                "{\"custom_id\":5,\"response\":{\"status_code\":200,\"body\":{}}}",
                "{\"custom_id\":\"\",\"response\":{\"status_code\":200,\"body\":{}}}",
                "{\"response\":{\"status_code\":200,\"body\":{}}}"
            })
    void whatCannotBeReadIsCorruptAndSaysNothingOfIt(String line) {
        assertThat(read(line)).isInstanceOfSatisfying(Corrupt.class, corrupt -> {
            assertThat(corrupt.lineNumber()).isEqualTo(7);
            assertThat(corrupt.reason()).matches("[a-zA-Z_ 0-9-]{5,40}");
        });
    }

    @Test
    void otherEncodingsAreCorrupt() {
        var utf16 = line(200, "{\"a\":1}").getBytes(UTF_16LE);
        var latin = line(200, "{\"a\":\"?\"}").getBytes(UTF_8);
        latin[new String(latin, UTF_8).indexOf('?')] = (byte) 0xfc;

        assertThat(OpenAiResultLine.read(1, utf16, utf16.length)).isInstanceOf(Corrupt.class);
        assertThat(OpenAiResultLine.read(1, latin, latin.length)).isInstanceOf(Corrupt.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xc0_af, 0xed_a0_80, 0xf4_90_80_80, 0xe2_82})
    void aBodyThatIsNoUtf8IsCorruptEvenWhereAParserWouldSkipIt(int bytes) throws IOException {
        var line = new ByteArrayOutputStream();
        line.write("{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{\"x\":\"".getBytes(UTF_8));
        for (var shift = 24; shift >= 0; shift -= 8) {
            if (bytes >>> shift != 0) {
                line.write(bytes >>> shift);
            }
        }
        line.write("\"}}}".getBytes(UTF_8));

        assertThat(OpenAiResultLine.read(1, line.toByteArray(), line.size())).isInstanceOf(Corrupt.class);
    }

    @Test
    void anEndlessMessageCostsTheMessageNotTheLine() {
        var endless = "x".repeat(9 << 20);

        assertThat(read(line(400, "{\"error\":{\"code\":\"c\",\"message\":\"%s\"}}".formatted(endless))))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered ->
                                assertThat(answered.error()).isEqualTo(new LineError("http_400", "HTTP 400", true)));
        assertThat(read("{\"custom_id\":\"a\",\"error\":{\"message\":\"%s\"}}".formatted(endless)))
                .isInstanceOf(NotExecuted.class);
        assertThat(read("{\"custom_id\":\"%s\",\"error\":{}}".formatted(endless)))
                .isInstanceOf(Corrupt.class);
    }

    @Test
    void aBodyMayBeOneLongText() {
        var text = "\"" + "\\\"\\\\ü".repeat(3 << 20) + "\"";

        assertThat(read(line(200, text)))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(Arrays.equals(answered.body(), text.getBytes(UTF_8)))
                                .isTrue());
    }

    @Test
    void keysMayBeLongAndTokensBeyondReason() {
        var body = "{\"%s\":1,\"usage\":{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":5}}"
                .formatted("k".repeat(100_000));

        assertThat(read(line(200, body)))
                .isInstanceOfSatisfying(
                        Answered.class, answered -> assertThat(answered.usage()).isEqualTo(new Usage(0, 0, 0, 5)));
    }

    @Test
    void noDamageGetsOutAsAnException() {
        var seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var whole = line(200, "{\"a\":[1.5,\"ü\\u00e4\"],\"usage\":{\"prompt_tokens\":5},\"error\":null}")
                .getBytes(UTF_8);
        for (var round = 0; round < 20_000; round++) {
            var damaged = whole.clone();
            for (var i = 0; i < 1 + round % 4; i++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            var length = random.nextInt(damaged.length + 1);
            assertThat(OpenAiResultLine.read(1, damaged, length))
                    .as("seed %d, round %d", seed, round)
                    .isNotNull();
        }
    }

    private static LineError error(Answered answered) {
        return Objects.requireNonNull(answered.error());
    }

    private static String line(int status, String body) {
        return "{\"id\":\"b\",\"custom_id\":\"a\",\"response\":{\"status_code\":%d,\"request_id\":\"r\",\"body\":%s},\"error\":null}"
                .formatted(status, body);
    }

    private static ResultLine read(String line) {
        var bytes = line.getBytes(UTF_8);
        return OpenAiResultLine.read(7, bytes, bytes.length);
    }
}

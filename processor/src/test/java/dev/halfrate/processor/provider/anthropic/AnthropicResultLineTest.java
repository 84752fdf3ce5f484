package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Cause;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultLine.LineError;
import dev.halfrate.processor.provider.ResultLine.NotExecuted;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnthropicResultLineTest {
    private static final String MESSAGE = """
            {"id": "msg_1", "content": [{"type":"text","text":"Grüße \\u2026","usage":{"input_tokens":9}}], "n": 1.10,\
            "error": {"type":"x"},\
             "usage": {"input_tokens":16,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,\
            "cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":0},"output_tokens":3,\
            "server_tool_use":null,"service_tier":"batch"}}""";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":%s}}",
                "{\"result\": {\"message\": %s , \"new\":[{}], \"type\":\"succeeded\"}, \"custom_id\":\"a\"}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"error\":null,\"message\":%s},\"x\":{}}\r"
            })
    void aMessageIsCutOutAsItStandsAndItsCachedTokensAreInput(String form) {
        assertThat(read(form.formatted(MESSAGE))).isInstanceOfSatisfying(Answered.class, answered -> {
            assertThat(answered.upstreamId()).isEqualTo("a");
            assertThat(answered.succeeded()).isTrue();
            assertThat(answered.httpStatus()).isEqualTo(200);
            assertThat(new String(answered.body(), UTF_8)).isEqualTo(MESSAGE);
            assertThat(answered.usage()).isEqualTo(new Usage(28, 7, 5, 3));
        });
    }

    @ParameterizedTest
    @CsvSource({
        "invalid_request_error,400,true",
        "authentication_error,401,true",
        "billing_error,402,true",
        "permission_error,403,true",
        "not_found_error,404,true",
        "request_too_large,413,true",
        "conflict_error,409,false",
        "rate_limit_error,429,false",
        "api_error,500,false",
        "timeout_error,504,false",
        "overloaded_error,529,false",
        "brand_new_error,500,false",
    })
    void anErrorIsTheInnerOne(String type, int status, boolean permanent) {
        var error = """
                {"type":"error","error":{"details":{"type":"x"},"type":"%s","message":"Overloaded"},"request_id":null}""".formatted(type);

        assertThat(read("{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":%s}}".formatted(error)))
                .isInstanceOfSatisfying(Answered.class, answered -> {
                    assertThat(answered.error()).isEqualTo(new LineError(type, "Overloaded", permanent));
                    assertThat(answered.httpStatus()).isEqualTo(status);
                    assertThat(new String(answered.body(), UTF_8)).isEqualTo(error);
                    assertThat(answered.usage()).isNull();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"error\":null", ",\"error\":7", ",\"error\":{\"error\":null}", ",\"error\":[]"})
    void anErrorThatSaysNothingMayBeTriedAgain(String error) {
        assertThat(read("{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\"%s}}".formatted(error)))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answered -> assertThat(answered.error()).isEqualTo(new LineError("unknown", "unknown", false)));
    }

    @ParameterizedTest
    @CsvSource({"canceled,CANCELLED", "expired,EXPIRED"})
    void whatWasNotExecutedSaysWhy(String type, Cause cause) {
        assertThat(read("{\"custom_id\":\"a\",\"result\":{\"type\":\"%s\"}}".formatted(type)))
                .isInstanceOfSatisfying(NotExecuted.class, line -> {
                    assertThat(line.cause()).isEqualTo(cause);
                    assertThat(line.error().code()).isEqualTo(type);
                    assertThat(line.error().permanent()).isFalse();
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"custom_id\":\"a\"}",
                "{\"custom_id\":\"a\",\"result\":null}",
                "{\"custom_id\":\"a\",\"result\":{}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\"}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":null}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"paused\"}}",
                "{\"custom_id\":\"\",\"result\":{\"type\":\"expired\"}}",
                "{\"custom_id\":7,\"result\":{\"type\":\"expired\"}}",
                "{\"result\":{\"type\":\"expired\"}}",
                "{\"custom_id\":\"a\",\"custom_id\":\"b\",\"result\":{\"type\":\"expired\"}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"},\"result\":{\"type\":\"canceled\"}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\",\"type\":\"succeeded\"}}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}} {}",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}"
            })
    void anOddLineIsCorrupt(String line) {
        assertThat(read(line)).isInstanceOf(Corrupt.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "{}", "{\"input_tokens\":\"5\"}", "{\"cache_read_input_tokens\":5}"})
    void aUsageThatSaysNothingIsNone(String usage) {
        assertThat(read("{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"usage\":%s}}}"
                        .formatted(usage)))
                .isInstanceOfSatisfying(
                        Answered.class, answered -> assertThat(answered.usage()).isNull());
    }

    @Test
    void noDamageThrows() {
        var line = "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":%s}}"
                .formatted(MESSAGE)
                .getBytes(UTF_8);
        for (var seed = 0; seed < 5_000; seed++) {
            var random = new SplittableRandom(seed);
            var damaged = line.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();

            assertThat(AnthropicResultLine.read(1, damaged, 1 + random.nextInt(damaged.length)))
                    .as("seed %d", seed)
                    .isNotNull();
        }
    }

    private static ResultLine read(String line) {
        var bytes = line.getBytes(UTF_8);
        return AnthropicResultLine.read(7, bytes, bytes.length);
    }
}

package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultCodecTest {
    private static final Instant REQUESTED = Instant.parse("2026-11-21T20:15:30.120Z");

    @Test
    void resultOfABatchIsWrittenFieldByField() {
        var json = new String(ResultCodec.encode(succeeded("{ \"id\" : \"x\" }")), UTF_8);

        assertThat(json).isEqualTo("""
                        {"custom_id":"a-1","status":"succeeded","provider":"openai","account":"main","model":"gpt-4o-mini",\
                        "tag":"team-a","http_status":200,"response":{ "id" : "x" },"response_parts":null,"output_text":"a\\u00fc","output_json":null,"error":null,\
                        "usage":{"input_tokens":10,"cached_input_tokens":2,"cache_write_tokens":1,"hour_cache_write_tokens":0,"output_tokens":5},\
                        "cost":{"usd":0.00015,"synchronous_usd":0.0003,"uncached_usd":0.00016},"retried_usd":0.00002,"metadata":{"b":null,"ü":"1"},\
                        "batch_id":"b-1","remote_batch_id":"batch_1","attempts":1,\
                        "requested_at":"2026-11-21T20:15:30.120Z","created_at":"2026-11-21T20:16:30.120Z",\
                        "ended_at":"2026-11-21T20:17:30.120Z","published_at":"2026-11-21T20:18:30.120Z"}""");
    }

    @Test
    void resultThatNeverGotFarHasNullsInsteadOfEmptyTexts() {
        var json = new String(ResultCodec.encode(rejected()), UTF_8);

        assertThat(json).isEqualTo("""
                        {"custom_id":"ä\\"1","status":"rejected","provider":null,"account":null,"model":null,\
                        "tag":null,"http_status":null,"response":null,"response_parts":null,"output_text":null,"output_json":null,\
                        "error":{"code":"body_type","message":"body must be a JSON object","permanent":true},\
                        "usage":null,"cost":null,"retried_usd":0,"metadata":{},"batch_id":null,"remote_batch_id":null,"attempts":0,\
                        "requested_at":"2026-11-21T20:15:30.120Z","created_at":null,"ended_at":null,\
                        "published_at":"2026-11-21T20:15:31.000Z"}""");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"b\":1.0,\"b\":1.00,\"a\":\"\\u00e4 ä 🦆 \\/\"}",
                " { \"x\" : [ ] }",
                "[1,  2]",
                "\"a text\"",
                "1e5",
                "{\"error\":{\"code\":\"x\"},\"custom_id\":\"not mine\"}"
            })
    void vendorsBodyComesOutByteForByte(String body) {
        var decoded = ResultCodec.decode(ResultCodec.encode(succeeded(body)), null);

        assertThat(decoded.customId()).isEqualTo("a-1");
        assertThat(new String(bodyOf(decoded), UTF_8)).isEqualTo(body.strip());
        assertThat(new String(ResultCodec.encode(succeeded(body)), UTF_8)).contains("\"response\":" + body + ",");
    }

    @Test
    void everythingComesBack() {
        for (var result : new Result[] {succeeded("{}"), rejected()}) {
            var sent = FeedWriter.JSON.toRecord("llm.results", result);
            var received = new ConsumerRecord<>(sent.topic(), 0, 0, sent.key(), sent.value());
            sent.headers().forEach(received.headers()::add);

            var decoded = ResultCodec.fromRecord(received);

            assertThat(new String(sent.key(), UTF_8)).isEqualTo(result.customId());
            assertThat(decoded).usingRecursiveComparison().isEqualTo(result);
        }
    }

    @Test
    void outputThatIsJsonStandsThereAsJson() {
        var result = with(new Result.Output(true, "{\"a\": [1.50]}".getBytes(UTF_8)), Map.of());

        var json = ResultCodec.encode(result);

        assertThat(new String(json, UTF_8)).contains("\"output_text\":null,\"output_json\":{\"a\": [1.50]},");
        assertThat(ResultCodec.decode(json, null)).usingRecursiveComparison().isEqualTo(result);
    }

    @Test
    void echoedHeadersAreHeaders() {
        var sent = FeedWriter.JSON.toRecord("t", with(null, Map.of("x-tenant", "blü", "a", "")));

        assertThat(sent.headers())
                .extracting(header -> header.key() + "=" + new String(header.value(), UTF_8))
                .containsExactly("a=", "x-tenant=blü");
    }

    @Test
    void aBodyInPartsIsNamedInsteadOfQuoted() {
        var result = succeeded("{}")
                .in(new Result.ResponseParts("llm.results.parts", 3, List.of(70L, 72L), 999_999, "ab12"));

        var json = ResultCodec.encode(result);

        assertThat(new String(json, UTF_8)).contains("""
                "response":null,"response_parts":{"topic":"llm.results.parts","partition":3,"offsets":[70,72],\
                "bytes":999999,"sha256":"ab12"},"output_text":"a\\u00fc",""");
        assertThat(ResultCodec.decode(json, "00-1-2-01"))
                .usingRecursiveComparison()
                .isEqualTo(result);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "a\udf88b", "\ud83c"})
    void halfAPairInAVendorsMessageKeepsNoResultBack(String message) {
        var result = new Result(
                new Result.Request("a-1", REQUESTED, null),
                Result.Status.FAILED,
                "openai",
                "main",
                "m",
                400,
                null,
                null,
                new Result.Failure("c" + message, message, true),
                null,
                "",
                "",
                0,
                null,
                null,
                REQUESTED,
                null,
                null);

        assertThat(Objects.requireNonNull(ResultCodec.decode(ResultCodec.encode(result), null)
                                .failure())
                        .message())
                .isEqualTo(message.replaceAll("[\ud800-\udfff]", "?"));
    }

    @Test
    void fieldsOfALaterReleaseDoNoHarm() {
        var json = new String(ResultCodec.encode(rejected()), UTF_8).replaceFirst("\\{", "{\"later\":{\"x\":[1]},");

        assertThat(ResultCodec.decode(json.getBytes(UTF_8), null).status()).isEqualTo(Result.Status.REJECTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "[]",
                "{}",
                "{\"custom_id\":\"secret\"}",
                "{\"custom_id\":\"secret\",\"status\":\"secret\"}",
                "{\"custom_id\":[\"secret\"],\"status\":\"failed\"}",
                "{\"custom_id\":\"a\",\"status\":\"failed\",\"requested_at\":\"secret\"}",
                "{\"custom_id\":\"a\",\"status\":\"failed\",\"attempts\":99999999999}"
            })
    void whatIsNoResultIsRefusedWithoutQuotingIt(String json) {
        assertThatThrownBy(() -> ResultCodec.decode(json.getBytes(UTF_8), null))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageNotContaining("secret");
    }

    private static byte[] bodyOf(Result result) {
        return Objects.requireNonNull(result.body());
    }

    private static Result succeeded(String body) {
        return new Result(
                new Result.Request(
                        "a-1",
                        "team-a",
                        REQUESTED,
                        "00-1-2-01",
                        Map.of(),
                        Map.of("ü", "1", "b", ""),
                        "",
                        new Usd(20_000_000)),
                Result.Status.SUCCEEDED,
                "openai",
                "main",
                "gpt-4o-mini",
                200,
                body.getBytes(UTF_8),
                new Result.Output(false, "\"a\\u00fc\"".getBytes(UTF_8)),
                null,
                new Usage(10, 2, 1, 5),
                "b-1",
                "batch_1",
                1,
                REQUESTED.plusSeconds(60),
                REQUESTED.plusSeconds(120),
                REQUESTED.plusSeconds(180),
                null,
                new Cost(new Usd(150_000_000), new Usd(300_000_000), new Usd(160_000_000)));
    }

    private static Result with(Result.@Nullable Output output, Map<String, String> headers) {
        return new Result(
                new Result.Request("a-1", "", REQUESTED, null, headers, Map.of(), ""),
                Result.Status.SUCCEEDED,
                "openai",
                "main",
                "m",
                200,
                null,
                output,
                null,
                null,
                "b",
                "r",
                1,
                null,
                null,
                REQUESTED,
                null,
                null);
    }

    private static Result rejected() {
        return new Result(
                new Result.Request("ä\"1", REQUESTED, null),
                Result.Status.REJECTED,
                "",
                "",
                "",
                0,
                null,
                null,
                new Result.Failure("body_type", "body must be a JSON object", true),
                null,
                "",
                "",
                0,
                null,
                null,
                Instant.parse("2026-11-21T20:15:31Z"),
                null,
                null);
    }
}

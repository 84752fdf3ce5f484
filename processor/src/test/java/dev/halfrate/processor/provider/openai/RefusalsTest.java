package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.Json;
import dev.halfrate.processor.provider.http.Refusals;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.Reply.Silence;
import java.net.http.HttpHeaders;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalsTest {
    private final Refusals refusals =
            new Refusals(ErrorCodes::kindOf, InstantSource.fixed(Instant.parse("2026-11-22T00:00:00Z")));

    private static Answer answer(int status, String body) {
        return new Answer(
                status, HttpHeaders.of(Map.of("Retry-After", List.of("7")), (_, _) -> true), body.getBytes(UTF_8));
    }

    private static Answer error(int status, @Nullable String type, @Nullable String code) {
        return answer(
                status,
                "{\"error\":{\"message\":\"secret\",\"type\":%s,\"param\":null,\"code\":%s}}"
                        .formatted(quoted(type), quoted(code)));
    }

    private static String quoted(@Nullable String text) {
        return text == null ? "null" : '"' + text + '"';
    }

    private static @Nullable Kind kind(Optional<Refusal> refusal) {
        return refusal.map(Refusal::kind).orElse(null);
    }

    /** Each status with the vendor's envelope and with somebody's page; a dash where nobody knows. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # status, create,      create without, safe call,   safe call without
            400,      BAD_REQUEST, -,              BAD_REQUEST, -
            401,      KEY,         -,              KEY,         -
            402,      CREDIT,      -,              CREDIT,      -
            403,      KEY,         -,              KEY,         -
            404,      NOT_FOUND,   -,              NOT_FOUND,   -
            405,      -,           -,              BAD_REQUEST, -
            408,      -,           -,              -,           -
            409,      -,           -,              BAD_REQUEST, -
            410,      -,           -,              NOT_FOUND,   -
            413,      TOO_LARGE,   TOO_LARGE,      TOO_LARGE,   TOO_LARGE
            415,      -,           -,              BAD_REQUEST, -
            418,      -,           -,              -,           -
            422,      BAD_REQUEST, -,              BAD_REQUEST, -
            429,      RATE,        -,              RATE,        RATE
            500,      -,           -,              -,           -
            502,      -,           -,              -,           -
            503,      -,           -,              UNAVAILABLE, UNAVAILABLE
            504,      -,           -,              -,           -
            529,      UNAVAILABLE, -,              UNAVAILABLE, UNAVAILABLE
            302,      -,           -,              -,           -
            """)
    void aStatusSaysWhatItCan(
            int status,
            @Nullable Kind create,
            @Nullable Kind bareCreate,
            @Nullable Kind safe,
            @Nullable Kind bareSafe) {
        var told = error(status, "some_type", null);
        var bare = answer(status, "<html>somebody's page</html>");

        assertThat(kind(refusals.ofCreate(told))).isEqualTo(create);
        assertThat(kind(refusals.ofCreate(bare))).isEqualTo(bareCreate);
        assertThat(kind(refusals.ofSafeCall(told))).isEqualTo(safe);
        assertThat(kind(refusals.ofSafeCall(bare))).isEqualTo(bareSafe);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # status, type,                  code,                       kind
            400,      invalid_request_error, missing_required_parameter, BAD_REQUEST
            400,      invalid_request_error, invalid_value,              BAD_REQUEST
            400,      invalid_request_error, invalid_type,               BAD_REQUEST
            400,      invalid_request_error, -,                          BAD_REQUEST
            400,      invalid_request_error, never_heard_of,             BAD_REQUEST
            401,      invalid_request_error, invalid_api_key,            KEY
            401,      invalid_request_error, never_heard_of,             KEY
            403,      invalid_request_error, account_deactivated,        KEY
            400,      invalid_request_error, invalid_api_key,            KEY
            400,      billing_hard_limit_reached, -,                     CREDIT
            400,      invalid_request_error, billing_hard_limit_reached, CREDIT
            429,      insufficient_quota,    insufficient_quota,         CREDIT
            429,      insufficient_quota,    -,                          CREDIT
            429,      invalid_request_error, billing_not_active,         CREDIT
            429,      requests,              rate_limit_exceeded,        RATE
            429,      tokens,                rate_limit_exceeded,        RATE
            429,      tokens,                never_heard_of,             RATE
            400,      invalid_request_error, token_limit_exceeded,       QUEUE_FULL
            429,      invalid_request_error, token_limit_exceeded,       QUEUE_FULL
            429,      requests,              batch_limit_exceeded,       QUEUE_FULL
            400,      invalid_request_error, too_many_tasks,             TOO_LARGE
            403,      invalid_request_error, model_not_found,            BAD_REQUEST
            404,      invalid_request_error, model_not_found,            BAD_REQUEST
            """)
    void aCodeWinsOverTheStatus(int status, String type, @Nullable String code, Kind kind) {
        assertThat(kind(refusals.ofCreate(error(status, type, code)))).isEqualTo(kind);
        assertThat(kind(refusals.ofSafeCall(error(status, type, code)))).isEqualTo(kind);
    }

    @Test
    void aFileThatIsTooLargeHasNoCodeOfItsOwn() {
        var answer = answer(400, """
                {"error":{"message":"The batch input file is larger than the 209715200 maximum for the gpt-4o model",\
                "type":"invalid_request_error","param":null,"code":null}}""");

        assertThat(refusals.ofSafeCall(answer))
                .hasValueSatisfying(refusal -> assertThat(refusal.kind()).isEqualTo(Kind.TOO_LARGE));
    }

    @Test
    void aRefusalIsToldInOurWordsAndKeepsTheVendorsWish() {
        var refusal =
                refusals.ofSafeCall(error(429, "requests", "sk-SECRET key")).orElseThrow();

        assertThat(refusal.code()).isEqualTo("requests");
        assertThat(refusal.message()).isEqualTo("HTTP 429 requests");
        assertThat(refusal.retryAfter()).hasSeconds(7);
        assertThat(refusals.ofSafeCall(answer(429, "busy")).orElseThrow().retryAfter())
                .hasSeconds(7);
    }

    @Test
    void onlyACallThatWasNotConnectedIsRefusedBySilence() {
        assertThat(kind(refusals.ofSafeCall(new Silence("no route", false)))).isEqualTo(Kind.UNAVAILABLE);
        assertThat(refusals.ofSafeCall(new Silence("timed out", true))).isEmpty();
    }

    /** What validation says of a batch that failed, as in the vendor's and others' lists. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            # code,                     param,         line, kind,        line told
            invalid_json_line,          -,             3,    BAD_REQUEST, 3
            missing_required_parameter, custom_id,     1,    BAD_REQUEST, 1
            duplicate_custom_id,        custom_id,     2,    BAD_REQUEST, 2
            mismatched_model,           body.model,    2,    BAD_REQUEST, 2
            model_mismatch,             body.model,    2,    BAD_REQUEST, 2
            invalid_url,                url,           2,    BAD_REQUEST, 2
            url_mismatch,               url,           2,    BAD_REQUEST, 2
            model_not_found,            body.model,    1,    BAD_REQUEST, 1
            model_not_found,            body.model,    null, BAD_REQUEST, -
            invalid_request,            body.messages, 4,    BAD_REQUEST, 4
            streaming_unsupported,      body.stream,   5,    BAD_REQUEST, 5
            invalid_request,            file_id,       null, NOT_FOUND,   -
            invalid_request,            input_file_id, null, NOT_FOUND,   -
            token_limit_exceeded,       -,             null, QUEUE_FULL,  -
            batch_limit_exceeded,       -,             null, QUEUE_FULL,  -
            billing_hard_limit_reached, -,             null, CREDIT,      -
            insufficient_quota,         -,             null, CREDIT,      -
            rate_limit_exceeded,        -,             null, RATE,        -
            invalid_api_key,            -,             null, KEY,         -
            too_many_tasks,             -,             null, TOO_LARGE,   -
            empty_file,                 -,             null, BAD_REQUEST, -
            never_heard_of,             -,             null, BAD_REQUEST, -
            never_heard_of,             -,             7,    BAD_REQUEST, 7
            invalid_json_line,          -,             0,    BAD_REQUEST, -
            invalid_json_line,          -,             -3,   BAD_REQUEST, -
            invalid_json_line,          -,             1.5,  BAD_REQUEST, -
            """)
    void anErrorOfValidationActsAtItsLevel(
            String code, @Nullable String param, String line, Kind kind, @Nullable Integer told) {
        var batch = """
                {"id":"batch_1","status":"failed","errors":{"data":[
                 {"code":"%s","message":"secret","param":%s,"line":%s}]}}""".formatted(code, quoted(param), line);

        var errors =
                Batches.parse(Json.object(batch.getBytes(UTF_8))).orElseThrow().errors();

        assertThat(errors).singleElement().satisfies(error -> {
            assertThat(error.kind()).isEqualTo(kind);
            assertThat(error.code()).isEqualTo(code);
            assertThat(error.line()).isEqualTo(told);
            assertThat(error.message()).doesNotContain("secret");
        });
    }

    @Test
    void validationThatFindsTheFileTooLargeHasNoCodeForThatEither() {
        var batch = """
                {"id":"batch_1","status":"failed","errors":{"data":[
                 {"code":null,"message":"The batch input file is larger than the 209,715,200 maximum","line":null}]}}""";

        var errors =
                Batches.parse(Json.object(batch.getBytes(UTF_8))).orElseThrow().errors();

        assertThat(errors)
                .singleElement()
                .satisfies(error -> assertThat(error.kind()).isEqualTo(Kind.TOO_LARGE));
    }
}

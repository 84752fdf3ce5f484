package dev.halfrate.processor.intake;

import static dev.halfrate.processor.intake.Samples.CHAT;
import static dev.halfrate.processor.intake.Samples.NOW;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.schemas.internal.Ref;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which rule a request's result has, and what it repeats. */
class ResultWishesTest {
    private static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: none}
            topics: {requests: [llm.requests, urgent]}
            requests: {echo-headers: [x-tenant, x-shard], echo-metadata: [order, note]}
            accounts:
              - {name: mini, key: {env: K}, models: [gpt-4o-mini*]}
              - {name: rest, key: {env: K}}
            results:
              - {name: asked, topics: [llm.requests], to: llm.asked}
              - {name: named, extract: text}
              - {name: mini-red, accounts: [mini], tags: [red, blue], extract: text}
              - {name: small, models: ["*-mini"], to: llm.small}
            """, Map.of("K", "key"));

    private final RequestSorter sorter = new RequestSorter(
            CONFIG,
            WriterSchemas.NONE,
            Map.of("mini", Samples.VERSIONED, "rest", Samples.VERSIONED),
            new Topics(Map.of("llm.requests", new Uuid(7, 9), "urgent", new Uuid(1, 1)), 8, 1_000_000));

    @ParameterizedTest
    @CsvSource({
        "llm.requests, gpt-4o-mini, '',   '',    asked",
        "urgent,       gpt-4o-mini, '',   '',    small",
        "urgent,       gpt-4o-mini, red,  '',    mini-red",
        "urgent,       gpt-5,       red,  '',    ''",
        "urgent,       gpt-5,       '',   named, named",
        "llm.requests, gpt-5,       '',   small, small",
    })
    void aRequestHasTheRuleThatItNamesOrTheFirstForTheLike(
            String topic, String model, String tag, String wish, String rule) {
        var ref = accepted(with(with(of(topic, line("a", model, "")), Wishes.TAG, tag), Wishes.RESULT, wish));

        assertThat(ref.getResultRule()).isEqualTo(rule);
    }

    @ParameterizedTest
    @CsvSource({"urgent, asked", "llm.requests, none", "urgent, 'a b'"})
    void aRuleThatIsNotToBeHadIsNotIgnored(String topic, String wish) {
        var sorted = sort(with(of(topic, line("a", "gpt-5", "")), Wishes.RESULT, wish));

        assertThat(sorted.answers()).singleElement().satisfies(answer -> {
            assertThat(answer.rejection()).isEqualTo(Rejection.HEADER_INVALID);
            assertThat(String.valueOf(answer.result().failure()))
                    .contains(Wishes.RESULT)
                    .doesNotContain("'" + wish + "'");
        });
    }

    @Test
    void theResultOfARejectedRequestGoesWhereItsOthersGo() {
        var sorted = sort(with(
                of("urgent", "{\"custom_id\":\"a\",\"url\":\"/u\",\"method\":\"POST\",\"body\":1}"), "x-tenant", "t"));
        var late = sort(with(of("llm.requests", line("b", "gpt-4o-mini", "\"stream\":true,")), Wishes.TAG, "red"));

        assertThat(sorted.answers()).singleElement().satisfies(answer -> {
            assertThat(answer.result().request().rule()).isEmpty();
            assertThat(answer.result().request().headers()).isEqualTo(Map.of("x-tenant", "t"));
        });
        assertThat(late.answers()).singleElement().satisfies(answer -> {
            assertThat(answer.result().request().rule()).isEqualTo("asked");
            assertThat(answer.result().tag()).isEqualTo("red");
        });
    }

    @Test
    void whatIsNamedIsRepeatedAndNothingElse() {
        var metadata = "\"metadata\":{\"order\":\"ü\\n1\",\"user\":\"u\",\"note\":{\"order\":\"no\"}},";

        var ref = accepted(with(
                with(with(of("urgent", line("a", "gpt-5", metadata)), "x-tenant", "red ü"), "x-shard", ""),
                "x-other",
                "secret"));

        assertThat(ref.getEcho()).isEqualTo(Map.of("x-tenant", "red ü", "x-shard", ""));
        assertThat(ref.getMetadata()).isEqualTo(Map.of("order", "ü\n1"));
    }

    @ParameterizedTest
    @CsvSource({"512, true", "513, false"})
    void whatIsTooLongToBeRepeatedIsSaidSo(int chars, boolean taken) {
        var byHeader = sort(with(of("urgent", line("a", "gpt-5", "")), "x-tenant", "s".repeat(chars)));
        var byMetadata =
                sort(of("urgent", line("a", "gpt-5", "\"metadata\":{\"order\":\"%s\"},".formatted("s".repeat(chars)))));

        assertThat(List.of(byHeader, byMetadata)).allSatisfy(sorted -> {
            assertThat(sorted.routed()).isEqualTo(taken ? 1 : 0);
            assertThat(sorted.answers()).allSatisfy(answer -> {
                assertThat(answer.rejection()).isEqualTo(Rejection.ECHO_INVALID);
                assertThat(String.valueOf(answer.result().failure())).doesNotContain("sss");
            });
        });
    }

    @Test
    void aHeaderThatIsNoTextCannotBeRepeated() {
        var record = of("urgent", line("a", "gpt-5", ""));
        record.headers().add("x-tenant", new byte[] {(byte) 0xff});

        assertThat(sort(record).answers())
                .singleElement()
                .satisfies(answer -> assertThat(answer.rejection()).isEqualTo(Rejection.ECHO_INVALID));
    }

    private Ref accepted(ConsumerRecord<byte[], byte[]> record) {
        return sort(record).chunks().getFirst().getRefs().getFirst();
    }

    private Sorted sort(ConsumerRecord<byte[], byte[]> record) {
        return sorter.sort(List.of(record), NOW);
    }

    private static String line(String customId, String model, String more) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":{%s\"model\":\"%s\"}}"
                .formatted(customId, CHAT, more, model);
    }

    private static ConsumerRecord<byte[], byte[]> of(String topic, String value) {
        return Samples.at(topic, 0, value.getBytes(UTF_8), NOW.toEpochMilli());
    }

    private static ConsumerRecord<byte[], byte[]> with(
            ConsumerRecord<byte[], byte[]> record, String header, String value) {
        record.headers().add(header, value.getBytes(UTF_8));
        return record;
    }
}

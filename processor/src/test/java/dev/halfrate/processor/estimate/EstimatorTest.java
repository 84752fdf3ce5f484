package dev.halfrate.processor.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.call.CallException;
import dev.halfrate.processor.call.RequestFile;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Rates;
import dev.halfrate.processor.money.Usd;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EstimatorTest {
    /** A dollar, for each token; cached a tenth of it in a batch; written to a cache two. */
    private static final Price PRICE = new Price(
            LocalDate.parse("2026-01-01"),
            "test",
            false,
            rates("1", "0.1", "2", "4"),
            rates("2", "0.2", "4", "8"),
            null);

    @TempDir
    Path dir;

    private static Rates rates(String input, String cached, String written, String output) {
        return new Rates(usd(input), usd(cached), usd(written), usd(written), usd(output));
    }

    private static Usd usd(String dollars) {
        return Usd.of(new BigDecimal(dollars));
    }

    private List<Estimate> estimate(String... lines) throws IOException {
        var file = Files.write(dir.resolve("requests.jsonl"), List.of(lines));
        return new Estimator()
                .read(new RequestFile(file, Set.of("/v1/chat/completions", "/v1/embeddings", "/v1/messages"), 1 << 20));
    }

    private static String chat(int id, String model, String rest) {
        return """
                {"custom_id": "%d", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "%s", %s}}""".formatted(id, model, rest);
    }

    private static String said(String system, String user) {
        return """
                "messages": [{"role": "system", "content": "%s"}, {"role": "user", "content": [{"type": "text", "text": "%s"}]}]""".formatted(system, user);
    }

    @Test
    void openAisTokensAreCountedByItsTokenizer() throws IOException {
        // "hello world" has two tokens in o200k_base and in cl100k_base, the line feed behind it one more.
        var chat = estimate(chat(1, "gpt-4o-mini", said("hello world", "hello world")))
                .getFirst();
        var embedding = estimate("""
                {"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":["hello world","hello world"]}}""").getFirst();

        assertThat(chat.exact()).isTrue();
        assertThat(chat.inputTokens()).isEqualTo(2 * (2 + 1 + 4));
        assertThat(embedding.inputTokens()).isEqualTo(6);
    }

    @Test
    void othersAreTakenByTheirBytes() throws IOException {
        var estimate = estimate("""
                {"custom_id":"1","params":{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"0123456789012"}]}}""").getFirst();

        assertThat(estimate.exact()).isFalse();
        assertThat(estimate.inputTokens()).isEqualTo(4 + 4);
        assertThat(estimate.outputTokensMax()).hasValue(10);
    }

    @Test
    void everyModelIsSummedUpForItself() throws IOException {
        var estimates = estimate(
                chat(1, "gpt-4o", said("a", "b")),
                chat(2, "gpt-4o-mini", said("a", "b")),
                chat(3, "gpt-4o", said("a", "b")));

        assertThat(estimates).extracting(Estimate::model).containsExactly("gpt-4o", "gpt-4o-mini");
        assertThat(estimates).extracting(Estimate::requests).containsExactly(2, 1);
    }

    @Test
    void outputIsWhatIsExpectedButNoMoreThanIsAllowed() throws IOException {
        var estimate = estimate(
                        chat(1, "gpt-4o", said("a", "b") + ", \"max_tokens\": 10"),
                        chat(2, "gpt-4o", said("a", "b") + ", \"max_completion_tokens\": 1000"))
                .getFirst();

        assertThat(estimate.outputTokensMax()).hasValue(1_010);
        assertThat(estimate.outputTokens(OptionalLong.empty())).isEqualTo(1_010);
        assertThat(estimate.outputTokens(OptionalLong.of(100))).isEqualTo(110);
    }

    @Test
    void withoutALimitThereIsNoMost() throws IOException {
        var estimate = estimate(chat(1, "gpt-4o", said("a", "b"))).getFirst();

        assertThat(estimate.outputTokensMax()).isEmpty();
        assertThat(estimate.outputTokens(OptionalLong.of(7))).isEqualTo(7);
    }

    @Test
    void prefixesThatComeAgainAreReadFromACacheAtBest() throws IOException {
        var shared = "word ".repeat(2_000);
        var estimate = estimate(
                        chat(1, "gpt-4o", said(shared, "one")),
                        chat(2, "gpt-4o", said(shared, "two")),
                        chat(3, "gpt-4o", said("alone " + shared, "three")))
                .getFirst();
        var prefix = estimate.repeatedTokens();
        var saved = estimate.cost(PRICE, OptionalLong.empty())
                .paid()
                .minus(estimate.cachedCost(PRICE, OptionalLong.empty()).paid());

        assertThat(prefix).isBetween(1_990L, 2_010L);
        // Written once for a dollar more, read once for 90 cents less; the third is not written at all.
        assertThat(saved).isEqualTo(usd("0.9").minus(usd("1")).times(prefix));
    }

    @Test
    void shortPrefixesAreNotCached() throws IOException {
        var estimate = estimate(chat(1, "gpt-4o", said("short", "a")), chat(2, "gpt-4o", said("short", "b")))
                .getFirst();

        assertThat(estimate.repeatedTokens()).isZero();
        assertThat(estimate.cachedCost(PRICE, OptionalLong.of(3))).isEqualTo(estimate.cost(PRICE, OptionalLong.of(3)));
        assertThat(estimate.cost(PRICE, OptionalLong.of(3)))
                .isEqualTo(new Cost(usd("24"), usd("48"), usd("24"))
                        .plus(new Cost(
                                usd("1").times(estimate.inputTokens()),
                                usd("2").times(estimate.inputTokens()),
                                usd("1").times(estimate.inputTokens()))));
    }

    @Test
    void eachOfSeveralAnswersHasItsTokens() throws IOException {
        var estimate = estimate(chat(1, "gpt-4o", said("a", "b") + ", \"max_tokens\": 10, \"n\": 5"))
                .getFirst();

        assertThat(estimate.outputTokensMax()).hasValue(50);
        assertThat(estimate.outputTokens(OptionalLong.of(3))).isEqualTo(15);
    }

    @Test
    void promptsOfTokensHaveThose() throws IOException {
        var estimate = estimate("""
                {"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":[[1,2,3],[4]]}}""").getFirst();

        assertThat(estimate.inputTokens()).isEqualTo(4);
    }

    @Test
    void namesOfToolsAndSchemasCountToo() throws IOException {
        var tool = """
                , "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]""";
        var with = estimate(chat(1, "gpt-4o", said("a", "b") + tool)).getFirst();
        var without = estimate(chat(1, "gpt-4o", said("a", "b"))).getFirst();

        assertThat(with.inputTokens() - without.inputTokens()).isBetween(20L, 60L);
    }

    @Test
    void picturesAreToldOfAndNotCounted() throws IOException {
        var estimate = estimate(chat(1, "gpt-4o", """
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]""")).getFirst();

        assertThat(estimate.uncounted()).isOne();
        assertThat(estimate.inputTokens()).isEqualTo(4);
    }

    @Test
    void whatIsNoRequestIsNamed() {
        assertThatThrownBy(() -> estimate(chat(1, "gpt-4o", said("a", "b")), "{}"))
                .isInstanceOf(CallException.class)
                .hasMessageContaining("line 2");
    }
}

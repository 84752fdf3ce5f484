package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceConfigTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("K", "key", "PASSWORD", "hunter2");
    private static final String GOOD = """
            - name: sentiments
              topic: reviews
              custom-id: "{{ value.id }}"
              url: /v1/chat/completions
              body: {model: gpt-5-mini, temperature: 0.2, messages: [{role: user, content: a secret prompt}]}
            """;

    @Test
    void whatIsMissingHasDefaults() {
        var source = parse(GOOD).sources().getFirst();

        assertThat(source.to()).isEqualTo("llm.requests");
        assertThat(source.when() + source.account() + source.mode() + source.tag() + source.deadline())
                .isEmpty();
        assertThat(source.deserializer()).isEmpty();
        assertThat(source.body().tree().at("/messages/0/content").asText()).isEqualTo("a secret prompt");
    }

    @Test
    void promptsAndPasswordsAreNotInTheLog() {
        var config =
                parse(GOOD + "  deserializer: a.B\n  deserializer-properties: {password: {env: PASSWORD}, a: open}\n");

        assertThat(config.describe())
                .contains("sources[0].body: model gpt-5-mini, temperature, messages")
                .contains("sources[0].deserializer-properties.password: ***")
                .noneMatch(line -> line.contains("secret prompt") || line.contains("hunter2"));
        assertThat(config.sources().toString()).doesNotContain("secret prompt").doesNotContain("hunter2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "topic: reviews;topic: llm.requests;sources.topic must be none of Halfrate's own topics",
                "topic: reviews;topic: llm.results;sources.topic must be none of Halfrate's own topics",
                "topic: reviews;topic: a b;sources.topic must match",
                "topic: reviews;topc: reviews;sources[0].topic is missing",
                "url: /v1;to: other, url: /v1;sources.to must be one of topics.requests (llm.requests), got 'other'",
                "url: /v1;whem: x, url: /v1;sources[0].whem is no key of the configuration, did you mean sources[0].when?",
                "url: /v1;mode: slow, url: /v1;sources.mode must be one of: batch, sync, auto, or a template, got 'slow'",
                "url: /v1;account: other, url: /v1;sources.account must be the name of an account that takes topic llm.requests",
                "url: /v1;deserializer-properties: {a: b}, url: /v1;sources.deserializer-properties must be left out",
                "model: gpt-5-mini, ;;sources.body.model must be a text",
                "model: gpt-5-mini;model: 5;sources.body.model must be a text",
                "body: {;boddy: {;sources[0].body is missing",
                "name: sentiments;name: Sentiments;sources.name must match",
                "custom-id;custom_id;sources[0].custom-id is missing",
                "/v1/chat/completions;/v1/messages;sources.body.max_tokens must be there, as /v1/messages requires it",
            })
    void whatCannotBeMeantIsRefused(String text, String instead, String message) {
        var flow = "{name: sentiments, topic: reviews, custom-id: '{{ value.id }}', url: /v1/chat/completions, "
                + "body: {model: gpt-5-mini, messages: []}}";
        var broken = flow.replace(text, instead == null ? "" : instead);
        assertThat(broken).isNotEqualTo(flow);

        assertThatThrownBy(() -> parse("- " + broken))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void namesAreUnique() {
        assertThatThrownBy(() -> parse(GOOD + GOOD)).hasMessage("sources.name must be unique, got 'sentiments' twice");
    }

    @Test
    void sourcesAloneNeedNoAccounts() throws Exception {
        var file = Files.createTempFile("sources", ".yaml");
        try {
            Files.writeString(file, "topics: {requests: [a, b]}\nsources:\n" + GOOD);

            assertThat(ConfigFile.loadSources(file).sources())
                    .singleElement()
                    .extracting(SourceConfig::to)
                    .isEqualTo("a");
        } finally {
            Files.delete(file);
        }
    }

    private static HalfrateConfig parse(String sources) {
        return ConfigFile.parse(
                "kafka: {bootstrap.servers: none}\naccounts: [{name: main, key: {env: K}}]\nsources:\n" + sources,
                ENVIRONMENT);
    }
}

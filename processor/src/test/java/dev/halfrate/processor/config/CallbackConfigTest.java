package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallbackConfigTest {
    private static final String SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "KEY",
            "sk",
            "SECRET",
            SECRET,
            "PLAIN",
            "no secret",
            "SHORT",
            "whsec_c2hvcnQ=",
            "HOOK",
            "https://hooks.example.com/T0/CANARY");

    private static HalfrateConfig parse(String callbacks) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: KEY}}]
                callbacks: [%s]
                """.formatted(callbacks), ENVIRONMENT);
    }

    private static HalfrateConfig withUrl(String url) {
        return parse("{name: team, url: '%s', secrets: [{env: SECRET}]}".formatted(url));
    }

    private static HalfrateConfig with(String more) {
        return parse("{name: team, url: 'https://hooks.example.com/', secrets: [{env: SECRET}], %s}".formatted(more));
    }

    @Test
    void whatIsMissingHasDefaults() {
        var callback = withUrl("https://hooks.example.com/halfrate").callbacks().getFirst();

        assertThat(callback)
                .usingRecursiveComparison()
                .isEqualTo(new CallbackConfig(
                        "team",
                        CallbackUrl.parse("https://hooks.example.com/halfrate"),
                        List.of(new Secret(SECRET)),
                        List.of(CallbackConfig.Event.BATCH_SETTLED),
                        List.of("*"),
                        List.of("*"),
                        List.of("*"),
                        Duration.ofSeconds(15),
                        Duration.ofHours(24),
                        4,
                        false,
                        false,
                        false));
    }

    @Test
    void eachEndpointHasAGroupOfItsOwn() {
        var config = with("events: [result]");

        assertThat(config.callbackGroup(config.callbacks().getFirst())).isEqualTo("halfrate-callbacks-team");
    }

    @Test
    void aUrlMayBeASecretAndIsNeverShownWhole() {
        var config = parse("{name: team, url: {env: HOOK}, secrets: [{env: SECRET}]}");

        assertThat(config.callbacks().getFirst().url().target()).isEqualTo("/T0/CANARY");
        assertThat(config.toString())
                .contains("callbacks[0].url: https://hooks.example.com/***", "callbacks[0].secrets: ***")
                .doesNotContain("CANARY", "MDEyMzQ1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://hooks.example.com       | hooks.example.com | 443  | hooks.example.com      | /",
                "https://Hooks.Example.com:8443/ | hooks.example.com | 8443 | Hooks.Example.com:8443 | /",
                "https://h/a/b?c=d               | h                 | 443  | h                      | /a/b?c=d",
                "http://localhost/x              | localhost         | 80   | localhost              | /x",
                "https://[2606:4700::1]/         | 2606:4700::1      | 443  | [2606:4700::1]         | /"
            })
    void aUrlIsTakenApart(String text, String host, int port, String authority, String target) {
        var url = withUrl(text).callbacks().getFirst().url();

        assertThat(List.of(url.host(), url.port(), url.authority(), url.target()))
                .containsExactly(host, port, authority, target);
    }

    @ParameterizedTest
    @CsvSource({
        "ftp://h/",
        "hooks.example.com",
        "https:///x",
        "https://user:CANARY@h/",
        "https://h/#CANARY",
        "https://h:99999/",
        "https://h/CANARY x",
        "https://h/ä",
        "http://hooks.example.com/CANARY"
    })
    void otherUrlsAreRefusedUnquoted(String url) {
        assertThatThrownBy(() -> withUrl(url))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("callbacks.url must be ")
                .hasMessageNotContaining("CANARY");
    }

    @Test
    void httpToAnotherMachineHasToBeAllowed() {
        assertThat(parse("{name: a, url: 'http://inside/', plain: true, secrets: [{env: SECRET}]}")
                        .callbacks())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"PLAIN", "SHORT"})
    void aSecretThatIsNoneIsRefusedUnquoted(String name) {
        assertThatThrownBy(() -> parse("{name: a, url: 'https://h/', secrets: [{env: %s}]}".formatted(name)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "callbacks.secrets must be whsec_ and the Base64 of 24..64 random bytes, got something else for a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "events: []            | callbacks.events must be a list of at least one event, got none",
                "events: [settled]     | callbacks[0].events must be of: batch.settled, result; got 'settled'",
                "tags: []              | callbacks.tags must be a list of at least one pattern, got none",
                "timeout: 2m           | callbacks.timeout must be 100ms..1m, got 2m",
                "retry-for: 8d         | callbacks.retry-for must be 0s..7d, got 8d",
                "requests-in-flight-max: 65 | callbacks.requests-in-flight-max must be 1..64, got 65",
                "secret: x             | callbacks[0].secret is no key of the configuration, did you mean callbacks[0].secrets?"
            })
    void whatIsAgainstARuleIsRefused(String more, String message) {
        assertThatThrownBy(() -> with(more)).isInstanceOf(ConfigException.class).hasMessage(message);
    }

    @Test
    void namesAreUnique() {
        var one = "{name: a, url: 'https://h/', secrets: [{env: SECRET}]}";

        assertThatThrownBy(() -> parse(one + ", " + one))
                .isInstanceOf(ConfigException.class)
                .hasMessage("callbacks.name must be unique, got 'a' twice");
    }

    @Test
    void whatIsToldMustBeInJsonOrAvro() {
        var told = "{name: a, url: 'https://h/', secrets: [{env: SECRET}], events: [result]}]\n";
        var registry = "schema-registry: {urls: [http://localhost:8081]}\n";

        assertThatThrownBy(() -> parse(told + registry + "formats: {results: com.example.Proto}\nsources: ["))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "formats.results must be json or avro where one of callbacks is told of them, got 'com.example.Proto'");
        assertThat(parse(told + registry + "formats: {results: avro, batches: com.example.Proto}\nsources: [")
                        .callbacks())
                .hasSize(1);
    }
}

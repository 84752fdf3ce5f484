package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.AdminConfig.Role;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminConfigTest {
    private static final String TOKEN = "0123456789012345678901234567CANARY";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("KEY", "sk", "TOKEN", TOKEN, "SHORT", "only-31-bytes-are-not-enough-xx");
    private static final String TOKENS = "tokens: [{name: ops, role: operate, token: {env: TOKEN}}]";

    private static HalfrateConfig parse(String admin) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: KEY}}]
                admin: {%s}
                """.formatted(admin), ENVIRONMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "localhost", "::1"})
    void thisMachineNeedsNoTokens(String host) {
        assertThat(parse("host: '%s'".formatted(host)).admin().isOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.0.0.1", "halfrate.example", "127.0.0.1.example"})
    void otherMachinesComeInWithTokensOnly(String host) {
        assertThatThrownBy(() -> parse("host: '%s'".formatted(host)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "admin.host must be an address that only this machine reaches, such as 127.0.0.1, as long as there are neither admin.tokens nor admin.oidc, got '%s'"
                                .formatted(host));
        assertThat(parse("host: '%s', port: 0".formatted(host)).admin().port()).isZero();
        assertThat(parse("host: '%s', %s".formatted(host, TOKENS)).admin().isOpen())
                .isFalse();
    }

    @Test
    void tokensAreTakenAndHidden() {
        var config = parse(TOKENS + ", advertised: 'pod-1.halfrate:8090'");

        assertThat(config.admin().tokens()).singleElement().satisfies(token -> {
            assertThat(token.name()).isEqualTo("ops");
            assertThat(token.role()).isEqualTo(Role.OPERATE);
            assertThat(token.token().reveal()).isEqualTo(TOKEN);
        });
        assertThat(config.toString()).contains("admin.tokens[0].token: ***").doesNotContain("CANARY");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokens: [{name: a, role: operate, token: {env: SHORT}}] | admin.tokens.token must be at least 32 bytes, got fewer for a",
                "tokens: [{name: a, role: root, token: {env: TOKEN}}] | admin.tokens[0].role must be read or operate; got 'root'",
                "tokens: [{name: a, role: read, token: {env: TOKEN}}, {name: a, role: read, token: {env: TOKEN}}] | admin.tokens.name must be unique, got 'a' twice",
                "tokens: [{name: a, role: read, secret: {env: TOKEN}}] | admin.tokens[0].token must be {env: NAME} or {file: PATH}",
                "oidc: {issuer: 'http://id.example', audience: a} | admin.oidc.issuer must be an https URL without a query, or http of this machine, got 'http://id.example'",
                "oidc: {issuer: 'https://id.example'} | admin.oidc.audience must be there if admin.oidc.issuer is, and only then, got none",
                "port: 65536 | admin.port must be 0..65535, got 65536",
                "advertised: pod | admin.advertised must match (https?://)?[A-Za-z0-9._-]{1,253}:[1-9][0-9]{0,4}, got 'pod'",
                "peers: [\'*\'] | admin.peers must be hosts such as pod-1.pods, *.pods or 10.1.*, got \'*\'",
                "hosts: x | admin.hosts is no key of the configuration, did you mean admin.host?",
            })
    void whatCannotBeMeantIsRefused(String admin, String message) {
        assertThatThrownBy(() -> parse(admin))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void aRoleIncludesWhatLesserOnesMay() {
        assertThat(Role.OPERATE.includes(Role.READ)).isTrue();
        assertThat(Role.READ.includes(Role.OPERATE)).isFalse();
    }
}

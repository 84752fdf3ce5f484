package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegistryConfigTest {
    private static HalfrateConfig parse(String more) {
        return ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: K}}]
                """ + more, Map.of("K", "key", "P", "hidden"));
    }

    @Test
    void everythingCanBeSaid() {
        var config = parse("""
                formats: {results: avro, batches: com.example.Own, serializer-properties: {a: b, c: {env: P}}}
                schema-registry:
                  urls: [https://one:8081, "http://two/registry"]
                  user: me
                  password: {env: P}
                  tls: {ca: ca.pem, certificate: me.pem, key: me.key}
                  timeout: 2s
                  register: false
                  subjects: topic-record
                """);

        var registry = config.schemaRegistry();
        assertThat(registry.urls()).containsExactly(URI.create("https://one:8081"), URI.create("http://two/registry"));
        assertThat(registry.user()).isEqualTo("me");
        assertThat(registry.password().reveal()).isEqualTo("hidden");
        assertThat(registry.tls().key()).isEqualTo("me.key");
        assertThat(registry.timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(registry.register()).isFalse();
        assertThat(registry.subjects().of("t", "r")).isEqualTo("t-r");
        assertThat(config.formats().batches()).isEqualTo("com.example.Own");
        assertThat(config.formats().serializerProperties()).containsOnlyKeys("a", "c");
        assertThat(config.describe())
                .contains("schema-registry.password: ***", "formats.serializer-properties.c: ***")
                .noneMatch(line -> line.contains("hidden"));
    }

    @Test
    void whatDoesNotFitTogetherIsRefusedByItsKey() {
        refused("formats: {results: avro}", "schema-registry.urls");
        refused("formats: {results: xml}", "formats.results");
        refused("formats: {result: avro}", "did you mean formats.results?");
        refused("schema-registry: {urls: 'http://me:secret@one'}", "schema-registry.urls");
        refused("schema-registry: {urls: 'ftp://one'}", "schema-registry.urls");
        refused("schema-registry: {urls: http://one, user: me}", "schema-registry.password");
        refused("schema-registry: {urls: http://one, password: {env: P}}", "schema-registry.password");
        refused("schema-registry: {urls: http://one, user: 'm:e', password: {env: P}}", "schema-registry.user");
        refused(
                "schema-registry: {urls: http://one, user: me, password: {env: P}, token: {env: P}}",
                "schema-registry.token");
        refused("schema-registry: {urls: http://one, password: secret}", "schema-registry.password");
        refused("schema-registry: {urls: http://one, tls: {certificate: c}}", "schema-registry.tls.key");
        refused(
                "schema-registry: {urls: http://one, tls: {certificate: c, key: k, keystore: s}}",
                "schema-registry.tls.keystore");
        refused("schema-registry: {urls: http://one, subjects: name}", "schema-registry.subjects");
        refused("schema-registry: {urls: http://one, timeout: 2m}", "schema-registry.timeout");
    }

    private static void refused(String more, String key) {
        assertThatThrownBy(() -> parse(more))
                .as(more)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key)
                .hasMessageNotContaining("secret@");
    }
}

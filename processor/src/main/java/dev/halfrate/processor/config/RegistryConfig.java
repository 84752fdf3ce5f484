package dev.halfrate.processor.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * The schema registry; none without a URL.
 *
 * @param urls of the same registry; one that does not answer is passed over
 * @param user for basic authentication; empty for none
 * @param token a bearer token; empty for none
 * @param register whether our schemas are registered at start; otherwise they must be there
 */
public record RegistryConfig(
        List<URI> urls,
        String user,
        Secret password,
        Secret token,
        RegistryTlsConfig tls,
        Duration timeout,
        boolean register,
        Subjects subjects) {
    public static final RegistryConfig NONE = new RegistryConfig(
            List.of(),
            "",
            Secret.NONE,
            Secret.NONE,
            RegistryTlsConfig.NONE,
            Duration.ofSeconds(5),
            true,
            Subjects.TOPIC);

    /** How the subject of a schema is called. */
    public enum Subjects {
        TOPIC,
        RECORD,
        TOPIC_RECORD;

        /** @param record the schema's full name */
        public String of(String topic, String record) {
            return switch (this) {
                case TOPIC -> topic + "-value";
                case RECORD -> record;
                case TOPIC_RECORD -> topic + "-" + record;
            };
        }
    }

    public RegistryConfig {
        for (var url : urls) {
            var usable = ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getQuery() == null
                    && url.getFragment() == null;
            // Not quoted: somebody may have put credentials into it.
            Check.that(usable, "schema-registry.urls", "http(s) URLs without credentials", "another one");
        }
        Check.that(
                user.isEmpty() == password.isEmpty(),
                "schema-registry.password",
                "there if and only if there is a user",
                user.isEmpty() ? "no user" : "no password");
        Check.that(
                user.isEmpty() || token.isEmpty(), "schema-registry.token", "left out where there is a user", "both");
        Check.that(
                user.isEmpty() || !user.contains(":"), "schema-registry.user", "without a colon", "one with a colon");
        Check.range("schema-registry.timeout", timeout, Duration.ofMillis(100), Duration.ofMinutes(1));
        urls = List.copyOf(urls);
    }

    /** One of this machine's, open to all. */
    public static RegistryConfig at(URI url) {
        return new RegistryConfig(
                List.of(url),
                NONE.user,
                NONE.password,
                NONE.token,
                NONE.tls,
                NONE.timeout,
                NONE.register,
                NONE.subjects);
    }

    public boolean isThere() {
        return !urls.isEmpty();
    }
}

package dev.halfrate.processor.config;

import java.net.URI;
import java.util.Map;
import java.util.Set;

/**
 * Where spans of requests and batches go.
 *
 * @param endpoint where OTLP over HTTP is taken; empty for nowhere
 * @param headers sent with them; a value may be secret
 * @param sample ratio of requests whose producer did not sample them, 0..1
 * @param customIds whether spans say which request they are of
 */
public record TracingConfig(
        String endpoint, Map<String, Secret> headers, double sample, String serviceName, boolean customIds) {
    public static final TracingConfig OFF = new TracingConfig("", Map.of(), 0, "halfrate", false);

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    public TracingConfig {
        if (!endpoint.isEmpty()) {
            var url = url(endpoint);
            Check.that(
                    headers.isEmpty() || "https".equals(url.getScheme()) || THIS_MACHINE.contains(url.getHost()),
                    "tracing.endpoint",
                    "https, or this machine, where there are tracing.headers",
                    "something else");
        }
        for (var header : headers.entrySet()) {
            Check.matches("tracing.headers", header.getKey(), "[A-Za-z0-9_-]{1,64}");
            Check.that(
                    header.getValue().reveal().matches("[ -~]+"),
                    "tracing.headers." + header.getKey(),
                    "visible ASCII",
                    header.getValue().toString());
        }
        Check.that(sample >= 0 && sample <= 1, "tracing.sample", "0..1", sample);
        Check.matches("tracing.service-name", serviceName, "[ -~]{1,100}");
        headers = Map.copyOf(headers);
    }

    public boolean isOn() {
        return !endpoint.isEmpty();
    }

    /** What is wrong is not quoted: somebody may have put credentials into it. */
    private static URI url(String text) {
        try {
            var url = URI.create(text);
            if (Set.of("http", "https").contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException _) {
            // as below
        }
        throw new ConfigException("tracing.endpoint must be an http(s) URL without credentials");
    }
}

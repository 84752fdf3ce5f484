package dev.halfrate.processor.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How an account's vendor is called.
 *
 * @param keyHeader the header that the key goes into; empty for the vendor's own way
 * @param headers sent with every call; a value may be as secret as a key
 * @param query parameters of every call, as they are
 * @param checkOrganization whether answers that name another organization than before are another one's
 * @param plain whether http to another machine is allowed, where anybody on the way can read key, prompts and answers
 */
public record HttpConfig(
        String keyHeader,
        Map<String, Secret> headers,
        Map<String, String> query,
        boolean plain,
        boolean checkOrganization) {
    public static final HttpConfig DEFAULT = new HttpConfig("", Map.of(), Map.of(), false, true);

    private static final String NAME = "[A-Za-z0-9-]{1,64}";
    private static final Set<String> OF_KEYS = Set.of("authorization", "x-api-key");
    private static final Set<String> TAKEN = Set.of(
            "accept-encoding",
            "authorization",
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "upgrade",
            "x-api-key");

    public HttpConfig {
        if (!keyHeader.isEmpty()) {
            Check.matches("accounts.http.key-header", keyHeader, NAME);
            if (!OF_KEYS.contains(keyHeader.toLowerCase(Locale.ROOT))) {
                requireFree("accounts.http.key-header", keyHeader);
            }
        }
        for (var header : headers.entrySet()) {
            Check.matches("accounts.http.headers", header.getKey(), NAME);
            requireFree("accounts.http.headers", header.getKey());
            Check.that(
                    header.getValue().reveal().matches("[ -~]+"),
                    "accounts.http.headers." + header.getKey(),
                    "visible ASCII",
                    header.getValue().toString());
        }
        for (var parameter : query.entrySet()) {
            Check.matches("accounts.http.query", parameter.getKey(), "[A-Za-z0-9._~-]{1,64}");
            Check.that(
                    parameter.getValue().matches("[A-Za-z0-9._~-]{1,200}"),
                    "accounts.http.query." + parameter.getKey(),
                    "letters, digits, '.', '_', '~' and '-'",
                    "something else");
        }
        headers = Map.copyOf(headers);
        query = Map.copyOf(query);
    }

    /** Some headers are the connection's, or have one value only. */
    static void requireFree(String key, String name) {
        Check.that(
                !TAKEN.contains(name.toLowerCase(Locale.ROOT)),
                key,
                "none of " + String.join(", ", new TreeSet<>(TAKEN)),
                "'" + name + "'");
    }

    /** @return to be put behind the `?` of a URL, empty if there is none */
    public String queryString() {
        var pairs = new TreeMap<>(query)
                .entrySet().stream()
                        .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                        .toList();
        return String.join("&", pairs);
    }
}

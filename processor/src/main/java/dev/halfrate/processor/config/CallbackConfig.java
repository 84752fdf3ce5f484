package dev.halfrate.processor.config;

import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * An endpoint that is told what happens.
 *
 * @param name part of its consumer group; another name is another endpoint
 * @param secrets each of them signs; several while one takes over from another
 * @param events what it is told
 * @param accounts patterns, `*` standing for any text; models and tags likewise
 * @param timeout of one try, from the look-up of the host to the headers of the answer
 * @param retryFor counted from the event
 * @param requestsInFlightMax calls at a time
 * @param includeResponse whether results come with what the vendor said
 * @param plain whether http to another machine is allowed, where anybody on the way can read
 * @param allowPrivate whether the host may be one of an internal network
 */
public record CallbackConfig(
        String name,
        CallbackUrl url,
        List<Secret> secrets,
        List<Event> events,
        List<String> accounts,
        List<String> models,
        List<String> tags,
        Duration timeout,
        Duration retryFor,
        int requestsInFlightMax,
        boolean includeResponse,
        boolean plain,
        boolean allowPrivate) {

    /** What an endpoint can be told. */
    public enum Event {
        BATCH_SETTLED,
        RESULT
    }

    private static final int ENDPOINTS_MAX = 50;
    private static final int SECRETS_MAX = 4;
    private static final String PREFIX = "whsec_";
    private static final int KEY_BYTES_MIN = 24;
    private static final int KEY_BYTES_MAX = 64;

    public CallbackConfig {
        Check.matches("callbacks.name", name, "[a-z0-9][a-z0-9-]{0,62}");
        Check.that(
                url.isSecure() || plain || url.isLoopback(),
                "callbacks.url",
                "https, unless it is this machine or callbacks.plain is true",
                "'" + url + "'");
        Check.range("callbacks.secrets", secrets.size(), 1, SECRETS_MAX);
        Check.that(
                secrets.stream().allMatch(secret -> key(secret).isPresent()),
                "callbacks.secrets",
                "%s and the Base64 of %d..%d random bytes".formatted(PREFIX, KEY_BYTES_MIN, KEY_BYTES_MAX),
                "something else for " + name);
        Check.that(!events.isEmpty(), "callbacks.events", "a list of at least one event", "none");
        Check.that(!accounts.isEmpty(), "callbacks.accounts", "a list of at least one pattern", "none");
        Check.that(!models.isEmpty(), "callbacks.models", "a list of at least one pattern", "none");
        Check.that(!tags.isEmpty(), "callbacks.tags", "a list of at least one pattern", "none");
        Check.range("callbacks.timeout", timeout, Duration.ofMillis(100), Duration.ofMinutes(1));
        Check.range("callbacks.retry-for", retryFor, Duration.ZERO, Duration.ofDays(7));
        Check.range("callbacks.requests-in-flight-max", requestsInFlightMax, 1, 64);
        secrets = List.copyOf(secrets);
        events = List.copyOf(new HashSet<>(events));
        accounts = List.copyOf(accounts);
        models = List.copyOf(models);
        tags = List.copyOf(tags);
    }

    /** Two of one name would share a consumer group, and each would be told half. */
    static void check(List<CallbackConfig> callbacks) {
        Check.range("callbacks", callbacks.size(), 0, ENDPOINTS_MAX);
        var names = new HashSet<String>();
        for (var callback : callbacks) {
            Check.that(names.add(callback.name), "callbacks.name", "unique", "'" + callback.name + "' twice");
        }
    }

    /** @return empty if it is none; one from a file may have become that since */
    public static Optional<byte[]> key(Secret secret) {
        var text = secret.reveal();
        if (!text.startsWith(PREFIX)) {
            return Optional.empty();
        }
        try {
            var key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
            return Optional.of(key).filter(it -> it.length >= KEY_BYTES_MIN && it.length <= KEY_BYTES_MAX);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /**
     * Whether it is to be told about this.
     *
     * @param labels none where nothing was labelled, which only {@code *} stands for
     */
    public boolean wants(Event event, String account, String model, Collection<String> labels) {
        return events.contains(event)
                && isAmong(accounts, account)
                && isAmong(models, model)
                && (labels.isEmpty() ? isAmong(tags, "") : labels.stream().anyMatch(label -> isAmong(tags, label)));
    }

    private static boolean isAmong(List<String> patterns, String text) {
        return patterns.stream().anyMatch(pattern -> AccountConfig.matches(pattern, text));
    }
}

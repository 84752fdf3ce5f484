package dev.halfrate.processor.config;

import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * One upstream login.
 *
 * @param provider type of the upstream: anthropic or openai
 * @param baseUrl with its version, e.g. https://api.openai.com/v1 or https://api.anthropic.com/v1
 * @param key sent as the vendor wants it
 * @param pool accounts of one pool share a vendor quota and the scope of custom_ids; an immutable id
 * @param models patterns of the models that are routed here, `*` standing for any text; the first account that matches wins
 * @param topics patterns of the topics whose requests may be routed here, likewise
 * @param completionWindow as the vendor writes it
 * @param requestsInFlightMax concurrent HTTP calls to this account
 * @param apiVersion that requests which name none are sent with, empty for the vendor's usual one
 * @param betas likewise
 * @param mode of requests that ask for none
 * @param webhookSecrets any of which the vendor signs with; several while one takes over from another
 */
public record AccountConfig(
        String name,
        String provider,
        URI baseUrl,
        Secret key,
        String pool,
        List<String> models,
        List<String> topics,
        String completionWindow,
        int requestsInFlightMax,
        DoubtConfig doubts,
        String apiVersion,
        List<String> betas,
        HttpConfig http,
        LimitsConfig limits,
        FilesConfig files,
        CreateConfig create,
        SyncConfig sync,
        CacheConfig promptCache,
        Mode mode,
        List<Secret> webhookSecrets) {

    private static final List<String> PROVIDERS = List.of("anthropic", "openai");

    public AccountConfig {
        Check.matches("accounts.name", name, "[a-z0-9][a-z0-9-]{0,62}");
        Check.matches("accounts.pool", pool, "[a-z0-9][a-z0-9-]{0,62}");
        Check.that(
                PROVIDERS.contains(provider),
                "accounts.provider",
                "one of: " + String.join(", ", PROVIDERS),
                "'" + provider + "'");
        var scheme = String.valueOf(baseUrl.getScheme());
        Check.that(
                (scheme.equals("https") || scheme.equals("http"))
                        && baseUrl.getHost() != null
                        && baseUrl.getUserInfo() == null,
                "accounts.base-url",
                "an http(s) URL without credentials",
                "'" + baseUrl.getScheme() + "://" + baseUrl.getHost() + "'");
        Check.that(
                scheme.equals("https") || http.plain() || isLoopback(baseUrl.getHost()),
                "accounts.base-url",
                "https, unless it is this machine or accounts.http.plain is true",
                "'http://" + baseUrl.getHost() + "'");
        Check.that(!key.reveal().isBlank(), "accounts.key", "not empty", "nothing");
        Check.that(!models.isEmpty(), "accounts.models", "a list of at least one pattern", "none");
        Check.that(!topics.isEmpty(), "accounts.topics", "a list of at least one pattern", "none");
        Check.matches("accounts.completion-window", completionWindow, "[0-9]{1,3}[hd]");
        Check.range("accounts.requests-in-flight-max", requestsInFlightMax, 1, 1_000);
        if (!apiVersion.isEmpty()) {
            Check.matches("accounts.api-version", apiVersion, "[A-Za-z0-9._-]{1,64}");
        }
        for (var beta : betas) {
            Check.matches("accounts.betas", beta, "[A-Za-z0-9._-]{1,100}");
        }
        models = List.copyOf(models);
        topics = List.copyOf(topics);
        requireOpenAi(provider, "accounts.files", files.equals(FilesConfig.KEEP), "batches have no files");
        requireOpenAi(provider, "accounts.create", create.equals(CreateConfig.USUAL), "requests are always inline");
        Check.that(
                provider.equals("anthropic") || (apiVersion.isEmpty() && betas.isEmpty()),
                "accounts.api-version and accounts.betas",
                "left out: only anthropic has them; another vendor's own headers go into accounts.http.headers",
                provider);
        Check.that(
                provider.equals("anthropic") || promptCache.mark() == CacheConfig.Mark.NONE,
                "accounts.prompt-cache.mark",
                "left out: with %s nothing has to be marked to be cached".formatted(provider),
                "a value");
        requireOpenAi(
                provider, "accounts.webhook-secrets", webhookSecrets.isEmpty(), "nobody tells when a batch has ended");
        betas = List.copyOf(betas);
        webhookSecrets = List.copyOf(webhookSecrets);
    }

    /** With what most accounts do without. */
    public AccountConfig(
            String name,
            String provider,
            URI baseUrl,
            Secret key,
            String pool,
            List<String> models,
            String completionWindow,
            int requestsInFlightMax,
            DoubtConfig doubts,
            SyncConfig sync) {
        this(
                name,
                provider,
                baseUrl,
                key,
                pool,
                models,
                List.of("*"),
                completionWindow,
                requestsInFlightMax,
                doubts,
                "",
                List.of(),
                HttpConfig.DEFAULT,
                LimitsConfig.VENDORS,
                FilesConfig.KEEP,
                CreateConfig.USUAL,
                sync,
                CacheConfig.NONE,
                Mode.BATCH,
                List.of());
    }

    /** What would do nothing is more likely a mistake than a wish. */
    private static void requireOpenAi(String provider, String key, boolean usual, String because) {
        Check.that(
                usual || provider.equals("openai"),
                key,
                "left out: with %s %s".formatted(provider, because),
                "a value");
    }

    static boolean isLoopback(String host) {
        return host.equals("localhost") || host.matches("127(\\.[0-9]{1,3}){3}") || host.equals("[::1]");
    }

    /** @return the base URL as one and the same server is always written: every name of this machine is localhost */
    public String server() {
        var scheme = String.valueOf(baseUrl.getScheme());
        var host = String.valueOf(baseUrl.getHost()).toLowerCase(Locale.ROOT);
        var usual = scheme.equals("https") ? 443 : 80;
        var port = baseUrl.getPort() == -1 || baseUrl.getPort() == usual ? "" : ":" + baseUrl.getPort();
        var path = baseUrl.getRawPath() == null ? "" : baseUrl.getRawPath().replaceAll("/+$", "");
        return "%s://%s%s%s".formatted(scheme, isLoopback(host) ? "localhost" : host, port, path);
    }

    /** @return whether its vendor runs on this very machine */
    public boolean isLocal() {
        return isLoopback(baseUrl.getHost());
    }

    /** @return whether one of the patterns stands for {@code model} */
    public boolean takesModel(String model) {
        return models.stream().anyMatch(pattern -> matches(pattern, model));
    }

    /** @return whether one of the patterns stands for {@code topic} */
    public boolean takesTopic(String topic) {
        return topics.stream().anyMatch(pattern -> matches(pattern, topic));
    }

    /** @param pattern `*` stands for any text */
    static boolean matches(String pattern, String text) {
        var parts = pattern.split("\\*", -1);
        var at = parts[0].length();
        if (!text.startsWith(parts[0])) {
            return false;
        }
        for (var i = 1; i < parts.length; i++) {
            var last = i == parts.length - 1;
            var found = last ? text.length() - parts[i].length() : text.indexOf(parts[i], at);
            if (found < at || !text.startsWith(parts[i], found)) {
                return false;
            }
            at = found + parts[i].length();
        }
        return at == text.length();
    }
}

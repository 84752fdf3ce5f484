package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The vendors that talk like OpenAI, each under a path of its own, and where they differ from it. */
enum Dialect {
    OPENAI("", 50_000),
    /** Statuses with a capital, times as texts, empty handles as empty texts, an error file even without errors. */
    AZURE("/azure/openai", 100_000),
    /** Chat completions only, windows of up to a week, lists without cursors. */
    GROQ("/groq/openai", 50_000),
    /** Takes a batch's lines with the create, and says little about it. */
    GATEWAY("/gateway", 50_000),
    /** Takes requests with the create, and gives their results with the batch. */
    OPENROUTER("/openrouter/api", 50_000);

    private static final Duration WINDOW_MIN = Duration.ofHours(24);
    private static final Duration WINDOW_MAX = Duration.ofDays(7);
    private static final Pattern WINDOW = Pattern.compile("(\\d{1,3})([hd])");

    private final String mount;
    private final int linesMax;

    Dialect(String mount, int linesMax) {
        this.mount = mount;
        this.linesMax = linesMax;
    }

    /** What the paths of its calls begin with, before those of OpenAI. */
    String mount() {
        return mount;
    }

    /** Lines in one batch. */
    int linesMax() {
        return linesMax;
    }

    /** The path as OpenAI would have it. */
    String pathOf(String called) {
        String path = called.substring(mount.length());
        return this == AZURE && !path.startsWith("/v1/") ? "/v1" + path : path;
    }

    List<String> endpoints() {
        return this == GROQ ? List.of(Endpoint.CHAT_COMPLETIONS.path()) : Endpoint.paths();
    }

    Optional<Endpoint> endpoint(String path) {
        String known = this == AZURE && !path.startsWith("/v1/") ? "/v1" + path : path;
        return Endpoint.of(known).filter(endpoint -> endpoints().contains(endpoint.path()));
    }

    /** What may be written for a completion window, as messages have it. */
    List<String> windows() {
        return switch (this) {
            case OPENAI, AZURE, OPENROUTER -> List.of("24h");
            case GROQ -> List.of("24h", "7d");
            case GATEWAY -> List.of("24h", "72h", "7d");
        };
    }

    Optional<Duration> window(String text) {
        Matcher matcher = WINDOW.matcher(text);
        if (!matcher.matches() || (this != GROQ && !windows().contains(text))) {
            return Optional.empty();
        }
        int number = Integer.parseInt(matcher.group(1));
        Duration window = matcher.group(2).equals("d") ? Duration.ofDays(number) : Duration.ofHours(number);
        return Optional.of(window)
                .filter(asked -> asked.compareTo(WINDOW_MIN) >= 0 && asked.compareTo(WINDOW_MAX) <= 0);
    }

    /** Whether a batch ends with its window; otherwise it goes on until it is done or cancelled. */
    boolean expires() {
        return this != AZURE;
    }

    /** Whether lines come with the create instead of in a file. */
    boolean inline() {
        return this == GATEWAY || this == OPENROUTER;
    }

    /** Whether metadata may be any JSON object. */
    boolean takesAnyMetadata() {
        return inline();
    }

    /** Azure's are deployments, which may be called anything; gateways' have their maker before the name. */
    boolean knowsModel(String model) {
        return switch (this) {
            case OPENAI -> Models.isKnown(model);
            case AZURE, GROQ, GATEWAY, OPENROUTER -> true;
        };
    }

    /** Whether a queue that is full is a reason to refuse a create, instead of one to let the batch fail. */
    boolean refusesOverQuota() {
        return this == AZURE;
    }

    /** Whether there is an error file even if nothing is in it. */
    boolean alwaysHasErrorFile() {
        return this == AZURE;
    }

    /** Seconds that a file may be kept for. */
    ParameterRange fileLife() {
        return this == AZURE
                ? ParameterRange.integers(1_209_600, 2_592_000)
                : ParameterRange.integers(3_600, 2_592_000);
    }

    /** What it calls an error of a file's validation. */
    String codeOf(String openAiCode) {
        return this == AZURE
                ? Map.of("invalid_url", "url_mismatch", "mismatched_model", "model_mismatch")
                        .getOrDefault(openAiCode, openAiCode)
                : openAiCode;
    }

    /** A batch as it shows it. */
    ObjectNode show(BatchObject batch) {
        return switch (this) {
            case OPENAI, GROQ -> Json.MAPPER.valueToTree(batch);
            case AZURE -> BatchForms.azure(batch);
            case GATEWAY -> BatchForms.gateway(batch);
            case OPENROUTER -> BatchForms.openRouter(batch);
        };
    }

    /** A result line as it writes it. */
    ObjectNode line(ObjectNode line) {
        if (this == AZURE) {
            line.remove("id");
            if (line.at("/response/body/choices").isArray()) {
                line.withObject("/response/body").putArray("prompt_filter_results");
            }
        }
        return line;
    }

    /** A page of batches as it shows it. */
    Object list(ListPage<ObjectNode> page) {
        return this == GROQ ? Map.of("object", page.object(), "data", page.data()) : page;
    }
}

package dev.halfrate.simulator;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The names of Anthropic's models, and how much they may say. */
final class ClaudeModels {

    private static final long OUTPUT_DEFAULT = 128_000;
    private static final long OUTPUT_LONG = 300_000;
    private static final Pattern DATE = Pattern.compile("-20\\d{6}$");

    private static final Map<String, String> SNAPSHOTS = Map.of(
            "claude-haiku-4-5", "claude-haiku-4-5-20251001",
            "claude-sonnet-4-5", "claude-sonnet-4-5-20250929",
            "claude-opus-4-5", "claude-opus-4-5-20251101",
            "claude-opus-4-1", "claude-opus-4-1-20250805");

    private static final Map<String, Long> OUTPUT = Map.of(
            "claude-haiku-4-5", 64_000L,
            "claude-sonnet-4-5", 64_000L,
            "claude-opus-4-5", 64_000L,
            "claude-opus-4-1", 32_000L,
            "claude-3-5-haiku", 8_192L);

    private static final Set<String> LONG = Set.of(
            "claude-opus-5",
            "claude-opus-4-8",
            "claude-opus-4-7",
            "claude-opus-4-6",
            "claude-sonnet-5",
            "claude-sonnet-4-6");

    private ClaudeModels() {}

    static boolean isKnown(String model) {
        return model.startsWith("claude-");
    }

    static String snapshotOf(String model) {
        return SNAPSHOTS.getOrDefault(model, model);
    }

    static long outputTokensMax(String model, boolean longOutput) {
        String name = DATE.matcher(model).replaceFirst("");
        return longOutput && LONG.contains(name) ? OUTPUT_LONG : OUTPUT.getOrDefault(name, OUTPUT_DEFAULT);
    }
}

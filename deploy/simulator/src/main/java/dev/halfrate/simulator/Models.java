package dev.halfrate.simulator;

import java.util.Map;
import java.util.regex.Pattern;

/** The model names that the vendor knows, and the snapshots that its aliases stand for. */
final class Models {

    private static final Pattern KNOWN = Pattern.compile(
            "(gpt-|chatgpt-|o[134](-|$)|text-embedding-|dall-e-|sora-|omni-moderation-|text-moderation-|davinci-002|babbage-002|ft:).*");

    private static final Pattern CHARGES_CACHE_WRITES = Pattern.compile("^gpt-(5\\.[6-9]|[6-9])");

    private static final Map<String, String> SNAPSHOTS = Map.of(
            "gpt-4o", "gpt-4o-2024-08-06",
            "gpt-4o-mini", "gpt-4o-mini-2024-07-18",
            "gpt-4.1", "gpt-4.1-2025-04-14",
            "gpt-4.1-mini", "gpt-4.1-mini-2025-04-14",
            "gpt-4.1-nano", "gpt-4.1-nano-2025-04-14",
            "gpt-5", "gpt-5-2025-08-07",
            "gpt-5-mini", "gpt-5-mini-2025-08-07",
            "gpt-5-nano", "gpt-5-nano-2025-08-07",
            "o4-mini", "o4-mini-2025-04-16");

    private Models() {}

    static boolean isKnown(String model) {
        return KNOWN.matcher(model).matches();
    }

    static boolean chargesCacheWrites(String model) {
        return CHARGES_CACHE_WRITES.matcher(model).find();
    }

    static String snapshotOf(String model) {
        return SNAPSHOTS.getOrDefault(model, model);
    }
}

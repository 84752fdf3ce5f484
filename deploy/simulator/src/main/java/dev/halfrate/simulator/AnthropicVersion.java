package dev.halfrate.simulator;

import java.util.Arrays;

/** A version of Anthropic's API: of every call, and by its create of every line of a batch. */
enum AnthropicVersion {
    V2023_06_01("2023-06-01"),
    V2026_10_21("2026-10-21");

    private final String text;

    AnthropicVersion(String text) {
        this.text = text;
    }

    /** Refused if it is missing or unknown. */
    static AnthropicVersion of(Call call) {
        String asked = call.request().getHeaders().get("anthropic-version");
        if (asked == null) {
            throw RefusedException.badRequest("anthropic-version: header is required");
        }
        return Arrays.stream(values())
                .filter(version -> version.text.equals(asked))
                .findFirst()
                .orElseThrow(() -> RefusedException.badRequest(
                        "anthropic-version: \"%s\" is not a valid version.".formatted(asked)));
    }

    /** Documents in assistants' messages and citations in users' are gone since. */
    boolean takesOldContent() {
        return this == V2023_06_01;
    }

    /** Sampling parameters are gone since. */
    boolean takesSampling() {
        return this == V2023_06_01;
    }
}

package dev.halfrate.simulator;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What holds for messages that were asked for by one call.
 *
 * @param betas as the call named them
 * @param batch whether they are of a batch
 */
record MessageTerms(String account, AnthropicVersion version, Set<String> betas, boolean batch) {

    private static final String LONG_OUTPUT = "output-300k-2026-03-24";

    /** Refused if the version is missing or unknown. */
    static MessageTerms of(Call call, boolean batch) {
        Set<String> betas = call.request().getHeaders().getValuesList("anthropic-beta").stream()
                .flatMap(header -> Arrays.stream(header.split(",")))
                .map(String::strip)
                .collect(Collectors.toUnmodifiableSet());
        return new MessageTerms(call.account(), AnthropicVersion.of(call), betas, batch);
    }

    boolean longOutput() {
        return batch && betas.contains(LONG_OUTPUT);
    }
}

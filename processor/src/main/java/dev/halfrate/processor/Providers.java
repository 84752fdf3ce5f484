package dev.halfrate.processor;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.anthropic.AnthropicProvider;
import dev.halfrate.processor.provider.http.Organization;
import dev.halfrate.processor.provider.http.Timeouts;
import dev.halfrate.processor.provider.openai.OpenAiProvider;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who speaks to an account's vendor. */
public final class Providers {
    private static final Timeouts ASKING = new Timeouts(
            Duration.ofSeconds(5),
            Duration.ofSeconds(8),
            Duration.ofSeconds(8),
            Duration.ofSeconds(8),
            Duration.ofSeconds(8));

    private Providers() {}

    /** @throws dev.halfrate.processor.config.ConfigException if the account's key cannot be sent */
    public static Provider of(AccountConfig account) {
        return of(account, Organization.unknown());
    }

    /**
     * For a question or two, whose answer nobody waits for long.
     *
     * @param organization as it is remembered, empty if it is not
     * @throws dev.halfrate.processor.config.ConfigException if the account's key cannot be sent
     */
    public static Provider toAsk(AccountConfig account, String organization) {
        var known =
                account.http().checkOrganization() ? new Organization(organization, seen -> seen) : Organization.any();
        return of(account, known, ASKING);
    }

    /**
     * @param organization whose batches the account's are
     * @throws dev.halfrate.processor.config.ConfigException if the account's key cannot be sent
     */
    public static Provider of(AccountConfig account, Organization organization) {
        return of(account, organization, Timeouts.DEFAULT);
    }

    private static Provider of(AccountConfig account, Organization organization, Timeouts timeouts) {
        return switch (account.provider()) {
            case "anthropic" -> AnthropicProvider.of(account, organization, timeouts);
            case "openai" -> OpenAiProvider.of(account, organization, timeouts);
            default -> throw new IllegalArgumentException(account.provider());
        };
    }

    /** @return the endpoints that any vendor can batch */
    public static Set<String> endpoints() {
        return Stream.of(OpenAiProvider.ENDPOINTS, AnthropicProvider.ENDPOINTS)
                .flatMap(Set::stream)
                .collect(Collectors.toUnmodifiableSet());
    }
}

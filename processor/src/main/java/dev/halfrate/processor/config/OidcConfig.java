package dev.halfrate.processor.config;

import dev.halfrate.processor.config.AdminConfig.Role;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Whose signed tokens let operators in.
 *
 * @param issuer an https URL, empty for nobody's
 * @param audience that a token has to be for
 * @param roleClaim a text, or a list of texts
 * @param readValues of that claim, of whoever may look; operateValues of whoever may act as well
 */
public record OidcConfig(
        String issuer, String audience, String roleClaim, List<String> readValues, List<String> operateValues) {
    public static final OidcConfig NONE =
            new OidcConfig("", "", "roles", List.of("halfrate-read"), List.of("halfrate-operate"));

    public OidcConfig {
        Check.that(
                issuer.isEmpty() || isUrl(issuer),
                "admin.oidc.issuer",
                "an https URL without a query, or http of this machine",
                "'" + issuer + "'");
        Check.that(
                issuer.isEmpty() == audience.isEmpty(),
                "admin.oidc.audience",
                "there if admin.oidc.issuer is, and only then",
                audience.isEmpty() ? "none" : "'" + audience + "'");
        Check.matches("admin.oidc.role-claim", roleClaim, "[!-~]{1,200}");
        readValues = List.copyOf(readValues);
        operateValues = List.copyOf(operateValues);
    }

    private static boolean isUrl(String issuer) {
        try {
            var url = URI.create(issuer);
            var host = url.getHost();
            return host != null
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null
                    && url.getUserInfo() == null
                    && ("https".equals(url.getScheme())
                            || ("http".equals(url.getScheme()) && AccountConfig.isLoopback(host)));
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    public boolean isThere() {
        return !issuer.isEmpty();
    }

    /** @return what a token's values of the claim allow, the most of it; empty for nothing */
    public Optional<Role> role(Collection<String> values) {
        if (values.stream().anyMatch(operateValues::contains)) {
            return Optional.of(Role.OPERATE);
        }
        return values.stream().anyMatch(readValues::contains) ? Optional.of(Role.READ) : Optional.empty();
    }
}

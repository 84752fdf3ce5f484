package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.admin.SignedTokens.Holder;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.AdminConfig.Token;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask what. With tokens, or an issuer of them, whoever bears one; without, everybody on this machine, but no page of somebody else's that
 * a browser on this machine shows.
 */
final class Access {
    /** What a browser sends for no other page than ours, and a script has to say. */
    static final String CSRF = "X-Halfrate-Csrf";

    private static final String BEARER = "Bearer ";
    private static final Caller EVERYBODY = new Caller("local", Role.OPERATE, false);
    private static final Caller NOBODY = new Caller("nobody", Role.READ, false);

    /** No token of the configuration has a name that begins so. */
    private static final String SIGNED = "oidc:";

    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    private final AdminConfig config;
    private final Optional<SignedTokens> signed;

    Access(AdminConfig config) {
        this.config = config;
        this.signed = config.oidc().isThere() ? Optional.of(new SignedTokens(config.oidc())) : Optional.empty();
    }

    /**
     * @return who it is
     * @throws ProblemException if that one may not
     */
    Caller admit(Route route, HttpFields headers) {
        var role = route.role();
        if (role == null) {
            return NOBODY;
        }
        if (config.isOpen()) {
            admitLocal(route, headers);
            return EVERYBODY;
        }
        var holder = bearer(headers.get(HttpHeader.AUTHORIZATION))
                .orElseThrow(() -> new ProblemException(
                        HttpStatus.UNAUTHORIZED_401, "a bearer token that is valid here is needed"));
        return holder.role()
                .filter(has -> has.includes(role))
                .map(has -> new Caller(holder.name(), has, true))
                .orElseThrow(() -> new ProblemException(
                        HttpStatus.FORBIDDEN_403,
                        "role %s is needed".formatted(role == Role.READ ? "read" : "operate")));
    }

    private Optional<Holder> bearer(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.empty();
        }
        var token = authorization.substring(BEARER.length()).strip();
        var known = known(token.getBytes(UTF_8));
        return known.isPresent()
                ? known
                : signed.flatMap(issuer -> issuer.holder(token))
                        .map(holder -> new Holder(SIGNED + holder.name(), holder.role()));
    }

    /** Compares with each of them in full, so that the time tells nothing. */
    private Optional<Holder> known(byte[] shown) {
        Token found = null;
        for (var token : config.tokens()) {
            var value = token.token().reveal();
            if (MessageDigest.isEqual(value.getBytes(UTF_8), shown) && Token.isLongEnough(value)) {
                found = token;
            }
        }
        return Optional.ofNullable(found).map(token -> new Holder(token.name(), Optional.of(token.role())));
    }

    /** A name that somebody else's DNS gave this machine is in {@code Host}; where a page is from, in the others. */
    private static void admitLocal(Route route, HttpFields headers) {
        var host = String.valueOf(headers.get(HttpHeader.HOST));
        if (!OWN_NAMES.contains(host.replaceFirst(":[0-9]{1,5}$", ""))) {
            throw new ProblemException(
                    HttpStatus.MISDIRECTED_REQUEST_421,
                    "ask for localhost or 127.0.0.1; other names need admin.tokens");
        }
        if (!route.acts()) {
            return;
        }
        var site = headers.get("Sec-Fetch-Site");
        var origin = headers.getField(HttpHeader.ORIGIN);
        if (headers.get(CSRF) == null
                || !(site == null || site.equals("same-origin") || site.equals("none"))
                || !isOwn(origin, host)) {
            throw new ProblemException(
                    HttpStatus.FORBIDDEN_403, "without admin.tokens an action needs the header %s: 1".formatted(CSRF));
        }
    }

    private static boolean isOwn(@Nullable HttpField origin, String host) {
        return origin == null || origin.getValue().equals("http://" + host);
    }
}

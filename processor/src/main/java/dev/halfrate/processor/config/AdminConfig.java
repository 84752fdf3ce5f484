package dev.halfrate.processor.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashSet;
import java.util.List;

/**
 * Where operators look into this process and act.
 *
 * @param host an address of this machine; beyond loopback only with tokens
 * @param port 0 for nowhere
 * @param advertised how the application's other processes reach this one, see {@link PeersConfig}
 * @param peers which of them this one asks, see {@link PeersConfig}
 * @param tokens of whoever may come in
 * @param oidc others who may; without any of both everybody on this machine may do everything
 */
public record AdminConfig(
        String host, int port, String advertised, List<String> peers, List<Token> tokens, OidcConfig oidc) {
    public static final AdminConfig DEFAULT = new AdminConfig("127.0.0.1", 8090, List.of());
    public static final AdminConfig NONE = new AdminConfig("127.0.0.1", 0, List.of());

    /** What somebody may do; each includes those before it. */
    public enum Role {
        READ,
        OPERATE;

        public boolean includes(Role other) {
            return compareTo(other) >= 0;
        }
    }

    /**
     * A bearer token.
     *
     * @param name of whoever bears it, for the log
     */
    public record Token(String name, Role role, Secret token) {
        public static final int BYTES_MIN = 32;

        public Token {
            Check.matches("admin.tokens.name", name, "[A-Za-z0-9][A-Za-z0-9._@-]{0,62}");
            Check.that(
                    isLongEnough(token.reveal()),
                    "admin.tokens.token",
                    "at least %d bytes".formatted(BYTES_MIN),
                    "fewer for " + name);
        }

        /** One from a file may have become too short since. */
        public static boolean isLongEnough(String token) {
            return token.getBytes(UTF_8).length >= BYTES_MIN;
        }
    }

    private static final int TOKENS_MAX = 100;

    public AdminConfig {
        Check.matches("admin.host", host, "[A-Za-z0-9.:_-]{1,253}");
        Check.range("admin.port", port, 0, 65_535);
        Check.range("admin.tokens", tokens.size(), 0, TOKENS_MAX);
        Check.that(
                port == 0 || isLoopback(host) || !tokens.isEmpty() || oidc.isThere(),
                "admin.host",
                "an address that only this machine reaches, such as 127.0.0.1, as long as there are neither admin.tokens nor admin.oidc",
                "'" + host + "'");
        var names = new HashSet<String>();
        for (var token : tokens) {
            Check.that(names.add(token.name()), "admin.tokens.name", "unique", "'" + token.name() + "' twice");
        }
        peers = new PeersConfig(advertised, peers).hosts();
        tokens = List.copyOf(tokens);
    }

    /** Without an issuer and peers. */
    public AdminConfig(String host, int port, List<Token> tokens) {
        this(host, port, PeersConfig.NONE.advertised(), PeersConfig.NONE.hosts(), tokens, OidcConfig.NONE);
    }

    private static boolean isLoopback(String host) {
        return host.equals("::1") || AccountConfig.isLoopback(host);
    }

    /** @return how processes of the application ask each other */
    public PeersConfig asked() {
        return new PeersConfig(advertised, peers);
    }

    /** @return whether whoever can connect may do everything */
    public boolean isOpen() {
        return tokens.isEmpty() && !oidc.isThere();
    }
}

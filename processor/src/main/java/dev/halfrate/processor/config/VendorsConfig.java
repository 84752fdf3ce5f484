package dev.halfrate.processor.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/** The part of the configuration that needs no Kafka. */
public record VendorsConfig(RequestsConfig requests, List<AccountConfig> accounts) {

    public VendorsConfig {
        Check.that(!accounts.isEmpty(), "accounts", "a list of at least one account", "none");
        var names = new HashSet<String>();
        for (var account : accounts) {
            Check.that(names.add(account.name()), "accounts.name", "unique", "'" + account.name() + "' twice");
        }
        checkWorkspaces(accounts);
        accounts = List.copyOf(accounts);
    }

    /** Of two accounts that see each other's batches neither could tell which are its own. */
    private static void checkWorkspaces(List<AccountConfig> accounts) {
        var workspaces = new HashMap<String, String>();
        for (var account : accounts) {
            if (account.provider().equals("anthropic")) {
                var other =
                        workspaces.put(account.server() + " " + account.key().reveal(), account.name());
                Check.that(
                        other == null,
                        "accounts.key",
                        "of a workspace that no other account uses, where the provider is anthropic",
                        "the same for '%s' and '%s'".formatted(other, account.name()));
            }
        }
    }
}

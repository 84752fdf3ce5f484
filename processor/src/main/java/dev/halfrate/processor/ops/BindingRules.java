package dev.halfrate.processor.ops;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether each account is the one that it was: batches are looked for, and polled, where their account's name leads. */
final class BindingRules {
    /**
     * What an account's name stands for; never a key, which may change.
     *
     * @param baseUrl as one and the same server is always written
     * @param headers hashes of those that choose an organisation, project or workspace, by their names in lower case
     * @param organization whose batches they are, as the vendor's answers say; empty as long as none has said so
     */
    record Binding(String provider, String baseUrl, Map<String, String> headers, String organization) {
        Binding {
            headers = Map.copyOf(headers);
        }

        Binding of(String newOrganization) {
            return new Binding(provider, baseUrl, headers, newOrganization);
        }
    }

    /**
     * What follows.
     *
     * @param faults a line each; while there are any, nothing may be written or started
     * @param bindings to record, by account
     * @param used what was accepted and had to be
     */
    record Decision(List<String> faults, Map<String, Binding> bindings, Set<Guard> used) {}

    private BindingRules() {}

    /**
     * Accounts that are not configured any more stay as they were.
     *
     * @param configured by account, without organisations
     */
    static Decision decide(Map<String, Binding> configured, Map<String, Binding> recorded, Set<Guard> accepted) {
        var faults = new ArrayList<String>();
        var bindings = new LinkedHashMap<String, Binding>();
        var used = EnumSet.noneOf(Guard.class);
        new TreeMap<>(configured).forEach((account, now) -> {
            var before = recorded.get(account);
            if (before == null) {
                bindings.put(account, now);
            } else if (before.equals(now.of(before.organization))) {
                if (accepted.contains(Guard.CHANGED_ORGANIZATION) && !before.organization.isEmpty()) {
                    // Whose it is now is anybody's who answers next.
                    bindings.put(account, now);
                    used.add(Guard.CHANGED_ORGANIZATION);
                }
            } else if (accepted.contains(Guard.CHANGED_ACCOUNT)) {
                bindings.put(account, now);
                used.add(Guard.CHANGED_ACCOUNT);
            } else {
                faults.add(
                        "account %s is not the one that it was (%s): its batches under way are not known there, they may be"
                                        .formatted(account, String.join(", ", changes(before, now)))
                                + " bought again or never be answered; give the other account another name and keep this one until its"
                                + " batches are settled, or go on with " + Guard.CHANGED_ACCOUNT.option());
            }
        });
        return new Decision(List.copyOf(faults), bindings, used);
    }

    private static List<String> changes(Binding before, Binding now) {
        var changes = new ArrayList<String>();
        if (!before.provider.equals(now.provider)) {
            changes.add("provider was %s and is %s".formatted(before.provider, now.provider));
        }
        if (!before.baseUrl.equals(now.baseUrl)) {
            changes.add("base-url was %s and is %s".formatted(before.baseUrl, now.baseUrl));
        }
        var names = new TreeSet<>(before.headers.keySet());
        names.addAll(now.headers.keySet());
        for (var name : names) {
            // Values may be secrets, and only hashes of them are there to tell them apart.
            if (!before.headers.containsKey(name)) {
                changes.add("header %s is new".formatted(name));
            } else if (!now.headers.containsKey(name)) {
                changes.add("header %s is gone".formatted(name));
            } else if (!before.headers.get(name).equals(now.headers.get(name))) {
                changes.add("header %s has another value".formatted(name));
            }
        }
        return changes;
    }
}

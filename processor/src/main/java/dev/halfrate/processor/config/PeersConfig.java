package dev.halfrate.processor.config;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How processes of the application ask each other.
 *
 * @param advertised host:port at which the others reach this one, with https:// before it where they have to; empty if they do not
 * @param hosts that may be asked in a caller's name: names, {@code *.domain}, or the beginning of addresses as in {@code 10.1.*}; none for hosts that
 *     have this one's name but for a number in it
 */
public record PeersConfig(String advertised, List<String> hosts) {
    public static final PeersConfig NONE = new PeersConfig("", List.of());

    private static final String HTTPS = "https://";
    private static final int HOSTS_MAX = 100;
    private static final int PORT_MAX = 65_535;
    private static final Pattern ADDRESS = Pattern.compile("([A-Za-z0-9._-]{1,253}):([1-9][0-9]{0,4})");
    private static final String NUMERIC = "[0-9.]+";

    public PeersConfig {
        if (!advertised.isEmpty()) {
            Check.matches("admin.advertised", advertised, "(https?://)?[A-Za-z0-9._-]{1,253}:[1-9][0-9]{0,4}");
        }
        Check.range("admin.peers", hosts.size(), 0, HOSTS_MAX);
        for (var host : hosts) {
            Check.that(
                    host.matches("([*][.])?[A-Za-z0-9._-]{1,253}|[0-9.]{1,12}[.][*]"),
                    "admin.peers",
                    "hosts such as pod-1.pods, *.pods or 10.1.*",
                    "'" + host + "'");
        }
        hosts = List.copyOf(hosts);
    }

    /** @return host:port, as it is told to the others; empty for none */
    public String address() {
        return advertised.replaceFirst("^https?://", "");
    }

    /**
     * Where a process is asked that says it is there. What it says comes from Kafka, so it is believed only as far as this process's own
     * configuration goes: also for how it is spoken to.
     *
     * @param address host:port
     * @return empty if a caller's token is not to go there
     */
    public Optional<URI> peer(String address) {
        var parts = ADDRESS.matcher(address);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > PORT_MAX || !isKnown(parts.group(1))) {
            return Optional.empty();
        }
        return Optional.of(URI.create((advertised.startsWith(HTTPS) ? HTTPS : "http://") + address));
    }

    private boolean isKnown(String host) {
        return hosts.isEmpty() ? isLikeOurs(host) : hosts.stream().anyMatch(known -> isMeant(known, host));
    }

    private static boolean isMeant(String known, String host) {
        if (known.startsWith("*.")) {
            return host.length() >= known.length() && endsWith(host, known.substring(1));
        }
        return known.endsWith(".*")
                ? host.matches(NUMERIC) && host.startsWith(known.substring(0, known.length() - 1))
                : known.equalsIgnoreCase(host);
    }

    private static boolean endsWith(String host, String end) {
        return host.regionMatches(true, host.length() - end.length(), end, 0, end.length());
    }

    /** As processes of one set are named: pod-0.pods, pod-1.pods. */
    private boolean isLikeOurs(String host) {
        var ours = address().replaceFirst(":[0-9]+$", "");
        return !ours.isEmpty()
                && (ours.equalsIgnoreCase(host)
                        || (!ours.matches(NUMERIC) && set(ours).equals(set(host))));
    }

    /** A host's name without the number at the end of its first part. */
    private static String set(String host) {
        return host.toLowerCase(Locale.ROOT).replaceFirst("^([^.]*?-)[0-9]+(?=[.]|$)", "$1");
    }
}

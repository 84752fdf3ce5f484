package dev.halfrate.processor.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** Where callbacks go. Its path and query may be as secret as a key, so {@link #toString} hides them. */
public final class CallbackUrl {
    private static final String KEY = "callbacks.url";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final URI uri;

    private CallbackUrl(URI uri) {
        this.uri = uri;
    }

    /** @throws ConfigException if it is no http(s) URL of a named host; it does not quote it */
    static CallbackUrl parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException _) {
            throw refused();
        }
        var scheme = String.valueOf(uri.getScheme());
        if (!(scheme.equals("https") || scheme.equals("http"))
                || uri.getHost() == null
                || uri.getUserInfo() != null
                || uri.getFragment() != null
                || uri.getPort() > 65_535
                || !text.matches("[!-~]+")) {
            throw refused();
        }
        return new CallbackUrl(uri);
    }

    private static ConfigException refused() {
        return new ConfigException(KEY + " must be an http(s) URL in ASCII, without credentials and fragment");
    }

    public boolean isSecure() {
        return uri.getScheme().equals("https");
    }

    /** @return without the brackets of an IPv6 address */
    public String host() {
        return uri.getHost().toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
    }

    public int port() {
        return uri.getPort() >= 0 ? uri.getPort() : isSecure() ? HTTPS_PORT : HTTP_PORT;
    }

    /** @return what the header {@code Host} says */
    public String authority() {
        return uri.getRawAuthority();
    }

    /** @return path and query, as they go into a request */
    public String target() {
        var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    boolean isLoopback() {
        return AccountConfig.isLoopback(uri.getHost());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CallbackUrl url && url.uri.equals(uri);
    }

    @Override
    public int hashCode() {
        return uri.hashCode();
    }

    @Override
    public String toString() {
        return "%s://%s/***".formatted(uri.getScheme(), authority());
    }
}

package dev.halfrate.processor.admin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** What a browser is given to show all the rest. It has no data in it, so anybody may have it. */
final class Page {
    private static final String DIRECTORY = "page/";
    private static final String INDEX = "index.html";
    private static final List<String> FILES = List.of(
            INDEX,
            "actions.js",
            "api.js",
            "batch.js",
            "dom.js",
            "format.js",
            "icon.svg",
            "overview.js",
            "page.css",
            "page.js",
            "request.js",
            "words.js");

    private Page() {}

    static List<Route> routes() {
        var routes = new ArrayList<Route>();
        for (var name : FILES) {
            var file = read(name);
            routes.add(Route.get(
                    name.equals(INDEX) ? "/" : "/" + DIRECTORY + name,
                    null,
                    "A file of the page.",
                    List.of(),
                    String.class,
                    _ -> file));
        }
        return routes;
    }

    private static Answer.File read(String name) {
        try (var in = Page.class.getResourceAsStream(DIRECTORY + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the archive");
            }
            var bytes = in.readAllBytes();
            var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            var tag = "\"" + HexFormat.of().formatHex(digest, 0, 16) + "\"";
            return new Answer.File(type(name), bytes, tag);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "css" -> "text/css; charset=utf-8";
            case "html" -> "text/html; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalStateException(name);
        };
    }
}

package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Finds the route for a path. */
final class RouteTable {
    private record Entry(Route route, List<String> segments) {}

    /** @param variables of the path, decoded */
    record Match(Route route, Map<String, String> variables) {}

    private final List<Entry> entries;

    RouteTable(List<Route> routes) {
        entries = routes.stream()
                .map(route -> new Entry(route, List.of(route.path().split("/", -1))))
                .toList();
    }

    /**
     * @param path as it came, still encoded: a variable may have an encoded slash in it
     * @throws ProblemException if an encoding is none
     */
    Optional<Match> find(String method, String path) {
        var segments = path.split("/", -1);
        for (var entry : entries) {
            if (entry.route().method().equals(method) && matches(entry.segments(), segments)) {
                return Optional.of(new Match(entry.route(), variables(entry.segments(), segments)));
            }
        }
        return Optional.empty();
    }

    /** @return the methods that a path knows */
    List<String> methods(String path) {
        var segments = path.split("/", -1);
        var methods = new TreeSet<String>();
        entries.stream()
                .filter(entry -> matches(entry.segments(), segments))
                .forEach(entry -> methods.add(entry.route().method()));
        return new ArrayList<>(methods);
    }

    private static boolean matches(List<String> template, String[] segments) {
        if (template.size() != segments.length) {
            return false;
        }
        for (var i = 0; i < segments.length; i++) {
            var wanted = template.get(i);
            if (isVariable(wanted) ? segments[i].isEmpty() : !wanted.equals(segments[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVariable(String segment) {
        return segment.startsWith("{");
    }

    private static Map<String, String> variables(List<String> template, String[] segments) {
        var variables = new HashMap<String, String>();
        for (var i = 0; i < segments.length; i++) {
            var wanted = template.get(i);
            if (isVariable(wanted)) {
                variables.put(wanted.substring(1, wanted.length() - 1), decoded(segments[i]));
            }
        }
        return variables;
    }

    /** Unlike a form's, a path's plus is a plus. */
    private static String decoded(String segment) {
        var bytes = new ByteArrayOutputStream();
        var raw = segment.getBytes(UTF_8);
        for (var i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
            } else if (i + 2 < raw.length && isHex(raw[i + 1]) && isHex(raw[i + 2])) {
                bytes.write((Character.digit(raw[i + 1], 16) << 4) | Character.digit(raw[i + 2], 16));
                i += 2;
            } else {
                throw ProblemException.badRequest("the path has a % that encodes nothing");
            }
        }
        return bytes.toString(UTF_8);
    }

    private static boolean isHex(byte digit) {
        return Character.digit(digit, 16) >= 0;
    }
}

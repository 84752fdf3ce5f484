package dev.halfrate.simulator;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;

/** A method and a path, in which {@code {id}} stands for one segment, and who answers there. */
record Route(String method, Pattern path, Action action) {

    @FunctionalInterface
    interface Action {
        Reply answer(Call call) throws IOException;
    }

    static Route of(String method, String path, Action action) {
        return new Route(method, Pattern.compile(path.replace("{id}", "([^/]+)")), action);
    }

    /** Lets the first matching route answer; refuses in the vendor's words where there is none. */
    static Reply answer(List<Route> routes, Request request, String account) throws IOException {
        String path = Request.getPathInContext(request);
        boolean pathKnown = false;
        for (Route route : routes) {
            Matcher matcher = route.path.matcher(path);
            if (matcher.matches()) {
                if (route.method.equals(request.getMethod())) {
                    String id = matcher.groupCount() == 0 ? "" : matcher.group(1);
                    return route.action.answer(new Call(request, account, id));
                }
                pathKnown = true;
            }
        }
        if (pathKnown) {
            throw new RefusedException(
                    405,
                    OpenAiError.invalidRequest(
                            "Not allowed to %s on %s.".formatted(request.getMethod(), path),
                            null,
                            "method_not_supported"));
        }
        throw RefusedException.notFound("Invalid URL (%s %s)".formatted(request.getMethod(), path));
    }
}

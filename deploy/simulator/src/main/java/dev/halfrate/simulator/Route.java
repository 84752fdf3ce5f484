package dev.halfrate.simulator;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A method and a path, in which {@code {id}} stands for one segment, and who answers there. */
record Route(String method, Pattern path, Action action) {

    @FunctionalInterface
    interface Action {
        Reply answer(Call call) throws IOException;
    }

    static Route of(String method, String path, Action action) {
        return new Route(method, Pattern.compile(path.replace("{id}", "([^/]+)")), action);
    }

    /**
     * Lets the first matching route answer; refuses in the vendor's words where there is none.
     *
     * @param path the called one, as the routes have it
     */
    static Reply answer(List<Route> routes, String path, Call call) throws IOException {
        String method = call.request().getMethod();
        boolean pathKnown = false;
        for (Route route : routes) {
            Matcher matcher = route.path.matcher(path);
            if (matcher.matches()) {
                if (route.method.equals(method)) {
                    String id = matcher.groupCount() == 0 ? "" : matcher.group(1);
                    return route.action.answer(
                            new Call(call.request(), call.account(), call.requestId(), call.answerHeaders(), id));
                }
                pathKnown = true;
            }
        }
        if (pathKnown) {
            throw new RefusedException(
                    405,
                    OpenAiError.invalidRequest(
                            "Not allowed to %s on %s.".formatted(method, path), null, "method_not_supported"));
        }
        throw RefusedException.notFound("Invalid URL (%s %s)".formatted(method, path));
    }
}

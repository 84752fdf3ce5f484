package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be asked for or done. The table of all of them is what is served, described, documented and tested.
 *
 * @param path with variables as in {@code /api/batches/{id}}
 * @param role that it takes; null for nobody's in particular
 * @param parameters of the query, and the variables of the path
 * @param body what a request has to bring, null for nothing
 * @param answer the record that is written as JSON, or {@link String} for text
 */
record Route(
        String method,
        String path,
        @Nullable Role role,
        String summary,
        List<Parameter> parameters,
        @Nullable Class<?> body,
        Class<?> answer,
        Handler handler) {
    Route {
        parameters = List.copyOf(parameters);
    }

    /** A look. */
    static Route get(
            String path,
            @Nullable Role role,
            String summary,
            List<Parameter> parameters,
            Class<?> answer,
            Handler handler) {
        return new Route("GET", path, role, summary, parameters, null, answer, handler);
    }

    /** @param name as it stands in the path between braces, or in the query */
    record Parameter(String name, String meaning) {}

    /** Answers on a thread that may wait. */
    @FunctionalInterface
    interface Handler {
        /** @throws ProblemException if there is no answer, saying why */
        Answer answer(Call call) throws InterruptedException;
    }

    /** @return whether it changes anything */
    boolean acts() {
        return !method.equals("GET");
    }
}

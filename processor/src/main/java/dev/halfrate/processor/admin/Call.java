package dev.halfrate.processor.admin;

import java.util.Map;
import java.util.Optional;

/**
 * What somebody asks a route.
 *
 * @param authorization as it came, for whoever has to ask another process in the caller's name; empty for none
 * @param variables of the path, by name
 * @param query by name; of one that is repeated the first
 * @param idempotencyKey by which a repeated action is known; empty for none
 */
record Call(
        Caller caller,
        String authorization,
        Map<String, String> variables,
        Map<String, String> query,
        String idempotencyKey,
        byte[] body) {

    /** @return a variable of the route's path */
    String variable(String name) {
        return variables.getOrDefault(name, "");
    }

    Optional<String> query(String name) {
        return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
    }

    /** @throws ProblemException if it is no number of that range */
    int number(String name, int otherwise, int max) {
        var text = query(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.get().matches("[0-9]{1,9}")
                || Integer.parseInt(text.get()) < 1
                || Integer.parseInt(text.get()) > max) {
            throw ProblemException.badRequest("%s must be 1..%d".formatted(name, max));
        }
        return Integer.parseInt(text.get());
    }
}

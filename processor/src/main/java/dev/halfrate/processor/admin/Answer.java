package dev.halfrate.processor.admin;

/** What a route says. */
sealed interface Answer {
    int status();

    /** @param body a record of the operators' */
    record Json(int status, Object body) implements Answer {
        static Json ok(Object body) {
            return new Json(200, body);
        }
    }

    record Text(int status, String type, String body) implements Answer {}
}

package dev.halfrate.simulator;

import java.nio.file.Path;

/** What an API call is answered with. */
sealed interface Reply {

    record Json(int status, Object body) implements Reply {}

    /** The first {@code bytes} of a file, streamed. */
    record Content(Path file, long bytes, String contentType) implements Reply {}

    /** What is said before the API is reached. */
    record Html(int status, String body) implements Reply {}

    static Reply ok(Object body) {
        return new Json(200, body);
    }
}

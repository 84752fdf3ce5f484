package dev.halfrate.simulator;

import java.nio.file.Path;

/** What an API call is answered with. */
sealed interface Reply {

    record Json(int status, Object body) implements Reply {}

    /** As it is, whatever it is. */
    record Text(int status, String contentType, String body) implements Reply {}

    /**
     * The first {@code bytes} of a file, streamed.
     *
     * @param version a strong entity tag, without its quotes
     */
    record Content(Path file, long bytes, String contentType, String version) implements Reply {}

    static Reply ok(Object body) {
        return new Json(200, body);
    }
}

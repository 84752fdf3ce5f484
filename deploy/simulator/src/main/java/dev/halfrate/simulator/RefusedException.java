package dev.halfrate.simulator;

import java.io.Serial;

/** Ends the handling of an API call with an error, which the vendor's own envelope is put around later. */
final class RefusedException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    private final int status;
    private final transient OpenAiError error;

    RefusedException(int status, OpenAiError error) {
        super(error.message(), null, false, false);
        this.status = status;
        this.error = error;
    }

    static RefusedException badRequest(OpenAiError error) {
        return new RefusedException(400, error);
    }

    static RefusedException badRequest(String message) {
        return badRequest(OpenAiError.invalidRequest(message, null, null));
    }

    static RefusedException notFound(String message) {
        return new RefusedException(404, OpenAiError.invalidRequest(message, null, null));
    }

    int status() {
        return status;
    }

    OpenAiError error() {
        return error;
    }
}

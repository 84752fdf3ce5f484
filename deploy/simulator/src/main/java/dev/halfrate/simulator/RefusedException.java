package dev.halfrate.simulator;

import java.io.Serial;

/** Ends the handling of an API call with one of the vendor's errors. */
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

    static RefusedException notFound(String message) {
        return new RefusedException(404, OpenAiError.invalidRequest(message, null, null));
    }

    Reply reply() {
        return new Reply.Json(status, error.envelope());
    }
}

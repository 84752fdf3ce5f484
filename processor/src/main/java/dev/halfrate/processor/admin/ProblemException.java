package dev.halfrate.processor.admin;

import org.eclipse.jetty.http.HttpStatus;

/** There is no answer, and this is why; its message is for whoever asked. */
final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    ProblemException(int status, String detail) {
        super(detail);
        this.status = status;
    }

    static ProblemException badRequest(String detail) {
        return new ProblemException(HttpStatus.BAD_REQUEST_400, detail);
    }

    static ProblemException notFound(String detail) {
        return new ProblemException(HttpStatus.NOT_FOUND_404, detail);
    }

    static ProblemException notReady(String detail) {
        return new ProblemException(HttpStatus.SERVICE_UNAVAILABLE_503, detail);
    }

    Problem problem() {
        return new Problem(HttpStatus.getMessage(status), status, String.valueOf(getMessage()));
    }

    /**
     * As RFC 9457 has it.
     *
     * @param title the status in words
     */
    record Problem(String title, int status, String detail) {}
}

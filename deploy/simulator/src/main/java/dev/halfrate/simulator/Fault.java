package dev.halfrate.simulator;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * One scripted misbehaviour of the HTTP layer, whatever API is called. What it does comes in the order of its fields.
 * Times are real ones.
 *
 * @param method of the calls that it is for
 * @param path regular expression of their whole path and query
 * @param host beginning of their Host header; null for any
 * @param skip calls that are let through first
 * @param times calls that it is for then; 0 means 1
 * @param delayBeforeMs the call has arrived, and is handled only after this
 * @param reset cuts the connection instead of handling the call, while its body comes in, or after it was handled
 * @param status answers with this instead of handling the call; 0 handles it
 * @param handled whether the call is handled although the answer is another
 * @param body of that answer
 * @param retryAfter header of that answer
 * @param headers that any answer gets, besides or instead of its own
 * @param delayAnswerMs the call has been handled, and is answered only after this
 * @param lines damage to the lines of a file that is downloaded, the first to the first line, and so on
 * @param endsAfter bytes of a file after which it ends as if that were all; 0 for all of it
 * @param bytesPerSecond speed at which a file is sent; 0 for full speed
 * @param breaksAfter bytes of a file after which the connection is cut; 0 for never
 */
record Fault(
        String method,
        String path,
        @Nullable String host,
        int skip,
        int times,
        long delayBeforeMs,
        @Nullable Reset reset,
        int status,
        boolean handled,
        @Nullable String body,
        @Nullable String retryAfter,
        @Nullable Map<String, String> headers,
        long delayAnswerMs,
        @Nullable List<Damage> lines,
        int endsAfter,
        int bytesPerSecond,
        int breaksAfter) {

    /** Lets everything pass. */
    static final Fault NONE = new Fault("", "", null, 0, 0, 0, null, 0, false, null, null, null, 0, null, 0, 0, 0);

    private static final String JSON = "application/json";
    private static final long DELAY_MS_MAX = 600_000;

    enum Reset {
        BEFORE,
        DURING,
        AFTER
    }

    /** What becomes of one line. */
    enum Damage {
        NONE,
        /** Half of it is there. */
        CORRUPT,
        DUPLICATED,
        MISSING,
        /** It comes again, and before it under a custom_id that nobody sent. */
        FOREIGN,
        /** It comes last. */
        REORDERED,
        /** An empty line comes before it. */
        BLANK
    }

    /** @throws RefusedException naming what is wrong with it */
    void check() {
        require(!method.isEmpty() && !path.isEmpty(), "method and path are needed");
        require(skip >= 0 && times >= 0, "skip and times must be >= 0");
        require(
                Math.min(delayBeforeMs, delayAnswerMs) >= 0 && Math.max(delayBeforeMs, delayAnswerMs) <= DELAY_MS_MAX,
                "delays must be 0.." + DELAY_MS_MAX + " ms");
        require(status == 0 || (status >= 200 && status <= 599), "status must be 200..599");
        require(endsAfter >= 0 && bytesPerSecond >= 0 && breaksAfter >= 0, "bytes must be >= 0");
        try {
            Pattern.compile(path);
        } catch (PatternSyntaxException _) {
            require(false, "path must be a regular expression");
        }
    }

    boolean isFor(String calledMethod, String pathAndQuery, String calledHost) {
        return method.equals(calledMethod)
                && pathAndQuery.matches(path)
                && (host == null || calledHost.startsWith(host));
    }

    /** Of the answer that it gives. */
    String contentType() {
        return headers == null
                ? JSON
                : headers.entrySet().stream()
                        .filter(header -> header.getKey().equalsIgnoreCase("Content-Type"))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(JSON);
    }

    boolean damagesFiles() {
        return changesFiles() || bytesPerSecond > 0 || breaksAfter > 0;
    }

    /** Whether a file that comes to its end is another than it was. */
    boolean changesFiles() {
        return (lines != null && !lines.isEmpty()) || endsAfter > 0;
    }

    private static void require(boolean held, String rule) {
        if (!held) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(rule, null, null));
        }
    }
}

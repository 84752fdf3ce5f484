package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.Reply.Answer;
import dev.halfrate.processor.provider.http.Reply.Foreign;
import dev.halfrate.processor.provider.http.Reply.Silence;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tells a vendor's definite no from an answer that says nothing. */
public final class Refusals {
    private static final Pattern TOKEN_LIMIT = Pattern.compile("Limit: ([0-9,]{1,20}) enqueued tokens");
    private static final Duration RETRY_AFTER_MAX = Duration.ofMinutes(15);
    private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9_]{0,63}");
    private static final Set<Integer> DEFINITE_FOR_CREATE = Set.of(400, 401, 402, 403, 404, 413, 422, 429, 529);
    private static final Set<Integer> DEFINITE = Set.of(400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 429);

    private final Function<JsonNode, Optional<Kind>> kindOfError;
    private final InstantSource clock;

    /** @param kindOfError the level at which an error object says it acts; empty if it does not say */
    public Refusals(Function<JsonNode, Optional<Kind>> kindOfError, InstantSource clock) {
        this.kindOfError = kindOfError;
        this.clock = clock;
    }

    /** @return empty if nobody knows whether a batch was made */
    public Optional<Refusal> ofCreate(Answer answer) {
        if (!DEFINITE_FOR_CREATE.contains(answer.status())) {
            return Optional.empty();
        }
        return classify(answer);
    }

    /**
     * @return empty if nobody knows whether a single call was executed; a bad request if it was refused for itself, not
     *     found if whoever answered does not speak like a vendor
     */
    public Optional<Refusal> ofCall(Answer answer) {
        var status = answer.status();
        return switch (status) {
            case 408, 425, 499, 504 -> Optional.empty(); // somebody gave up waiting, and what was asked for goes on
            case 401, 403 -> classify(answer).or(() -> Optional.of(refusal(Kind.KEY, answer, "http_" + status)));
            case 429 -> classify(answer).or(() -> Optional.of(refusal(Kind.RATE, answer, "http_429")));
            case 400, 422 ->
                classify(answer).or(() -> Optional.of(refusal(Kind.BAD_REQUEST, answer, "http_" + status)));
            default -> {
                var said = classify(answer);
                yield said.isPresent() || status < 300 || status >= 500 || status == 409
                        ? said
                        : Optional.of(refusal(Kind.NOT_FOUND, answer, "http_" + status));
            }
        };
    }

    /** @return empty if asking again is all there is to do; for calls that may be repeated */
    public Optional<Refusal> ofSafeCall(Reply reply) {
        return switch (reply) {
            case Silence(var reason, var connected) ->
                connected ? Optional.empty() : Optional.of(unavailable("not_connected", reason));
            case Foreign(var answer) -> Optional.of(otherOrganization(answer));
            case Answer answer
            when answer.status() == 503 || answer.status() == 529 ->
                Optional.of(refusal(Kind.UNAVAILABLE, answer, "overloaded"));
            case Answer answer
            when answer.status() == 429 ->
                classify(answer).or(() -> Optional.of(refusal(Kind.RATE, answer, "http_429")));
            case Answer answer -> DEFINITE.contains(answer.status()) ? classify(answer) : Optional.empty();
        };
    }

    public static Refusal unavailable(String code, String reason) {
        return new Refusal(Kind.UNAVAILABLE, 0, code, reason, null);
    }

    /** The account waits until a key of the same organization is configured. */
    static Refusal otherOrganization(Answer answer) {
        return new Refusal(
                Kind.KEY,
                answer.status(),
                "other_organization",
                "it is of another organization, project or workspace than the account's batches: configure one of the"
                        + " same, or give the other an account of its own",
                null);
    }

    /** What a create was to carry is not there; another attempt writes it again. */
    public static Refusal noSpool() {
        return new Refusal(Kind.NOT_FOUND, 0, "no_spool", "the spool file is gone", null);
    }

    public static Refusal deadlinePassed() {
        return unavailable("deadline", "the deadline passed before all was sent");
    }

    /** An id or handle that must not get into a URL. */
    public static Refusal unusableId() {
        return new Refusal(Kind.BAD_REQUEST, 0, "unusable_id", "an id that no URL may hold", null);
    }

    /** @return the field if it can only be a code: vendors' texts may quote prompts and keys */
    public static @Nullable String code(JsonNode error, String field) {
        var text = error.path(field).asText("");
        return CODE.matcher(text).matches() ? text : null;
    }

    /** @return how many tokens the vendor says may be enqueued, 0 if it does not say */
    public static long limitTokens(JsonNode error) {
        var limit = TOKEN_LIMIT.matcher(error.path("message").asText(""));
        var digits = limit.find() ? limit.group(1).replace(",", "") : "";
        return digits.isEmpty() || digits.length() > 15 ? 0 : Long.parseLong(digits);
    }

    private Optional<Refusal> classify(Answer answer) {
        var error = answer.json().path("error");
        if (answer.status() == 413) {
            return Optional.of(refusal(Kind.TOO_LARGE, answer, "too_large"));
        }
        if (!error.path("message").isTextual()
                && !error.path("type").isTextual()
                && !error.path("code").isTextual()) {
            return Optional.empty();
        }
        var code = code(error, "code");
        var type = code(error, "type");
        var kind = kindOfError.apply(error).orElseGet(() -> kindOf(answer.status()));
        var name = code != null ? code : type != null ? type : "http_" + answer.status();
        return Optional.of(refusal(kind, answer, name));
    }

    private static Kind kindOf(int status) {
        return switch (status) {
            case 401, 403 -> Kind.KEY;
            case 402 -> Kind.CREDIT;
            case 404, 410 -> Kind.NOT_FOUND;
            case 429 -> Kind.RATE;
            default -> status >= 500 ? Kind.UNAVAILABLE : Kind.BAD_REQUEST;
        };
    }

    private Refusal refusal(Kind kind, Answer answer, String code) {
        var message = "HTTP %d %s".formatted(answer.status(), code);
        var limit = kind == Kind.QUEUE_FULL ? limitTokens(answer.json().path("error")) : 0;
        return new Refusal(kind, answer.status(), code, message, retryAfter(answer.headers()), limit);
    }

    /** @return the vendor's clock, if the answer shows it */
    static Optional<Instant> date(HttpHeaders headers) {
        return headers.firstValue("Date").flatMap(Refusals::parseDate);
    }

    private @Nullable Duration retryAfter(HttpHeaders headers) {
        var text = headers.firstValue("Retry-After").map(String::strip).orElse("");
        if (text.matches("[0-9]+")) {
            return text.length() > 6 ? RETRY_AFTER_MAX : capped(Duration.ofSeconds(Long.parseLong(text)));
        }
        return parseDate(text)
                .map(until -> capped(Duration.between(date(headers).orElseGet(clock::instant), until)))
                .orElse(null);
    }

    private static Duration capped(Duration wait) {
        return wait.isNegative() ? Duration.ZERO : wait.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : wait;
    }

    private static Optional<Instant> parseDate(String text) {
        try {
            return Optional.of(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant());
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}

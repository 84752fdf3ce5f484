package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.Mode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a request's record headers ask for, each of them empty if they do not.
 *
 * @param account by name, whichever models it takes, if it takes the topic
 * @param apiVersion of the vendor's API, where the vendor has such a header
 * @param betas of the vendor's API, likewise
 * @param tag a label for money
 * @param mode null for the account's
 * @param deadline as it was written: an instant, or a duration
 * @param result name of a rule for the result
 */
public record Wishes(
        String account,
        String apiVersion,
        List<String> betas,
        String tag,
        @Nullable Mode mode,
        String deadline,
        String result) {
    public static final String ACCOUNT = "halfrate-account";
    public static final String API_VERSION = "anthropic-version";
    public static final String BETAS = "anthropic-beta";
    public static final String TAG = "halfrate-tag";
    public static final String MODE = "halfrate-mode";
    public static final String DEADLINE = "halfrate-deadline";
    public static final String RESULT = "halfrate-result";
    public static final String COMMAND = "halfrate-command";

    /** What {@link #COMMAND} may be: the request whose custom_id is the record's key is not wanted any more. */
    public static final String CANCEL = "cancel";

    /** Nothing. */
    public static final Wishes NONE = new Wishes("", "", List.of(), "", null, "", "");

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    public Wishes {
        betas = List.copyOf(betas);
    }

    private static final Map<String, Mode> MODES = Map.of("batch", Mode.BATCH, "sync", Mode.SYNC, "auto", Mode.AUTO);

    /** Later than that is as good as never, and still a number of milliseconds. */
    private static final Instant DEADLINE_MAX = Instant.parse("9999-01-01T00:00:00Z");

    /** @return which header cannot be meant, and what it must be; never quotes it */
    public static Optional<String> fault(Headers headers) {
        if (isEmpty(headers)) {
            return Optional.empty();
        }
        var strange = Stream.of(ACCOUNT, API_VERSION, BETAS, TAG, RESULT)
                .filter(name -> words(headers, name).stream()
                        .anyMatch(word -> !WORD.matcher(word).matches()))
                .findFirst();
        if (strange.isPresent()) {
            return Optional.of("header %s must be words of letters, digits, '.', '_' and '-'".formatted(strange.get()));
        }
        var mode = word(headers, MODE);
        if (!mode.isEmpty() && !MODES.containsKey(mode)) {
            return Optional.of("header %s must be batch, sync or auto".formatted(MODE));
        }
        var deadline = word(headers, DEADLINE);
        return deadline.isEmpty() || instant(deadline, Instant.EPOCH).isPresent()
                ? Optional.empty()
                : Optional.of("header %s must be an instant such as 2026-11-21T20:00:00Z, or a duration such as 2h"
                        .formatted(DEADLINE));
    }

    /** @param requestedAt which a duration counts from */
    public Optional<Instant> deadline(Instant requestedAt) {
        return instant(deadline, requestedAt);
    }

    private static Optional<Instant> instant(String text, Instant since) {
        try {
            var at = text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : since.plus(Durations.parse(DEADLINE, text));
            if (at.isBefore(Instant.EPOCH)) {
                return Optional.of(Instant.EPOCH);
            }
            return Optional.of(at.isAfter(DEADLINE_MAX) ? DEADLINE_MAX : at);
        } catch (DateTimeParseException | ConfigException _) {
            return Optional.empty();
        }
    }

    public static Wishes of(Headers headers) {
        if (isEmpty(headers)) {
            return NONE;
        }
        return new Wishes(
                word(headers, ACCOUNT),
                word(headers, API_VERSION),
                words(headers, BETAS).stream().distinct().sorted().toList(),
                word(headers, TAG),
                MODES.get(word(headers, MODE)),
                word(headers, DEADLINE),
                word(headers, RESULT));
    }

    /** @return what is wished beside requests; empty for nothing */
    public static String command(Headers headers) {
        return word(headers, COMMAND);
    }

    /** Most records have none, and every look for one costs. */
    private static boolean isEmpty(Headers headers) {
        return !headers.iterator().hasNext();
    }

    private static String word(Headers headers, String name) {
        var words = words(headers, name);
        return words.isEmpty() ? "" : words.getFirst();
    }

    private static List<String> words(Headers headers, String name) {
        var header = headers.lastHeader(name);
        if (header == null || header.value() == null || header.value().length == 0) {
            return List.of();
        }
        var text = new String(header.value(), UTF_8);
        return name.equals(BETAS)
                ? Arrays.stream(text.split(",", -1)).map(String::strip).toList()
                : List.of(text);
    }
}

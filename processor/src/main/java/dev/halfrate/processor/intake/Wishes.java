package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;

/**
 * What a request's record headers ask for, each of them empty if they do not.
 *
 * @param account by name, whichever models it takes, if it takes the topic
 * @param apiVersion of the vendor's API, where the vendor has such a header
 * @param betas of the vendor's API, likewise
 * @param tag a label for money
 */
record Wishes(String account, String apiVersion, List<String> betas, String tag) {
    static final String ACCOUNT = "halfrate-account";
    static final String API_VERSION = "anthropic-version";
    static final String BETAS = "anthropic-beta";
    static final String TAG = "halfrate-tag";

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    Wishes {
        betas = List.copyOf(betas);
    }

    /** @return the name of a header whose value cannot be meant */
    static Optional<String> faulty(Headers headers) {
        return Stream.of(ACCOUNT, API_VERSION, BETAS, TAG)
                .filter(name -> words(headers, name).stream()
                        .anyMatch(word -> !WORD.matcher(word).matches()))
                .findFirst();
    }

    static Wishes of(Headers headers) {
        return new Wishes(
                word(headers, ACCOUNT),
                word(headers, API_VERSION),
                words(headers, BETAS).stream().distinct().sorted().toList(),
                word(headers, TAG));
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

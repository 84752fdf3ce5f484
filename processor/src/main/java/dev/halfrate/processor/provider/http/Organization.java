package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.provider.http.Reply.Answer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whose batches an account's are: the organization, and the project or workspace in it, that the vendor's answers name.
 * To a key of another one they are not there, which looks as if they had never been made: so its answers are not believed.
 *
 * <p>Thread-safe.
 */
public final class Organization {
    /** Keeps what was seen first for the next start. */
    @FunctionalInterface
    public interface Memory {
        /**
         * Called at most once, on a thread of its own; may block.
         *
         * @return what is kept: another process may have seen another one before
         */
        String remember(String organization);
    }

    private static final Pattern NAME = Pattern.compile("[!-~]{1,200}");

    private final Memory memory;
    /** Names by the header that they came in; empty as long as no answer has said them. */
    private Map<String, String> known;
    /** The last one that was answered for this organization. */
    private String provenKey = "";

    /** @param known what was remembered, empty if that is nothing */
    public Organization(String known, Memory memory) {
        this.known = parse(known);
        this.memory = memory;
    }

    /** @return one of which nothing is known yet, and nothing kept */
    public static Organization unknown() {
        return new Organization("", seen -> seen);
    }

    /** @return whether a key has to show whose it is before it is used */
    synchronized boolean needsProof(String key) {
        return !known.isEmpty() && !key.equals(provenKey);
    }

    synchronized void prove(String key) {
        provenKey = key;
    }

    /**
     * @param key that was sent
     * @param headers of answers, in which the vendor says it; not every server does
     * @return whether the answer is another one's
     */
    synchronized boolean isForeign(Answer answer, String key, Collection<String> headers) {
        var seen = new TreeMap<String, String>();
        headers.forEach(header -> answer.headers()
                .firstValue(header)
                .filter(name -> NAME.matcher(name).matches())
                .ifPresent(name -> seen.put(header, name)));
        if (known.isEmpty() && answer.ok() && !seen.isEmpty()) {
            learn(seen);
        }
        var foreign = known.entrySet().stream()
                .anyMatch(name ->
                        !seen.getOrDefault(name.getKey(), name.getValue()).equals(name.getValue()));
        if (foreign && key.equals(provenKey)) {
            provenKey = "";
        } else if (!foreign && seen.keySet().containsAll(known.keySet())) {
            provenKey = key;
        }
        return foreign;
    }

    private void learn(Map<String, String> seen) {
        known = Map.copyOf(seen);
        Thread.ofVirtual().name("organization").start(() -> adopt(parse(memory.remember(text(seen)))));
    }

    private synchronized void adopt(Map<String, String> kept) {
        if (!kept.equals(known)) {
            known = kept;
            provenKey = "";
        }
    }

    private static String text(Map<String, String> names) {
        return names.entrySet().stream()
                .map(name -> name.getKey() + "=" + name.getValue())
                .collect(Collectors.joining(" "));
    }

    private static Map<String, String> parse(String text) {
        return Arrays.stream(text.split(" ", -1))
                .map(name -> name.split("=", 2))
                .filter(name -> name.length == 2)
                .collect(Collectors.toUnmodifiableMap(name -> name[0], name -> name[1]));
    }
}

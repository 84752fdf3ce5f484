package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.provider.http.Reply.Answer;
import java.time.Duration;
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
         * Called on a thread of its own, again and again until it is kept; may block.
         *
         * @return what is kept: another process may have seen another one before. Empty if it could not be kept
         */
        String remember(String organization);
    }

    private static final Duration TRY_AGAIN_AFTER = Duration.ofMinutes(1);

    private static final Pattern NAME = Pattern.compile("[!-~]{1,200}");

    private final Memory memory;
    private final boolean checked;
    private final Duration tryAgainAfter;
    /** Whether all that is known is remembered, or about to be. */
    private boolean kept;

    private long keepNotBeforeNanos;
    /** Names by the header that they came in; empty as long as no answer has said them. */
    private Map<String, String> known;
    /** The last one that was answered for this organization. */
    private String provenKey = "";

    /** @param known what was remembered, empty if that is nothing */
    public Organization(String known, Memory memory) {
        this(known, memory, true, TRY_AGAIN_AFTER);
    }

    /** @param tryAgainAfter what was seen could not be kept */
    Organization(String known, Memory memory, boolean checked, Duration tryAgainAfter) {
        this.known = parse(known);
        this.memory = memory;
        this.checked = checked;
        this.tryAgainAfter = tryAgainAfter;
        this.kept = true;
        this.keepNotBeforeNanos = System.nanoTime();
    }

    /** @return any one: its answers are believed, whoever it says it is */
    public static Organization any() {
        return new Organization("", seen -> seen, false, TRY_AGAIN_AFTER);
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
        if (!checked) {
            return false;
        }
        var seen = seen(answer, headers);
        var foreign = known.entrySet().stream()
                .anyMatch(name ->
                        !seen.getOrDefault(name.getKey(), name.getValue()).equals(name.getValue()));
        if (foreign && key.equals(provenKey)) {
            provenKey = "";
        } else if (!foreign && seen.keySet().containsAll(known.keySet())) {
            provenKey = key;
        }
        if (!foreign && answer.ok()) {
            learn(seen);
        }
        return foreign;
    }

    /** @return whose an answer says the key is, as it is remembered; empty if it does not say */
    static String of(Answer answer, Collection<String> headers) {
        return text(seen(answer, headers));
    }

    private static Map<String, String> seen(Answer answer, Collection<String> headers) {
        var seen = new TreeMap<String, String>();
        headers.forEach(header -> answer.headers()
                .firstValue(header)
                .filter(name -> NAME.matcher(name).matches())
                .ifPresent(name -> seen.put(header, name)));
        return seen;
    }

    /** What the first answer left out, a later one may say. */
    private void learn(Map<String, String> seen) {
        if (!known.keySet().containsAll(seen.keySet())) {
            var all = new TreeMap<>(seen);
            all.putAll(known);
            known = Map.copyOf(all);
            kept = false;
        }
        if (!kept && System.nanoTime() - keepNotBeforeNanos >= 0) {
            kept = true;
            var all = text(new TreeMap<>(known));
            Thread.ofVirtual().name("organization").start(() -> remember(all));
        }
    }

    private void remember(String all) {
        var before = "";
        try {
            before = memory.remember(all);
        } finally {
            adopt(parse(before));
        }
    }

    private synchronized void adopt(Map<String, String> before) {
        if (before.isEmpty()) {
            kept = false;
            keepNotBeforeNanos = System.nanoTime() + tryAgainAfter.toNanos();
            return;
        }
        var all = new TreeMap<>(known);
        all.putAll(before);
        kept &= before.keySet().containsAll(all.keySet());
        if (!all.equals(known)) {
            known = Map.copyOf(all);
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

package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.http.Reply.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.function.Function;

/**
 * Looks through the list of batches, page by page. Vendors offer no filter, and not all of them promise an order: so an
 * early end needs every entry so far to be in order, and a complete listing needs every entry to be readable.
 */
public final class BatchList {
    private static final int PAGES_MAX = 500;
    /** Whoever wrote when the attempt began may have had its clock wrong by hours. */
    private static final Duration MARGIN = Duration.ofDays(1);

    /** @param createdAt far in the future if the vendor does not say */
    public record Entry(JsonNode json, Instant createdAt, RemoteBatch remote) {}

    /** Takes the entries in the order of the list. */
    @FunctionalInterface
    public interface Entries {
        /** @return whether older ones are of interest too */
        boolean accept(Entry entry);
    }

    /** How the listing ended. */
    public sealed interface Outcome {
        /**
         * Nothing that was asked for is left out.
         *
         * @param newestFirst whether all entries were in order
         * @param horizon older entries may or may not have been listed
         */
        record Complete(boolean newestFirst, Instant horizon) implements Outcome {}

        record Incomplete(String reason) implements Outcome {}
    }

    /**
     * Where and how a vendor lists.
     *
     * @param path of the first page, its query included
     * @param cursor query parameter that takes the id of the last entry so far
     * @param entry empty if it has no usable id
     */
    public record Form(String path, String cursor, Function<JsonNode, Optional<Entry>> entry) {}

    private final Form form;
    private final Function<String, Reply> get;
    private final InstantSource clock;

    /** @param get calls a path */
    BatchList(Form form, Function<String, Reply> get, InstantSource clock) {
        this.form = form;
        this.get = get;
        this.clock = clock;
    }

    /** One full listing of what was made since, and perhaps of older ones. */
    Outcome read(Instant since, Entries entries) {
        var cursors = new HashSet<String>();
        var newestFirst = true;
        var wanted = true;
        var previous = Instant.MAX;
        var path = form.path();
        for (var page = 0; page < PAGES_MAX; page++) {
            var reply = get.apply(path);
            if (!(reply instanceof Answer answer && answer.ok())) {
                return new Outcome.Incomplete(reply.reason());
            }
            var list = answer.json();
            if (!list.path("data").isArray()) {
                return new Outcome.Incomplete("not a list");
            }
            var last = "";
            for (var json : list.path("data")) {
                var entry = form.entry().apply(json).orElse(null);
                if (entry == null) {
                    return new Outcome.Incomplete("an entry without a usable id");
                }
                last = entry.remote().id();
                newestFirst &= !entry.createdAt().isAfter(previous);
                previous = entry.createdAt();
                wanted &= entries.accept(entry);
            }
            var horizon = horizon(since, answer);
            var enough = newestFirst && (!wanted || previous.isBefore(horizon));
            if (enough || !hasMore(list)) {
                return new Outcome.Complete(newestFirst, horizon);
            }
            if (last.isEmpty() || !cursors.add(last)) {
                return new Outcome.Incomplete("the list does not go on");
            }
            path = "%s&%s=%s".formatted(form.path(), form.cursor(), last);
        }
        return new Outcome.Incomplete("more than %d pages".formatted(PAGES_MAX));
    }

    /** A server that does not say goes on until a page is empty. */
    private static boolean hasMore(JsonNode list) {
        return list.path("has_more").asBoolean(!list.path("data").isEmpty());
    }

    /** @return when older batches begin, by the vendor's clock or ours, whichever is slower */
    private Instant horizon(Instant since, Answer answer) {
        var ahead = Refusals.date(answer.headers())
                .map(date -> Duration.between(clock.instant(), date))
                .filter(Duration::isNegative)
                .orElse(Duration.ZERO);
        return since.plus(ahead).minus(MARGIN);
    }
}

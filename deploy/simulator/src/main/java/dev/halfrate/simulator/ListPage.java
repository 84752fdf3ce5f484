package dev.halfrate.simulator;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One page of a list on the wire; the specification wants both ids to be strings, so an empty page has empty ones. */
record ListPage<T>(String object, List<T> data, String firstId, String lastId, boolean hasMore) {

    /**
     * @param after the id of the item that the page follows, null for the first page
     * @throws RefusedException if no item has that id
     */
    static <T> ListPage<T> of(List<T> all, Function<T, String> id, @Nullable String after, int limit) {
        List<String> ids = all.stream().map(id).toList();
        int from = after == null ? 0 : ids.indexOf(after) + 1;
        if (after != null && from == 0) {
            throw RefusedException.badRequest(OpenAiError.invalidRequest(
                    "Invalid 'after': no object with id '%s' found.".formatted(after), "after", "invalid_value"));
        }
        int to = Math.min(all.size(), from + limit);
        boolean empty = from == to;
        return new ListPage<>(
                "list",
                all.subList(from, to),
                empty ? "" : ids.get(from),
                empty ? "" : ids.get(to - 1),
                to < all.size());
    }

    <R> ListPage<R> with(List<R> mapped) {
        return new ListPage<>(object, mapped, firstId, lastId, hasMore);
    }
}

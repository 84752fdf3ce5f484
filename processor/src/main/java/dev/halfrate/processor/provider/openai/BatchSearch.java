package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.FindOutcome.CannotTell;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.openai.Reply.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Looks through the list of batches for those of one attempt. The vendor offers no filter and promises no order, so
 * an early end needs every entry so far to be in order, and "absent" needs every entry to be readable.
 */
final class BatchSearch {
    private static final int PAGE_ENTRIES = 100;
    private static final int PAGES_MAX = 500;
    /** Whoever wrote when the attempt began may have had its clock wrong by hours. */
    private static final Duration MARGIN = Duration.ofDays(1);

    private record Match(long createdAt, RemoteBatch remote) {}

    private final HttpCalls calls;
    private final Duration timeout;
    private final InstantSource clock;

    BatchSearch(HttpCalls calls, Duration timeout, InstantSource clock) {
        this.calls = calls;
        this.timeout = timeout;
        this.clock = clock;
    }

    FindOutcome find(Search search) {
        var matches = new ArrayList<Match>();
        var cursors = new HashSet<String>();
        var newestFirst = true;
        var previous = Long.MAX_VALUE;
        var after = "";
        for (var page = 0; page < PAGES_MAX; page++) {
            var reply =
                    calls.ask(calls.to("/batches?limit=" + PAGE_ENTRIES + after).GET(), timeout);
            if (!(reply instanceof Answer answer && answer.ok())) {
                return new CannotTell(reply.reason());
            }
            var list = answer.json();
            if (!list.path("data").isArray()) {
                return new CannotTell("not a list");
            }
            var last = "";
            for (var entry : list.path("data")) {
                var remote = Batches.parse(entry);
                if (remote.isEmpty()) {
                    return new CannotTell("an entry without a usable id");
                }
                last = remote.get().id();
                var createdAt = entry.path("created_at").asLong(Long.MAX_VALUE);
                newestFirst &= createdAt <= previous;
                previous = createdAt;
                if (isOf(search, entry, remote.get())) {
                    matches.add(new Match(createdAt, remote.get()));
                }
            }
            var older = newestFirst && previous < horizon(search, answer).getEpochSecond();
            if (older || !hasMore(list)) {
                return outcome(matches);
            }
            if (last.isEmpty() || !cursors.add(last)) {
                return new CannotTell("the list does not go on");
            }
            after = "&after=" + last;
        }
        return new CannotTell("more than %d pages".formatted(PAGES_MAX));
    }

    private static boolean isOf(Search search, JsonNode entry, RemoteBatch remote) {
        return search.inputFileId().equals(remote.inputFileId())
                || search.tag().equals(Json.text(entry.path("metadata"), OpenAiProvider.ATTEMPT));
    }

    /** A server that does not say goes on until a page is empty. */
    private static boolean hasMore(JsonNode list) {
        return list.path("has_more").asBoolean(!list.path("data").isEmpty());
    }

    /** @return when older batches begin, by the vendor's clock or ours, whichever is slower */
    private Instant horizon(Search search, Answer answer) {
        var ahead = Refusals.date(answer.headers())
                .map(date -> Duration.between(clock.instant(), date))
                .filter(Duration::isNegative)
                .orElse(Duration.ZERO);
        return search.since().plus(ahead).minus(MARGIN);
    }

    private static FindOutcome outcome(List<Match> matches) {
        if (matches.isEmpty()) {
            return new FindOutcome.Absent();
        }
        return new FindOutcome.Found(matches.stream()
                .sorted(Comparator.comparingLong(Match::createdAt))
                .map(Match::remote)
                .toList());
    }
}

package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.FindOutcome.CannotTell;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.openai.Reply.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Looks through the list of batches, for those of one attempt or for all. The vendor offers no filter and promises no order, so
 * an early end needs every entry so far to be in order, and "absent" needs every entry to be readable.
 */
final class BatchSearch {
    private static final int PAGE_ENTRIES = 100;
    private static final int PAGES_MAX = 500;
    /** Whoever wrote when the attempt began may have had its clock wrong by hours. */
    private static final Duration MARGIN = Duration.ofDays(1);

    @FunctionalInterface
    private interface Entries {
        void accept(JsonNode entry, long createdAt, RemoteBatch remote);
    }

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
        return list(search.since(), (entry, createdAt, remote) -> {
                    if (isOf(search, entry, remote)) {
                        matches.add(new Match(createdAt, remote));
                    }
                })
                .<FindOutcome>map(CannotTell::new)
                .orElseGet(() -> outcome(matches));
    }

    SweepOutcome sweep(Instant since) {
        var listed = new ArrayList<SweepOutcome.Listed>();
        return list(since, (entry, _, remote) -> {
                    var metadata = entry.path("metadata");
                    listed.add(new SweepOutcome.Listed(
                            remote,
                            metadata.path(OpenAiProvider.BATCH).asText(""),
                            metadata.path(OpenAiProvider.ATTEMPT).asText("")));
                })
                .<SweepOutcome>map(SweepOutcome.CannotTell::new)
                .orElseGet(() -> new SweepOutcome.Swept(listed));
    }

    /** @return why the listing is not complete, empty if it is */
    private Optional<String> list(Instant since, Entries entries) {
        var cursors = new HashSet<String>();
        var newestFirst = true;
        var previous = Long.MAX_VALUE;
        var after = "";
        for (var page = 0; page < PAGES_MAX; page++) {
            var reply =
                    calls.ask(calls.to("/batches?limit=" + PAGE_ENTRIES + after).GET(), timeout);
            if (!(reply instanceof Answer answer && answer.ok())) {
                return Optional.of(reply.reason());
            }
            var list = answer.json();
            if (!list.path("data").isArray()) {
                return Optional.of("not a list");
            }
            var last = "";
            for (var entry : list.path("data")) {
                var remote = Batches.parse(entry);
                if (remote.isEmpty()) {
                    return Optional.of("an entry without a usable id");
                }
                last = remote.get().id();
                var createdAt = entry.path("created_at").asLong(Long.MAX_VALUE);
                newestFirst &= createdAt <= previous;
                previous = createdAt;
                entries.accept(entry, createdAt, remote.get());
            }
            var older = newestFirst && previous < horizon(since, answer).getEpochSecond();
            if (older || !hasMore(list)) {
                return Optional.empty();
            }
            if (last.isEmpty() || !cursors.add(last)) {
                return Optional.of("the list does not go on");
            }
            after = "&after=" + last;
        }
        return Optional.of("more than %d pages".formatted(PAGES_MAX));
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
    private Instant horizon(Instant since, Answer answer) {
        var ahead = Refusals.date(answer.headers())
                .map(date -> Duration.between(clock.instant(), date))
                .filter(Duration::isNegative)
                .orElse(Duration.ZERO);
        return since.plus(ahead).minus(MARGIN);
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

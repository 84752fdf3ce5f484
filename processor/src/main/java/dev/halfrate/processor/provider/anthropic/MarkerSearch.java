package dev.halfrate.processor.provider.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.http.BatchCalls;
import dev.halfrate.processor.provider.http.BatchList;
import dev.halfrate.processor.provider.http.BatchList.Entry;
import dev.halfrate.processor.provider.http.BatchList.Outcome;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Looks for batches that are newer than a marker: nothing in a batch says whose it is. Read from the newest one down to
 * the marker, because a marker may have been deleted meanwhile, and is then no cursor any more; what was made since the
 * attempt began remains.
 */
final class MarkerSearch {
    private static final BatchList.Form LIST =
            new BatchList.Form(AnthropicProvider.BATCHES + "?limit=1000", "after_id", MarkerSearch::entry);

    private final BatchCalls calls;

    MarkerSearch(BatchCalls calls) {
        this.calls = calls;
    }

    FindOutcome find(Search search) {
        var read = new Entries(search.marker());
        return switch (calls.list(LIST, search.since(), read)) {
            case Outcome.Complete complete -> new FindOutcome.Candidates(read.candidates(complete));
            case Outcome.Incomplete(var reason) -> new FindOutcome.CannotTell(reason);
        };
    }

    SweepOutcome sweep(Instant since) {
        var listed = new ArrayList<SweepOutcome.Listed>();
        return switch (calls.list(LIST, since, entry -> listed.add(new SweepOutcome.Listed(entry.remote(), "", "")))) {
            case Outcome.Complete _ -> new SweepOutcome.Swept(listed);
            case Outcome.Incomplete(var reason) -> new SweepOutcome.CannotTell(reason);
        };
    }

    private static Optional<Entry> entry(JsonNode json) {
        return MessageBatches.parse(json).map(remote -> new Entry(json, createdAt(json), remote));
    }

    private static Instant createdAt(JsonNode json) {
        try {
            return Instant.parse(json.path("created_at").asText(""));
        } catch (DateTimeException _) {
            return Instant.MAX;
        }
    }

    /** What was listed, but for the marker. */
    private static final class Entries implements BatchList.Entries {
        private final String marker;
        private final List<Entry> listed = new ArrayList<>();
        private int beforeMarker = -1;

        Entries(String marker) {
            this.marker = marker;
        }

        @Override
        public boolean accept(Entry entry) {
            if (entry.remote().id().equals(marker)) {
                beforeMarker = listed.size();
            } else {
                listed.add(entry);
            }
            return beforeMarker < 0;
        }

        /** The oldest first. The marker's place says nothing in a list that is not in order. */
        List<RemoteBatch> candidates(Outcome.Complete complete) {
            var newer = complete.newestFirst() && beforeMarker >= 0 ? listed.subList(0, beforeMarker) : listed;
            return newer.reversed().stream()
                    .filter(entry -> !entry.createdAt().isBefore(complete.horizon()))
                    .sorted(Comparator.comparing(Entry::createdAt))
                    .map(Entry::remote)
                    .toList();
        }
    }
}

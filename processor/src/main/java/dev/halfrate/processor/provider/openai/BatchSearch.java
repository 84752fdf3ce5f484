package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.http.BatchCalls;
import dev.halfrate.processor.provider.http.BatchList;
import dev.halfrate.processor.provider.http.BatchList.Entry;
import dev.halfrate.processor.provider.http.HttpCalls;
import dev.halfrate.processor.provider.http.Json;
import dev.halfrate.processor.provider.http.Reply.Answer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Looks for batches by their metadata and input file: those of one attempt, or all. */
final class BatchSearch {
    private static final BatchList.Form LIST =
            new BatchList.Form(OpenAiProvider.BATCHES + "?limit=100", "after", BatchSearch::entry);

    private final BatchCalls calls;

    BatchSearch(BatchCalls calls) {
        this.calls = calls;
    }

    FindOutcome find(Search search) {
        var matches = new ArrayList<Entry>();
        var nameless = new ArrayList<Entry>();
        var outcome = calls.list(LIST, search.since(), entry -> {
            if (isOf(search, entry)) {
                matches.add(entry);
            } else if (!entry.json().path("metadata").isObject()) {
                nameless.add(entry);
            }
            return true;
        });
        return switch (outcome) {
            case BatchList.Outcome.Complete _ when !matches.isEmpty() -> found(matches);
            // Without an input file only its metadata tells a batch from others, and not every gateway shows them.
            case BatchList.Outcome.Complete _
            when search.inputFileId().isEmpty() && !nameless.isEmpty() ->
                new FindOutcome.CannotTell("the list has batches without metadata");
            case BatchList.Outcome.Complete _ -> new FindOutcome.Absent();
            case BatchList.Outcome.Incomplete(var reason) -> new FindOutcome.CannotTell(reason);
        };
    }

    SweepOutcome sweep(Instant since) {
        var listed = new ArrayList<SweepOutcome.Listed>();
        var outcome = calls.list(LIST, since, entry -> listed.add(listed(entry.json(), entry.remote())));
        return switch (outcome) {
            case BatchList.Outcome.Complete _ -> new SweepOutcome.Swept(listed);
            case BatchList.Outcome.Incomplete(var reason) -> new SweepOutcome.CannotTell(reason);
        };
    }

    SweepOutcome lookUp(String remoteBatchId) {
        if (!HttpCalls.isSegment(remoteBatchId)) {
            return new SweepOutcome.Swept(List.of());
        }
        var reply = calls.get(OpenAiProvider.BATCHES + "/" + remoteBatchId);
        if (reply instanceof Answer answer && answer.ok()) {
            return new SweepOutcome.Swept(Batches.parse(answer.json()).stream()
                    .map(remote -> listed(answer.json(), remote))
                    .toList());
        }
        return calls.otherwise(
                reply,
                refusal -> refusal.kind() == Refusal.Kind.NOT_FOUND
                        ? new SweepOutcome.Swept(List.of())
                        : new SweepOutcome.CannotTell(refusal.message()),
                SweepOutcome.CannotTell::new);
    }

    private static SweepOutcome.Listed listed(JsonNode json, RemoteBatch remote) {
        var metadata = json.path("metadata");
        return new SweepOutcome.Listed(
                remote,
                metadata.path(OpenAiProvider.BATCH).asText(""),
                metadata.path(OpenAiProvider.ATTEMPT).asText(""));
    }

    private static Optional<Entry> entry(JsonNode json) {
        return Batches.parse(json).map(remote -> new Entry(json, createdAt(json), remote));
    }

    /** Azure writes a text where others write seconds. */
    private static Instant createdAt(JsonNode json) {
        var text = json.path("created_at");
        if (text.isTextual()) {
            try {
                return OffsetDateTime.parse(text.textValue()).toInstant();
            } catch (DateTimeParseException _) {
                return Instant.MAX;
            }
        }
        var seconds = json.path("created_at").asLong(Long.MAX_VALUE);
        return Instant.ofEpochSecond(Math.clamp(seconds, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()));
    }

    private static boolean isOf(Search search, Entry entry) {
        return search.inputFileId().equals(entry.remote().inputFileId())
                || search.tag().equals(Json.text(entry.json().path("metadata"), OpenAiProvider.ATTEMPT));
    }

    private static FindOutcome.Found found(List<Entry> matches) {
        List<RemoteBatch> oldestFirst = matches.stream()
                .sorted(Comparator.comparing(Entry::createdAt))
                .map(Entry::remote)
                .toList();
        return new FindOutcome.Found(oldestFirst);
    }
}

package dev.halfrate.processor.tracing;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.tracing.FinishedSpan.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch's own trace: a span for each state that it was in, below the one of its whole life. All ids follow from the
 * batch's, so that whoever has it can point to them. One that sends its requests one by one has none.
 */
final class BatchSpans {
    /** A state, and when the batch got into it. */
    private record Phase(BatchState state, int attempt, Instant since) {}

    /** Of the batches that are not over. */
    private final Map<String, Phase> phases = new HashMap<>();

    /** @return the span of the whole life of a batch, or of the window that a part was split off from */
    static TraceContext context(String batchId) {
        return TraceContext.sampled(SpanIds.trace("batch", batchId), SpanIds.span("batch", batchId));
    }

    /** Takes it up where an earlier owner left it. */
    void restored(Batch batch) {
        if (!batch.settled() && !batch.header().atOnce()) {
            phases.put(batch.id(), phase(batch));
        }
    }

    /** @return the spans that are over by the batch being what it is now */
    List<FinishedSpan> changed(Batch batch) {
        if (batch.header().atOnce()) {
            return List.of();
        }
        var spans = new ArrayList<FinishedSpan>();
        var before = phases.get(batch.id());
        if (before != null && !before.state.getClass().equals(batch.state().getClass())) {
            spans.add(ended(batch, before));
        }
        if (batch.settled()) {
            if (before != null) {
                spans.add(life(batch));
            }
            phases.remove(batch.id());
        } else if (before == null || !spans.isEmpty()) {
            phases.put(batch.id(), phase(batch));
        }
        return spans;
    }

    private static Phase phase(Batch batch) {
        var since = switch (batch.state()) {
            case BatchState.Sealed _
            when batch.attempt().number() == 1 -> batch.header().sealedAt();
            case BatchState.Running running -> running.createdAt();
            case BatchState.Ended ended -> ended.endedAt();
            default -> batch.changedAt();
        };
        return new Phase(batch.state(), batch.attempt().number(), since);
    }

    private static FinishedSpan ended(Batch batch, Phase phase) {
        var life = life(batch.id(), batch.header().windowId());
        var name = "halfrate " + name(phase.state);
        var id = SpanIds.span(batch.id(), name, phase.since.toString());
        return new FinishedSpan(
                name,
                phase.state instanceof BatchState.Running ? Kind.CLIENT : Kind.INTERNAL,
                life.withSpan(id),
                life,
                phase.since,
                phase(batch).since,
                Map.of("halfrate.batch.id", batch.id(), "halfrate.batch.attempt", (long) phase.attempt),
                List.of(),
                "");
    }

    private static FinishedSpan life(Batch batch) {
        var header = batch.header();
        var tally = batch.tally();
        var spend = tally.spending().total();
        var attributes = new HashMap<String, Object>(Map.of(
                "halfrate.batch.id", batch.id(),
                "halfrate.account", header.account(),
                "halfrate.endpoint", header.endpoint(),
                "gen_ai.request.model", header.model(),
                "gen_ai.usage.input_tokens", spend.usage().inputTokens(),
                "gen_ai.usage.output_tokens", spend.usage().outputTokens(),
                "halfrate.batch.attempts", (long) batch.attempt().number(),
                "messaging.batch.message_count", (long) batch.items(),
                "halfrate.batch.succeeded", (long) tally.succeeded(),
                "halfrate.batch.failed", (long) tally.failed()));
        attributes.put("halfrate.batch.expired", (long) tally.expired());
        attributes.put("halfrate.batch.cancelled", (long) tally.cancelled());
        attributes.put("halfrate.batch.returned", (long) tally.returned());
        attributes.put("halfrate.batch.remote_id", batch.attempt().remoteBatchId());
        attributes.put("halfrate.cost.usd", spend.cost().paid().dollars().doubleValue());
        return new FinishedSpan(
                "halfrate batch",
                Kind.INTERNAL,
                life(batch.id(), header.windowId()),
                parent(batch),
                header.sealedAt(),
                batch.changedAt(),
                attributes,
                List.of(),
                "");
    }

    /** Parts are in the trace of their window. */
    private static TraceContext life(String batchId, String windowId) {
        var window = context(windowId);
        return batchId.equals(windowId) ? window : window.withSpan(SpanIds.span("batch", batchId));
    }

    private static @Nullable TraceContext parent(Batch batch) {
        return batch.header().part()
                ? life(batch.header().parentId(), batch.header().windowId())
                : null;
    }

    /** What is done in a state, not what was done before it. */
    private static String name(BatchState state) {
        return switch (state) {
            case BatchState.Sealed _ -> "spool";
            case BatchState.Priming _ -> "prime";
            case BatchState.Spooled _ -> "upload";
            case BatchState.Uploaded _ -> "permit";
            case BatchState.Creating _ -> "create";
            case BatchState.Quiescing _ -> "doubt";
            case BatchState.Revoking _ -> "revoke";
            case BatchState.Hold _ -> "hold";
            case BatchState.Running _ -> "run";
            case BatchState.Refused _ -> "refused";
            case BatchState.Ended _ -> "collect";
            case BatchState.Calling _ -> "calls";
            case BatchState.Split _ -> "parts";
            case BatchState.Settled _ -> "settled";
        };
    }
}

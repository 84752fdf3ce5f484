package dev.halfrate.processor.tracing;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.tracing.FinishedSpan.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The spans of a request that has ended: one for its whole life, and below it what it waited for.
 *
 * @param customIds whether they say which request it is
 */
record RequestSpans(Sampling sampling, boolean customIds) {
    private static final String NAME = "halfrate request";
    private static final int TEXT_MAX = 200;

    /** @param batch that it was in, null if it was in none */
    List<FinishedSpan> of(Result result, @Nullable Batch batch) {
        var chosen = sampling.of(result.request()).orElse(null);
        if (chosen == null) {
            return List.of();
        }
        var failure = result.failure();
        var spans = new ArrayList<FinishedSpan>();
        var link = batch == null || batch.header().atOnce()
                ? List.<TraceContext>of()
                : List.of(BatchSpans.context(batch.header().windowId()));
        spans.add(new FinishedSpan(
                NAME,
                Kind.CONSUMER,
                chosen.own(),
                chosen.parent(),
                result.requestedAt(),
                result.publishedAt(),
                attributes(result),
                link,
                failure == null ? "" : word(failure.code())));
        if (batch != null) {
            var sealedAt = batch.header().sealedAt();
            spans.add(below(chosen, "halfrate window", Kind.INTERNAL, result.requestedAt(), sealedAt, List.of()));
            var created = result.createdAt();
            var ended = result.endedAt();
            if (batch.header().atOnce() || created == null || ended == null) {
                spans.add(below(chosen, "halfrate call", Kind.CLIENT, sealedAt, result.publishedAt(), List.of()));
            } else {
                spans.add(below(chosen, "halfrate submit", Kind.INTERNAL, sealedAt, created, List.of()));
                spans.add(below(chosen, "halfrate vendor", Kind.CLIENT, created, ended, link));
                spans.add(below(chosen, "halfrate collect", Kind.INTERNAL, ended, result.publishedAt(), List.of()));
            }
        }
        return spans;
    }

    List<FinishedSpan> of(DeadLetter letter, Instant now) {
        var where = "%s-%d@%d".formatted(letter.topic(), letter.partition(), letter.offset());
        return sampling.of(letter.traceparent(), where).stream()
                .map(chosen -> new FinishedSpan(
                        NAME,
                        Kind.CONSUMER,
                        chosen.own(),
                        chosen.parent(),
                        Instant.ofEpochMilli(Math.max(0, letter.timestamp())),
                        now,
                        with(
                                letter.customId(),
                                Map.of(
                                        "messaging.system", "kafka",
                                        "messaging.operation.name", "process",
                                        "messaging.operation.type", "process",
                                        "messaging.destination.name", letter.topic(),
                                        "messaging.destination.partition.id", Integer.toString(letter.partition()),
                                        "messaging.kafka.offset", letter.offset(),
                                        "halfrate.status", "dead_lettered")),
                        List.of(),
                        lower(letter.reason())))
                .toList();
    }

    List<FinishedSpan> absorbed(Result.Request request, Instant now) {
        return sampling
                .of(
                        request.traceparent(),
                        request.customId(),
                        Long.toString(request.requestedAt().toEpochMilli()),
                        "absorbed")
                .stream()
                .map(chosen -> new FinishedSpan(
                        NAME,
                        Kind.CONSUMER,
                        chosen.own(),
                        chosen.parent(),
                        request.requestedAt(),
                        now,
                        with(
                                request.customId(),
                                Map.of(
                                        "messaging.system", "kafka",
                                        "messaging.operation.name", "process",
                                        "messaging.operation.type", "process",
                                        "halfrate.status", "absorbed")),
                        List.of(),
                        ""))
                .toList();
    }

    private static FinishedSpan below(
            Sampling.Chosen chosen, String name, Kind kind, Instant start, Instant end, List<TraceContext> links) {
        var own = chosen.own();
        var id = SpanIds.span(own.traceId() + own.spanId(), name);
        return new FinishedSpan(name, kind, own.withSpan(id), own, start, end, Map.of(), links, "");
    }

    private Map<String, Object> attributes(Result result) {
        var attributes = new HashMap<String, Object>();
        attributes.put("messaging.system", "kafka");
        attributes.put("messaging.operation.name", "process");
        attributes.put("messaging.operation.type", "process");
        attributes.put("halfrate.status", lower(result.status()));
        attributes.put("halfrate.attempts", (long) result.attempts());
        putText(attributes, "halfrate.account", result.account());
        putText(attributes, "halfrate.tag", result.tag());
        putText(attributes, "halfrate.batch.id", result.batchId());
        putText(attributes, "halfrate.batch.remote_id", result.remoteBatchId());
        putText(attributes, "gen_ai.provider.name", result.provider());
        putText(attributes, "gen_ai.request.model", result.model());
        if (result.httpStatus() != 0) {
            attributes.put("http.response.status_code", (long) result.httpStatus());
        }
        var usage = result.usage();
        if (usage != null) {
            attributes.put("gen_ai.usage.input_tokens", usage.inputTokens());
            attributes.put("gen_ai.usage.output_tokens", usage.outputTokens());
        }
        var cost = result.cost();
        if (cost != null) {
            attributes.put("halfrate.cost.usd", cost.paid().dollars().doubleValue());
        }
        return with(result.customId(), attributes);
    }

    private Map<String, Object> with(@Nullable String customId, Map<String, Object> attributes) {
        if (!customIds || customId == null) {
            return attributes;
        }
        var more = new HashMap<>(attributes);
        more.put("halfrate.custom_id", customId);
        return more;
    }

    private static void putText(Map<String, Object> attributes, String name, String text) {
        if (!text.isEmpty()) {
            attributes.put(name, text.substring(0, Math.min(text.length(), TEXT_MAX)));
        }
    }

    private static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }

    /** A vendor's code is one of its words as long as it looks like one; anything else might quote a prompt. */
    private static String word(String code) {
        return code.matches("[A-Za-z0-9_.-]{1,64}") ? code : "_OTHER";
    }
}

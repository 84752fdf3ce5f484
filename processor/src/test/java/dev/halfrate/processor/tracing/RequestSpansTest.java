package dev.halfrate.processor.tracing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.money.Usage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestSpansTest {
    private static final Instant SEALED = Examples.HEADER.sealedAt();
    private static final Instant REQUESTED = SEALED.minusSeconds(60);
    private static final Instant CREATED = SEALED.plusSeconds(5);
    private static final Instant ENDED = SEALED.plusSeconds(5_000);
    private static final Instant PUBLISHED = SEALED.plusSeconds(5_010);
    private static final TraceContext PRODUCER =
            new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "01");
    private static final Batch BATCH = Examples.in(new BatchState.Settled(PUBLISHED));

    private final RequestSpans spans = new RequestSpans(new Sampling(0), false);

    @Test
    void itsLifeIsBelowItsProducersSpanAndWhatItWaitedForBelowIt() {
        var all = spans.of(result(PRODUCER.traceparent(), null), BATCH);

        var life = all.getFirst();
        assertThat(life.name()).isEqualTo("halfrate request");
        assertThat(life.parent()).isEqualTo(PRODUCER);
        assertThat(life.start()).isEqualTo(REQUESTED);
        assertThat(life.end()).isEqualTo(PUBLISHED);
        assertThat(life.links())
                .containsExactly(BatchSpans.context(BATCH.header().windowId()));
        var below = all.subList(1, all.size());
        assertThat(below).extracting(FinishedSpan::parent).containsOnly(life.context());
        assertThat(below)
                .extracting(FinishedSpan::name, FinishedSpan::start, FinishedSpan::end)
                .containsExactly(
                        tuple("halfrate window", REQUESTED, SEALED),
                        tuple("halfrate submit", SEALED, CREATED),
                        tuple("halfrate vendor", CREATED, ENDED),
                        tuple("halfrate collect", ENDED, PUBLISHED));
    }

    @Test
    void nothingThatAnybodyWroteIsInThem() {
        var failure = new Result.Failure("MARKER code of a vendor", "MARKER message", false);

        var all = spans.of(result(PRODUCER.traceparent(), failure), BATCH);

        assertThat(all.toString()).doesNotContain("MARKER").doesNotContain("id-1");
        assertThat(all.getFirst().error()).isEqualTo("_OTHER");
        assertThat(new RequestSpans(new Sampling(0), true)
                        .of(result(PRODUCER.traceparent(), failure), BATCH)
                        .getFirst()
                        .attributes())
                .containsEntry("halfrate.custom_id", "id-1");
    }

    @Test
    void oneThatIsNotSampledHasNone() {
        assertThat(spans.of(result(null, null), BATCH)).isEmpty();
    }

    /** One that its producer sampled. */
    static Result.Request request() {
        return request(PRODUCER.traceparent());
    }

    private static Result.Request request(@Nullable String traceparent) {
        return new Result.Request("id-1", "", REQUESTED, traceparent, Map.of("h", "MARKER"), Map.of("m", "MARKER"), "");
    }

    private static Result result(@Nullable String traceparent, Result.@Nullable Failure failure) {
        return new Result(
                request(traceparent),
                failure == null ? Result.Status.SUCCEEDED : Result.Status.FAILED,
                "openai",
                "main",
                "gpt-5",
                200,
                "MARKER".getBytes(UTF_8),
                new Result.Output(false, "MARKER".getBytes(UTF_8)),
                failure,
                new Usage(10, 0, 0, 3),
                BATCH.id(),
                "batch_1",
                1,
                CREATED,
                ENDED,
                PUBLISHED,
                null,
                null);
    }

    @Test
    void aSpanDoesNotEndBeforeItBegins() {
        var span = new FinishedSpan(
                "some", FinishedSpan.Kind.INTERNAL, PRODUCER, null, SEALED, REQUESTED, Map.of(), List.of(), "");

        assertThat(span.end()).isEqualTo(SEALED);
    }
}

package dev.halfrate.processor.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TracingTest {
    private static final RequestSpans REQUESTS = new RequestSpans(new Sampling(1), false);

    private final List<FinishedSpan> written = new ArrayList<>();

    @Test
    void aDefectInWritingSpansStopsNoPartition() {
        var batches = new Tracing(new Broken(), REQUESTS).batches();

        assertThatCode(() -> batches.committed(
                        List.of(Examples.in(new BatchState.Settled(Examples.HEADER.sealedAt()))), List.of()))
                .doesNotThrowAnyException();
    }

    @Test
    void whatWasAbortedHasNoSpans() {
        var tracing = new Tracing(new Kept(), REQUESTS);

        tracing.absorbed(RequestSpansTest.request(), Examples.HEADER.sealedAt());
        tracing.aborted();
        tracing.committed();

        assertThat(written).isEmpty();
    }

    @Test
    void whatWasCommittedHas() {
        var tracing = new Tracing(new Kept(), REQUESTS);

        tracing.absorbed(RequestSpansTest.request(), Examples.HEADER.sealedAt());
        tracing.committed();
        tracing.committed();

        assertThat(written).hasSize(1);
    }

    private static final class Broken implements SpanQueue {
        @Override
        public void add(List<FinishedSpan> spans) {
            throw new IllegalStateException("a defect");
        }

        @Override
        public void close() {}
    }

    private final class Kept implements SpanQueue {
        @Override
        public void add(List<FinishedSpan> spans) {
            written.addAll(spans);
        }

        @Override
        public void close() {}
    }
}

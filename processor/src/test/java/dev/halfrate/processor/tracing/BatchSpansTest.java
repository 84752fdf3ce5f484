package dev.halfrate.processor.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchSpansTest {
    private static final List<Batch> LIFE = List.of(
            Examples.in(new BatchState.Sealed()),
            Examples.in(new BatchState.Spooled(4)),
            Examples.in(new BatchState.Spooled(4)),
            Examples.in(new BatchState.Creating(4)),
            Examples.in(new BatchState.Running(4, Examples.NOW, "in_progress", 0, 0, BatchState.Standing.PROVEN)),
            Examples.in(new BatchState.Running(4, Examples.NOW, "in_progress", 2, 1, BatchState.Standing.PROVEN)),
            Examples.in(new BatchState.Settled(Examples.NOW)));

    @Test
    void eachStateIsASpanOnceItIsOverBelowTheOneOfTheWholeLife() {
        var spans = follow(new BatchSpans(), LIFE);

        assertThat(spans)
                .extracting(FinishedSpan::name)
                .containsExactly(
                        "halfrate spool", "halfrate upload", "halfrate create", "halfrate run", "halfrate batch");
        var life = BatchSpans.context(Examples.HEADER.windowId());
        assertThat(spans.getLast().context()).isEqualTo(life);
        assertThat(spans.getLast().parent()).isNull();
        assertThat(spans.subList(0, 4)).extracting(FinishedSpan::parent).containsOnly(life);
        assertThat(spans).extracting(FinishedSpan::context).doesNotHaveDuplicates();
    }

    @Test
    void anotherOwnerGoesOnWithTheStateThatItFinds() {
        var second = new BatchSpans();
        second.restored(LIFE.get(4));

        assertThat(follow(second, LIFE.subList(5, 7)))
                .extracting(FinishedSpan::name)
                .containsExactly("halfrate run", "halfrate batch");
    }

    @Test
    void aBatchThatWasOverBeforeHasNoSpanAgain() {
        var spans = new BatchSpans();
        spans.restored(LIFE.getLast());

        assertThat(spans.changed(LIFE.getLast())).isEmpty();
    }

    @Test
    void requestsThatAreSentOneByOneHaveNoTraceOfTheirBatch() {
        assertThat(new BatchSpans().changed(Examples.sealedAtOnce())).isEmpty();
    }

    private static List<FinishedSpan> follow(BatchSpans spans, List<Batch> life) {
        var all = new ArrayList<FinishedSpan>();
        life.forEach(batch -> all.addAll(spans.changed(batch)));
        return all;
    }
}

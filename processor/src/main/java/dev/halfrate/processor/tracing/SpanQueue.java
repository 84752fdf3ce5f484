package dev.halfrate.processor.tracing;

import java.util.List;

/** Where spans go that are over. Never waits, never fails. */
interface SpanQueue extends AutoCloseable {
    void add(List<FinishedSpan> spans);

    @Override
    void close();
}

package dev.halfrate.processor.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.TracingConfig;
import dev.halfrate.processor.tracing.FinishedSpan.Kind;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OtlpQueueTest {
    private static final FinishedSpan SPAN = new FinishedSpan(
            "some",
            Kind.INTERNAL,
            TraceContext.sampled(SpanIds.trace("t"), SpanIds.span("s")),
            null,
            Instant.EPOCH,
            Instant.EPOCH,
            Map.of(),
            List.of(),
            "");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @Test
    @Timeout(60)
    void whatNobodyTakesIsDroppedAndCounted() throws IOException {
        int free;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        try (var queue = start(free)) {
            queue.add(List.of(SPAN, SPAN));

            await().atMost(Duration.ofSeconds(40)).until(() -> dropped() == 2);
        }
    }

    @Test
    @Timeout(60)
    void aReceiverThatHangsHoldsUpNeitherWorkNorTheEnd() throws IOException {
        var many = OtlpQueue.SPANS_MAX + 2_000;
        try (var hanging = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var queue = start(hanging.getLocalPort());
            var before = System.nanoTime();

            queue.add(Collections.nCopies(many, SPAN));
            queue.close();

            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(9));
            await().atMost(Duration.ofSeconds(20)).until(() -> dropped() >= many - 512);
        }
    }

    private OtlpQueue start(int port) {
        return OtlpQueue.start(
                new TracingConfig("http://127.0.0.1:%d/v1/traces".formatted(port), Map.of(), 0, "halfrate", false),
                "test",
                meters);
    }

    private double dropped() {
        return meters.get("halfrate.spans.dropped").counter().count();
    }
}

package dev.halfrate.processor.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SAMPLED = "00-" + TRACE + "-b7ad6b7169203331-01";

    @Test
    void whoIsSampledByItsProducerHasASpanBelowTheProducers() {
        var chosen = new Sampling(0).of(SAMPLED, "a", "1").orElseThrow();

        assertThat(chosen.parent()).isEqualTo(new TraceContext(TRACE, "b7ad6b7169203331", "01"));
        assertThat(chosen.own().traceparent()).matches("00-" + TRACE + "-(?!b7ad6b7169203331)[0-9a-f]{16}-01");
    }

    @Test
    void everyProcessGivesARequestTheSameSpanAndEachRequestItsOwn() {
        var sampling = new Sampling(0);

        assertThat(sampling.of(SAMPLED, "a", "1")).isEqualTo(sampling.of(SAMPLED, "a", "1"));
        assertThat(sampling.of(SAMPLED, "a", "1")).isNotEqualTo(sampling.of(SAMPLED, "b", "1"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "00-1-2-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            })
    void whoIsNotSampledHasNoSpanUnlessAllDo(@Nullable String traceparent) {
        assertThat(new Sampling(0).of(traceparent, "a", "1")).isEmpty();
        assertThat(new Sampling(1).of(traceparent, "a", "1").orElseThrow().own().isSampled())
                .isTrue();
    }

    @Test
    void oneOfALaterVersionIsReadAsFarAsItIsKnown() {
        assertThat(new Sampling(0).of("01-" + TRACE + "-b7ad6b7169203331-01-more", "a"))
                .isPresent();
    }

    @Test
    void otherFlagsAreKept() {
        var chosen = new Sampling(1).of("00-" + TRACE + "-b7ad6b7169203331-02", "a");

        assertThat(chosen.orElseThrow().own().flags()).isEqualTo("03");
    }

    @Test
    void theRatioIsThatOfTheRequests() {
        var sampling = new Sampling(0.25);

        assertThat(IntStream.range(0, 4_000)
                        .filter(request ->
                                sampling.of(null, "id-" + request, "1").isPresent())
                        .count())
                .isBetween(850L, 1_150L);
    }
}

package dev.halfrate.processor.balance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadCountsTest {
    @Test
    void textIsReadBack() {
        var counts = new ReadCounts(12, 3, 9, 2, 1, true);

        assertThat(counts.toText()).isEqualTo("read=12 tombstones=3 routed=9 rejected=2 dead-lettered=1 whole=1");
        assertThat(ReadCounts.parse(counts.toText())).isEqualTo(counts);
    }

    @Test
    void theLongestTextIsFarBelowWhatABrokerTakesAsMetadata() {
        var max = 999_999_999_999_999_999L;

        assertThat(new ReadCounts(max, max, max, max, max, true).toText()).hasSizeLessThan(4_096 / 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "what a tool wrote", "read=", "read=-1", "read=99999999999999999999"})
    void whatIsNotOursCountsFromNothingAndSaysSo(String metadata) {
        assertThat(ReadCounts.parse(metadata)).isEqualTo(new ReadCounts(0, 0, 0, 0, 0, false));
    }

    @Test
    void partsOfALaterReleaseAreLeftOut() {
        assertThat(ReadCounts.parse("read=2 routed=2 whole=1 cancelled=7"))
                .isEqualTo(new ReadCounts(2, 0, 2, 0, 0, true));
    }

    @Test
    void aRequestOfWhichNothingIsKnownIsAGap() {
        assertThat(new ReadCounts(10, 4, 6, 2, 1, true).gap()).isEqualTo(1);
        assertThat(new ReadCounts(9, 4, 6, 2, 1, true).gap()).isZero();
    }

    @Test
    void aSumIsWholeIfAllOfItIs() {
        assertThat(ReadCounts.NONE.plus(ReadCounts.parse("")).whole()).isFalse();
    }
}

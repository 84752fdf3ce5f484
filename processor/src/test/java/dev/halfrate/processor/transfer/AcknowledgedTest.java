package dev.halfrate.processor.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AcknowledgedTest {
    @Test
    void aLineCountsWhenAllBeforeItAreStored() {
        var acknowledged = new Acknowledged();
        assertThat(acknowledged.through()).isZero();
        var first = acknowledged.sending(3);
        var second = acknowledged.sending(5);
        var third = acknowledged.sending(6);

        second.isStored();
        assertThat(acknowledged.through()).isZero();
        assertThat(acknowledged.lines()).isEqualTo(1);

        first.isStored();
        assertThat(acknowledged.through()).isEqualTo(5);

        third.isStored();
        assertThat(acknowledged.through()).isEqualTo(6);
        assertThat(acknowledged.lines()).isEqualTo(3);
    }
}

package dev.halfrate.processor.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdNumbersTest {
    @Test
    void everyIdKeepsItsNumberWhileTheTableGrows() {
        var table = new IdNumbers(100_000_000);
        for (var number = 0; number < 100_000; number++) {
            assertThat(table.put(IdNumbers.bytes("id-" + number), number)).isTrue();
        }

        for (var number = 0; number < 100_000; number++) {
            assertThat(table.get(IdNumbers.bytes("id-" + number))).isEqualTo(number);
        }
        assertThat(table.get(IdNumbers.bytes("another"))).isEqualTo(IdNumbers.NONE);
        assertThat(table.size()).isEqualTo(100_000);
    }

    @Test
    void anIdIsThereOnce() {
        var table = new IdNumbers();
        table.put(IdNumbers.bytes("a"), 1);
        table.put(IdNumbers.bytes("a"), 2);

        assertThat(table.size()).isEqualTo(1);
        assertThat(table.get(IdNumbers.bytes("a"))).isEqualTo(2);
    }

    @Test
    void moreThanThereIsRoomForIsRefusedAndTheRestStays() {
        var table = new IdNumbers(0);
        var held = 0;
        while (table.put(IdNumbers.bytes("id-" + held), held)) {
            held++;
        }

        assertThat(held).isEqualTo(table.size()).isBetween(500, 1_024);
        assertThat(table.get(IdNumbers.bytes("id-" + held))).isEqualTo(IdNumbers.NONE);
        assertThat(table.put(IdNumbers.bytes("id-0"), 7)).isTrue();
        assertThat(table.get(IdNumbers.bytes("id-0"))).isEqualTo(7);
    }
}

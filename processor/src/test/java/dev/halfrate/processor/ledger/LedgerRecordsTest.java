package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.Tally;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LedgerRecordsTest {
    private static final Batch FULL = new Batch(
            Examples.HEADER,
            new BatchState.Sealed(),
            List.of(
                    new Attempt(
                            1,
                            "tagoftheattempt1",
                            Attempt.Outcome.REVOKED,
                            4,
                            Examples.NOW,
                            Duration.ofSeconds(60),
                            "file-1",
                            ""),
                    new Attempt(
                            2,
                            "tagoftheattempt2",
                            Attempt.Outcome.CREATED,
                            5,
                            Examples.NOW,
                            Duration.ofSeconds(60),
                            "file-2",
                            "remote-2"),
                    new Attempt(3, "tagoftheattempt3", Attempt.Outcome.OPEN, 0, null, Duration.ZERO, "", "")),
            ItemBits.of(0, 1, 3),
            ItemBits.of(3),
            new Tally(1, 1, 0, 0, 1, Examples.USAGE),
            7,
            Examples.NOW);

    static List<BatchState> states() {
        return Examples.states();
    }

    private static Batch full(BatchState state) {
        return new Batch(
                FULL.header(),
                state,
                FULL.attempts(),
                FULL.done(),
                FULL.succeeded(),
                FULL.tally(),
                FULL.failures(),
                FULL.changedAt());
    }

    @ParameterizedTest
    @MethodSource("states")
    void everyStateSurvivesARestart(BatchState state) {
        var batch = full(state);

        var restored = Restart.of(batch);

        assertThat(restored)
                .isEqualTo(
                        switch (state) {
                            case BatchState.Settled _ ->
                                full(new BatchState.Settled(batch.changedAt())).withoutBits();
                            // What an owner learns while it looks or watches, the next one learns again.
                            case BatchState.Quiescing seen ->
                                full(new BatchState.Quiescing(seen.lines(), 0, false, seen.reason()));
                            case BatchState.Revoking seen -> full(new BatchState.Revoking(seen.lines(), false));
                            case BatchState.Running seen ->
                                full(new BatchState.Running(seen.lines(), seen.createdAt(), seen.remoteStatus(), 0, 0));
                            case BatchState.Sealed _,
                                    BatchState.Spooled _,
                                    BatchState.Uploaded _,
                                    BatchState.Creating _,
                                    BatchState.Hold _,
                                    BatchState.Refused _,
                                    BatchState.Ended _ -> batch;
                        });
        assertThat(Restart.of(restored)).isEqualTo(restored);
    }

    @Test
    void aBatchWithoutResultFilesComesBackWithoutThem() {
        var ended = new BatchState.Ended(3, Examples.NOW, Examples.NOW, "expired", null, null, false);

        assertThat(Restart.of(full(ended)).state()).isEqualTo(ended);
    }

    @Test
    void statesAndOutcomesAreSpelledAsInTheLedger() {
        for (var state : Examples.states()) {
            assertThat(LedgerRecords.encode(full(state)).getState().name()).isEqualToIgnoringCase(state.word());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LedgerState.class,
            names = {"PROVISIONAL", "CANCELLING", "TWIN", "SPLIT"})
    void aStateOfANewerReleaseIsRefused(LedgerState state) {
        var entry = LedgerRecord.newBuilder(LedgerRecords.encode(FULL))
                .setState(state)
                .build();

        assertThatThrownBy(() -> LedgerRecords.decode(entry))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("run the newer release");
    }
}

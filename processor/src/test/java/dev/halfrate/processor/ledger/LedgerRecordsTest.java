package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.Exposure;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.Spending;
import dev.halfrate.processor.batch.Tally;
import dev.halfrate.processor.batch.Twin;
import dev.halfrate.processor.money.Usd;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
                            "marker-1",
                            "",
                            List.of("stranger-1")),
                    new Attempt(
                            2,
                            "tagoftheattempt2",
                            Attempt.Outcome.CREATED,
                            5,
                            Examples.NOW,
                            Duration.ofSeconds(60),
                            "file-2",
                            "",
                            "remote-2",
                            List.of()),
                    new Attempt(
                            3,
                            "tagoftheattempt3",
                            Attempt.Outcome.OPEN,
                            0,
                            null,
                            Duration.ZERO,
                            "",
                            "",
                            "",
                            List.of())),
            ItemBits.of(0, 1, 3),
            ItemBits.of(3),
            new Tally(1, 1, 0, 0, 1, 0, new Spending(Examples.SPEND, Map.of("team-a", Examples.SPEND))),
            List.of(new Twin("remote-3", false, 0), new Twin("remote-4", true, 3)),
            new Exposure(4, 1, 2, 3),
            new Calls(ItemBits.of(1, 2), ItemBits.of(1), 1, new Usd(7)),
            ItemBits.NONE,
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
                FULL.twins(),
                FULL.exposure(),
                FULL.calls(),
                FULL.unwanted(),
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
                            case BatchState.Settled(var _, var createdAt, var endedAt) ->
                                full(new BatchState.Settled(batch.changedAt(), createdAt, endedAt))
                                        .withoutBits();
                            // What an owner learns while it looks or watches, the next one learns again.
                            case BatchState.Quiescing seen ->
                                full(new BatchState.Quiescing(seen.lines(), 0, false, seen.reason()));
                            case BatchState.Revoking seen -> full(new BatchState.Revoking(seen.lines(), false));
                            case BatchState.Running seen ->
                                full(new BatchState.Running(
                                        seen.lines(), seen.createdAt(), seen.remoteStatus(), 0, 0, seen.standing()));
                            case BatchState.Sealed _,
                                    BatchState.Priming _,
                                    BatchState.Spooled _,
                                    BatchState.Uploaded _,
                                    BatchState.Creating _,
                                    BatchState.Hold _,
                                    BatchState.Split _,
                                    BatchState.Refused _,
                                    BatchState.Calling _,
                                    BatchState.Ended _ -> batch;
                        });
        assertThat(Restart.of(restored)).isEqualTo(restored);
    }

    @Test
    void aBatchWithoutResultFilesComesBackWithoutThem() {
        var ended = new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "expired", null, null, false, BatchState.Standing.PROVEN, 0);

        assertThat(Restart.of(full(ended)).state()).isEqualTo(ended);
    }

    @Test
    void statesAndOutcomesAreSpelledAsInTheLedger() {
        for (var state : Examples.states()) {
            assertThat(LedgerRecords.encode(full(state)).getState().name()).isEqualToIgnoringCase(state.word());
        }
    }
}

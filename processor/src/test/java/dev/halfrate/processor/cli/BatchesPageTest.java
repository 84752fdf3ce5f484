package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.ops.BatchEnd;
import dev.halfrate.processor.ops.BatchView;
import dev.halfrate.processor.ops.OperatorJson;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchesPageTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant CREATED = NOW.minusSeconds(600);

    private final BatchesPage page = new BatchesPage(NOW);

    @Test
    void aBatchUnderWayIsALineWithItsExpectedEnd() {
        var end = new BatchEnd(NOW.plusSeconds(120), NOW.plusSeconds(7_260));

        assertThat(page.table(List.of(row("running", end)), 3))
                .hasSize(3)
                .satisfies(lines -> assertThat(lines.get(1))
                        .matches("b-1 +running +1,000 +15 +15m +in 2m..2h01m +\\$0.* +main/m/v1/responses"))
                .last()
                .isEqualTo("and 3 more: --limit");
    }

    @Test
    void whatMayEndAtAnyTimeOrIsLateIsSaid() {
        assertThat(page.table(List.of(row("running", new BatchEnd(CREATED, NOW.plusSeconds(30)))), 0))
                .last()
                .asString()
                .contains(" within 30s ");
        assertThat(page.table(List.of(row("running", new BatchEnd(CREATED, CREATED.plusSeconds(1)))), 0))
                .last()
                .asString()
                .contains(" overdue ");
    }

    @Test
    void whatIsNotAsUsualSaysWhatToDo() {
        assertThat(page.table(List.of(row("hold", null)), 0)).last().asString().startsWith("  It waits for evidence.");
        assertThat(page.all(row("hold", null)))
                .contains("  state       hold, in doubt", "  twin        r-2, under way, 7 lines executed")
                .anySatisfy(line -> assertThat(line).matches("  attempt 1 +created 2026-11-22 11:50:00 UTC file-1 r-1"))
                .anySatisfy(line -> assertThat(line).contains("exposure", "7 billed twice"));
    }

    @Test
    void noneIsSaidToo() {
        assertThat(page.table(List.of(), 0)).containsExactly("no batches");
    }

    @Test
    void forProgramsABatchHasItsFieldsAsTheAdminPortHasThem() throws IOException {
        var json = new ObjectMapper().readTree(OperatorJson.write(row("running", new BatchEnd(CREATED, NOW))));

        assertThat(json.path("batch_id").asText()).isEqualTo("b-1");
        assertThat(json.path("expected_end").path("until").asText()).isEqualTo("2026-11-22T12:00:00Z");
        assertThat(json.has("batch")).isFalse();
    }

    private static BatchesCommand.Row row(String state, @Nullable BatchEnd end) {
        var batch = new BatchView(
                "b-1",
                state,
                "main/m/v1/responses",
                "main",
                "main",
                "m",
                "/v1/responses",
                "",
                1_000,
                2_000,
                10,
                2,
                2,
                1,
                0,
                0,
                state.equals("hold"),
                false,
                "",
                "",
                "r-1",
                "in_progress",
                List.of(new BatchView.Attempt(1, "created", CREATED, "file-1", "r-1")),
                state.equals("hold") ? List.of(new BatchView.Twin("r-2", false, 7)) : List.of(),
                Spend.NONE,
                new BatchView.Exposure(7, 0, 0, 0, 0, 0),
                "",
                List.of(),
                CREATED.minusSeconds(300),
                CREATED,
                CREATED,
                null,
                null);
        return new BatchesCommand.Row(batch, end, batch.doing());
    }
}

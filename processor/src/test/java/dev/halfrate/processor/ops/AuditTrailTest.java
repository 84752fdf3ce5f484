package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Audit;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class AuditTrailTest {
    private static final Instant NOW = Instant.parse("2026-11-22T18:00:00Z");

    private final AuditTrail trail = new AuditTrail();

    private void take(int second, String customId, String commandId) {
        trail.take(new Audit(NOW.plusSeconds(second), "ada", "cancel", "", "", "", customId, "", 0, "", commandId)
                .toRecord("llm.audit")
                .value());
    }

    @Test
    void theLastWishesAreKeptTheLatestFirst() {
        for (var i = 0; i < AuditTrail.WISHES_MAX + 5; i++) {
            take(i, "", "w-" + i);
        }

        assertThat(trail.last()).hasSize(AuditTrail.WISHES_MAX);
        assertThat(trail.last().getFirst().commandId()).isEqualTo("w-54");
        assertThat(trail.last().getLast().commandId()).isEqualTo("w-5");
    }

    @Test
    void whatWasSaidAgainIsOneWish() {
        take(1, "", "w");
        take(2, "", "w");

        assertThat(trail.last())
                .singleElement()
                .satisfies(wish -> assertThat(wish.repeated()).isEqualTo(1));
    }

    @Test
    void aRequestsIdIsNotTold() {
        take(1, "somebody@example", "w");

        assertThat(trail.last().getFirst().request()).isTrue();
        assertThat(trail.last().toString()).doesNotContain("somebody");
    }

    @Test
    void whatOthersWroteThereIsPassedOver() {
        trail.take("hello".getBytes(UTF_8));
        trail.take("{\"at\": \"now\"}".getBytes(UTF_8));
        trail.take(new byte[0]);
        trail.take("[]".getBytes(UTF_8));

        assertThat(trail.last()).isEmpty();
    }
}

package dev.halfrate.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.topology.Sighting.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaneSearchTest {
    private static final Duration HORIZON = Duration.ofHours(24);
    private static final LanesConfig WINDOWS_OF_FOUR =
            new LanesConfig(4, 100_000, Duration.ofMinutes(15), 2, HORIZON, 1_000);
    private static final String NAME = "main/small/v1/chat/completions";

    @TempDir
    Path stateDir;

    private LanesUnderTest lanes;

    @BeforeEach
    void start() {
        lanes = new LanesUnderTest(
                stateDir, WINDOWS_OF_FOUR, Map.of("main", new AccountLimits("openai", 50_000, 1_000_000, false)));
    }

    @AfterEach
    void stop() {
        lanes.close();
    }

    private void assertFound(String customId, Sighting... places) {
        assertThat(lanes.search(customId)).containsExactly(places);
    }

    private static Sighting waiting(Place place) {
        return new Sighting(place, NAME, "", null);
    }

    @Test
    void whatWaitsIsInItsLane() {
        lanes.arrive(lanes.refs("a", "b"));

        assertFound("b", waiting(Place.WAITING));
        assertFound("nobody's");
    }

    @Test
    void whatHasLeftItsChunkWaitsNoMore() {
        lanes.arrive(lanes.refs("a", "b", "c", "d", "e"));
        var batch = lanes.manifests().getFirst().getBatchId();

        assertFound("a", new Sighting(Place.IN_BATCH, "", batch, 0));
        assertFound("d", new Sighting(Place.IN_BATCH, "", batch, 3));
        assertFound("e", waiting(Place.WAITING));
        lanes.cancel("e");
        assertFound("e");
    }

    @Test
    void itemsAreCountedOverAllOfABatchsChunks() {
        lanes.arrive(lanes.refs("a", "b", "c"));
        lanes.arrive(lanes.refs("d", "e"));
        lanes.arrive(lanes.refs("f", "g", "h"));
        var batches = lanes.manifests().stream()
                .map(chunk -> chunk.getBatchId())
                .distinct()
                .toList();

        assertFound("d", new Sighting(Place.IN_BATCH, "", batches.getFirst(), 3));
        assertFound("f", new Sighting(Place.IN_BATCH, "", batches.getLast(), 1));
    }

    @Test
    void ofABatchThatIsOverOnlySuccessesAreKnown() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var manifest = lanes.manifests().getFirst();
        lanes.returned(
                manifest.getBatchId(), LanesUnderTest.refs(manifest).subList(2, 3), LanesUnderTest.START.plus(HORIZON));
        lanes.settled(manifest.getBatchId(), List.of(0, 1));

        assertFound("b", new Sighting(Place.SUCCEEDED, "", manifest.getBatchId(), 1));
        assertFound("c", waiting(Place.DELAYED));
        assertFound("d");
    }

    @Test
    void whatIsCancelledInItsBatchSaysSo() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst().getBatchId();

        lanes.cancel("c");

        assertFound("c", new Sighting(Place.CANCELLED, "", batch, 2));
    }
}

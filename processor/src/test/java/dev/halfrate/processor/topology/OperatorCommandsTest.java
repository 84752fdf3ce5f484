package dev.halfrate.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.LaneId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators can wish of lanes, and of batches by way of them. */
class OperatorCommandsTest {
    private static final Duration AGE_MAX = Duration.ofMinutes(15);
    private static final LanesConfig CONFIG = new LanesConfig(4, 100_000, AGE_MAX, 2, Duration.ofHours(24), 1_000);
    private static final LaneId OTHER = LanesUnderTest.lane("main", "other");
    private static final Map<String, String> ACCOUNT = Map.of(CommandArguments.ACCOUNT, "main");
    private static final Map<String, String> ONE_LANE =
            Map.of(CommandArguments.ACCOUNT, "main", CommandArguments.LANE, "main/small/v1/chat/completions");

    @TempDir
    private Path stateDir;

    private LanesUnderTest lanes;

    @BeforeEach
    void start() {
        lanes = new LanesUnderTest(
                stateDir, CONFIG, Map.of("main", new AccountLimits("openai", 50_000, 1_000_000, false)));
    }

    @AfterEach
    void stop() {
        lanes.close();
    }

    private List<List<String>> sealed() {
        return lanes.manifests().stream().map(LanesUnderTest::customIds).toList();
    }

    @Test
    void aPausedLaneSealsNothingAndOthersGoOn() {
        lanes.command(CommandKind.PAUSE, "", ONE_LANE);
        lanes.command(CommandKind.PAUSE, "", ONE_LANE);

        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.arrive(OTHER, lanes.refs("e", "f", "g", "h"));
        lanes.command(CommandKind.FLUSH);
        lanes.advance(AGE_MAX);
        assertThat(sealed()).containsExactly(List.of("e", "f", "g", "h"));
        assertThat(lanes.gauge("halfrate.lane.pauses")).isOne();

        lanes.restart();
        lanes.advance(AGE_MAX);
        assertThat(sealed()).as("also by its next owner").isEmpty();

        lanes.command(CommandKind.RESUME, "", ONE_LANE);
        assertThat(sealed()).containsExactly(List.of("a", "b", "c", "d"));
        assertThat(lanes.gauge("halfrate.lane.pauses")).isZero();
    }

    @Test
    void aWishOfANewerReleaseIsPassedOver() {
        lanes.command(CommandKind.UNKNOWN, "", ACCOUNT);

        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        assertThat(sealed()).containsExactly(List.of("a", "b", "c", "d"));
    }

    @Test
    void aPausedAccountSealsNothingAlsoInLanesThatComeLater() {
        lanes.command(CommandKind.PAUSE, "", ACCOUNT);
        lanes.command(CommandKind.RESUME, "", ONE_LANE);

        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.arrive(AtOnce.of(OTHER), lanes.refs("e"));
        lanes.advance(AGE_MAX);
        assertThat(sealed()).isEmpty();

        lanes.command(CommandKind.RESUME, "", ACCOUNT);
        assertThat(sealed()).containsExactlyInAnyOrder(List.of("a", "b", "c", "d"), List.of("e"));
    }

    @Test
    void whatIsHurriedDoesNotPassAPausedLaneBy() {
        lanes.command(CommandKind.PAUSE, "", ONE_LANE);

        lanes.arrive(List.of(lanes.refUntil("hurried", Duration.ofHours(23))));
        lanes.arrive(List.of(lanes.refUntil("later", Duration.ofHours(25))));
        lanes.advance(Duration.ofHours(2));
        assertThat(sealed()).isEmpty();

        lanes.command(CommandKind.RESUME, "", ONE_LANE);
        lanes.advance(Duration.ofSeconds(2));
        assertThat(sealed().stream().flatMap(List::stream)).contains("later");
    }

    @Test
    void aRequestsLifeGoesOnWhileItsLaneIsPaused() {
        lanes.command(CommandKind.PAUSE, "", ACCOUNT);
        lanes.arrive(List.of(lanes.ref("short", 1, 100, Duration.ofMinutes(1))));

        lanes.advance(Duration.ofMinutes(1));

        assertThat(lanes.results()).extracting(Result::status).containsExactly(Result.Status.EXPIRED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"main/small/v1/chat/completions", "main/other/v1/chat/completions"})
    void aFlushMayBeForOneLane(String name) {
        lanes.arrive(lanes.refs("a"));
        lanes.arrive(OTHER, lanes.refs("b"));

        lanes.command(CommandKind.FLUSH, "", Map.of(CommandArguments.LANE, name));

        assertThat(sealed()).containsExactly(List.of(name.contains("small") ? "a" : "b"));
    }

    @Test
    void aCancelledBatchIsTheLedgersToEndAndItsIdsAreFree() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();

        lanes.command(CommandKind.CANCEL_BATCH, batch.getBatchId(), Map.of());

        assertThat(lanes.passedOn()).singleElement().satisfies(passedOn -> {
            assertThat(passedOn.getKey()).isEqualTo("hint/CANCEL_BATCH/" + batch.getBatchId());
            assertThat(passedOn.getValue().getTarget()).isEqualTo(batch.getBatchId());
        });
        lanes.restart();
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        assertThat(sealed()).containsExactly(List.of("a", "b", "c", "d"));
        lanes.returned(batch.getBatchId(), LanesUnderTest.refs(batch).subList(0, 1));
        assertThat(lanes.results())
                .as("what comes back all the same")
                .extracting(Result::customId)
                .containsExactly("a");
        lanes.settled(batch.getBatchId(), List.of());
        lanes.advance(Duration.ofSeconds(2));
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
    }

    @Test
    void aHoldIsTheLedgersToResolveWhicheverPartOfTheWindowItIs() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batchId = lanes.manifests().getFirst().getBatchId();
        var arguments = Map.of(CommandArguments.RESOLUTION, "AGAIN", CommandArguments.ATTEMPT, "1");

        lanes.command(CommandKind.RESOLVE, batchId + ".2", arguments);
        lanes.command(CommandKind.RESOLVE, "b-nobodys", arguments);

        assertThat(lanes.passedOn()).singleElement().satisfies(passedOn -> {
            assertThat(passedOn.getKey()).isEqualTo("hint/RESOLVE/" + batchId + ".2");
            assertThat(passedOn.getValue().getArguments()).isEqualTo(arguments);
        });
    }
}

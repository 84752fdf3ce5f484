package dev.halfrate.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

class LaneStreamsSettingsTest {
    private final LaneStreamsSettings settings = new LaneStreamsSettings(
            "halfrate",
            Path.of("state"),
            Map.of("bootstrap.servers", "broker:9092", "processing.guarantee", "at_least_once"),
            3,
            2,
            1);

    @Test
    void whatThePromisesRestOnCannotBeConfiguredAway() {
        var streams = new StreamsConfig(settings.properties());

        assertThat(streams.getString("processing.guarantee")).isEqualTo("exactly_once_v2");
        assertThat(streams.getString("application.id")).isEqualTo("halfrate-lanes");
        assertThat(streams.getBoolean("ensure.explicit.internal.resource.naming"))
                .isTrue();
        assertThat(streams.getInt("replication.factor")).isEqualTo(3);
        assertThat(streams.getInt("num.standby.replicas")).isEqualTo(1);
    }

    @Test
    void aChangelogOutlivesTheLossOfOneReplica() {
        var properties = settings.properties();

        assertThat(properties).containsEntry("topic.min.insync.replicas", 2);
        assertThat(properties).containsEntry("topic.unclean.leader.election.enable", false);
    }

    @Test
    void theProducerTakesItsTimeAndLargeRecords() {
        var producer = new StreamsConfig(settings.properties()).getProducerConfigs("lanes");

        assertThat(producer).containsEntry("bootstrap.servers", "broker:9092");
        assertThat(producer).containsEntry("transaction.timeout.ms", 60_000);
        assertThat(producer).containsEntry("max.request.size", LaneStreamsSettings.MESSAGE_BYTES_MAX);
    }
}

package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterNodeTest {
    private static final Path DIRECTORY = Path.of("data");

    @Test
    void oneOfThreeKnowsTheOthersAndCanMissOne() {
        var properties = EmbeddedBroker.properties(new ClusterNode(2, 9002, List.of(9101, 9102, 9103)), DIRECTORY);

        assertThat(properties)
                .containsEntry("node.id", "2")
                .containsEntry("controller.quorum.voters", "1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103")
                .containsEntry("listeners", "PLAINTEXT://127.0.0.1:9002,CONTROLLER://127.0.0.1:9102")
                .containsEntry("transaction.state.log.replication.factor", "3")
                .containsEntry("transaction.state.log.min.isr", "2")
                .containsEntry("min.insync.replicas", "2");
    }

    @Test
    void oneThatIsAloneReplicatesNothing() {
        var properties = EmbeddedBroker.properties(ClusterNode.alone(9001, 9101), DIRECTORY);

        assertThat(properties)
                .containsEntry("controller.quorum.voters", "1@127.0.0.1:9101")
                .containsEntry("transaction.state.log.replication.factor", "1")
                .containsEntry("transaction.state.log.min.isr", "1")
                .containsEntry("min.insync.replicas", "1");
    }

    @Test
    void idWithoutAControllerIsRefused() {
        assertThatThrownBy(() -> new ClusterNode(3, 9003, List.of(9101, 9102)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("id must be 1..2, got 3");
    }
}

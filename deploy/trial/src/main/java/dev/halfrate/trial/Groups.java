package dev.halfrate.trial;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.trial.process.TrialException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/** Who owns what, asked of the broker. */
final class Groups implements AutoCloseable {
    private final Admin admin;
    private final String application;

    Groups(String bootstrapServers, HalfrateConfig config) {
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        application = config.application();
    }

    /** @return partitions of the work topic that this instance owns */
    int workPartitionsOf(String instance) throws InterruptedException {
        var group = application + "-ledger";
        try {
            var described = admin.describeConsumerGroups(List.of(group)).all().get();
            return Objects.requireNonNull(described.get(group)).members().stream()
                    .filter(member ->
                            member.groupInstanceId().filter(instance::equals).isPresent())
                    .mapToInt(member -> member.assignment().topicPartitions().size())
                    .sum();
        } catch (ExecutionException e) {
            throw new TrialException("the broker does not describe group " + group, e);
        }
    }

    void deleteTopics() throws InterruptedException {
        try {
            var ours = admin.listTopics().names().get().stream()
                    .filter(name -> name.startsWith(application))
                    .toList();
            admin.deleteTopics(ours).all().get();
        } catch (ExecutionException e) {
            throw new TrialException("topics cannot be deleted", e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}

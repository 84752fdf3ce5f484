package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;

/** What a cluster has to be, whatever topics it holds. */
public final class ClusterRules {
    private static final short TRANSACTION_VERSION_MIN = 2;

    private ClusterRules() {}

    /**
     * @return the version that all brokers have agreed upon, 0 if they have not
     * @throws org.apache.kafka.common.KafkaException if nobody tells
     */
    public static int transactionVersion(Admin admin) throws InterruptedException {
        var features = KafkaAnswers.get(admin.describeFeatures().featureMetadata())
                .finalizedFeatures()
                .get("transaction.version");
        return features == null ? 0 : features.maxVersionLevel();
    }

    /** @return nothing if {@code version} will do */
    public static Optional<Fault> transactionVersionFault(HalfrateConfig config, int version) {
        return version >= TRANSACTION_VERSION_MIN
                ? Optional.empty()
                : Optional.of(new Fault(
                        "the Kafka cluster at %s has transaction.version %d, %d or higher is needed"
                                .formatted(config.bootstrapServers(), version, TRANSACTION_VERSION_MIN),
                        "change it: kafka-features.sh --bootstrap-server %s upgrade --feature transaction.version=%d"
                                .formatted(config.bootstrapServers(), TRANSACTION_VERSION_MIN)));
    }

    /**
     * Topics of events are other people's, and one that is misspelt would be made and stay empty.
     *
     * @param found what exists of them
     */
    public static List<Fault> sourceFaults(HalfrateConfig config, TopicSurvey found) {
        var faults = new ArrayList<Fault>();
        for (var topic : config.sourceTopics()) {
            if (!found.has(topic) && !found.hidden().contains(topic)) {
                faults.add(new Fault(
                        "topic %s, which sources read (sources.topic), does not exist".formatted(topic),
                        "it is not Halfrate's to make"));
            }
        }
        return faults;
    }
}

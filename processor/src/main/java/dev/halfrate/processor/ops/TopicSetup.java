package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Makes or checks the topics before anything starts. A wrong setting is not repaired but reported: compaction
 * of the requests or deletion of the ledger would lose what people paid for, and a topic may have other users.
 */
public final class TopicSetup {
    private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(8);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);

    private final HalfrateConfig config;
    private final Admin admin;

    private TopicSetup(HalfrateConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /**
     * Returns when every topic exists and is fit.
     *
     * @return partitions of the work topic
     * @throws StartupException saying what to change, one line for each fault
     */
    public static int ensure(HalfrateConfig config) throws InterruptedException {
        return at(config, TopicSetup::ensure);
    }

    /**
     * Looks, and changes nothing.
     *
     * @throws StartupException if the cluster cannot be asked
     */
    public static TopicSurvey survey(HalfrateConfig config) throws InterruptedException {
        return at(config, setup -> TopicSurvey.of(setup.admin, names(TopicPlan.of(config))));
    }

    /**
     * Makes what is missing, whatever {@code topics.create} says.
     *
     * @return what was made
     * @throws StartupException if the cluster cannot be asked, or does not make one of them
     */
    public static List<TopicPlan> createMissing(HalfrateConfig config) throws InterruptedException {
        return at(config, TopicSetup::createMissing);
    }

    private interface Work<T> {
        T with(TopicSetup setup) throws InterruptedException;
    }

    private static <T> T at(HalfrateConfig config, Work<T> work) throws InterruptedException {
        awaitReachable(config.bootstrapServers());
        var settings = new HashMap<String, Object>(config.kafka());
        settings.putIfAbsent(AdminClientConfig.CLIENT_ID_CONFIG, config.application() + "-setup");
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REACHABLE_WITHIN.toMillis());
        try (var admin = Admin.create(settings)) {
            return work.with(new TopicSetup(config, admin));
        } catch (TimeoutException e) {
            throw new StartupException(
                    "the Kafka cluster at %s does not answer; check kafka.bootstrap.servers and kafka.security.protocol"
                            .formatted(config.bootstrapServers()),
                    e);
        } catch (KafkaException e) {
            throw new StartupException(
                    "the Kafka cluster at " + config.bootstrapServers() + " cannot be used: "
                            + KafkaAnswers.root(e).getMessage(),
                    e);
        }
    }

    private int ensure() throws InterruptedException {
        refuse(ClusterRules.transactionVersionFault(config, ClusterRules.transactionVersion(admin)).stream()
                .toList());
        var sources = TopicSurvey.described(admin, config.sourceTopics());
        requireVisible(sources);
        refuse(ClusterRules.sourceFaults(config, sources));
        var plans = TopicPlan.of(config);
        var found = TopicSurvey.of(admin, names(plans));
        requireVisible(found);
        var missing = found.missing(plans);
        if (!missing.isEmpty()) {
            if (!config.topics().create()) {
                refuse(missing.stream().map(this::absent).toList());
            }
            new TopicMaker(config, admin).make(missing);
        }
        // A new topic's settings are as asked for, and a broker that has not heard of them yet would name its defaults.
        var present = new TopicSurvey(TopicSurvey.described(admin, names(plans)).topics(), found.settings(), Set.of());
        refuse(present.faults(config, plans));
        return present.partitions(config.topics().work());
    }

    private List<TopicPlan> createMissing() throws InterruptedException {
        var plans = TopicPlan.of(config);
        var found = TopicSurvey.described(admin, names(plans));
        requireVisible(found);
        var missing = found.missing(plans);
        if (!missing.isEmpty()) {
            new TopicMaker(config, admin).make(missing);
        }
        return missing;
    }

    private static List<String> names(List<TopicPlan> plans) {
        return plans.stream().map(TopicPlan::name).toList();
    }

    private Fault absent(TopicPlan plan) {
        return new Fault(
                "topic %s does not exist and topics.create is off".formatted(plan.name()),
                "make it: "
                        + plan.createCommand(
                                config.bootstrapServers(), config.topics().replicationFactor()));
    }

    private static void refuse(List<Fault> faults) {
        if (!faults.isEmpty()) {
            throw new StartupException(
                    faults.stream().map(Fault::toString).collect(Collectors.joining(System.lineSeparator())));
        }
    }

    private static void requireVisible(TopicSurvey found) {
        if (!found.hidden().isEmpty()) {
            throw new StartupException("this login may not see topics, or settings of topics: %s; give it its rights"
                            .formatted(new TreeSet<>(found.hidden()))
                    + " (halfrate topics --script)");
        }
    }

    /**
     * Before a Kafka client is made, because that one would write a warning for each try.
     */
    public static void awaitReachable(String bootstrapServers) throws InterruptedException {
        var deadline = System.nanoTime() + REACHABLE_WITHIN.toNanos();
        var reason = "no host:port is given";
        do {
            for (var server : bootstrapServers.split(",", -1)) {
                var colon = server.lastIndexOf(':');
                if (colon < 0 || !server.substring(colon + 1).strip().matches("\\d{1,5}")) {
                    continue;
                }
                try (var socket = new Socket()) {
                    var address = new InetSocketAddress(
                            server.substring(0, colon).strip(),
                            Integer.parseInt(server.substring(colon + 1).strip()));
                    socket.connect(address, 2_000);
                    return;
                } catch (IOException | IllegalArgumentException e) {
                    reason = e instanceof java.net.UnknownHostException
                            ? "unknown host"
                            : String.valueOf(e.getMessage());
                }
            }
            Thread.sleep(250);
        } while (System.nanoTime() < deadline);
        throw new StartupException(
                "no Kafka broker answers at '%s' (kafka.bootstrap.servers): %s".formatted(bootstrapServers, reason));
    }
}

package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes topics as they are planned. */
public final class TopicMaker {
    private static final Logger log = LoggerFactory.getLogger(TopicMaker.class);

    private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(20);

    private final HalfrateConfig config;
    private final Admin admin;

    public TopicMaker(HalfrateConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /**
     * Returns when they are there.
     *
     * @throws StartupException naming the one that could not be made
     */
    public void make(List<TopicPlan> missing) throws InterruptedException {
        for (var answer : admin.createTopics(wanted(missing)).values().entrySet()) {
            try {
                KafkaAnswers.get(answer.getValue());
                log.info("created topic {}", answer.getKey());
            } catch (TopicExistsException _) {
                log.debug("another process created topic {} just now", answer.getKey());
            } catch (KafkaException e) {
                throw new StartupException(
                        "topic %s could not be created: %s"
                                .formatted(answer.getKey(), KafkaAnswers.root(e).getMessage()),
                        e);
            }
        }
        awaitVisible(missing);
    }

    /**
     * Asks whether they could be made, and makes none.
     *
     * @return why not, by topic
     */
    public Map<String, KafkaException> objections(List<TopicPlan> missing) throws InterruptedException {
        var objections = new LinkedHashMap<String, KafkaException>();
        var options = new CreateTopicsOptions().validateOnly(true);
        for (var answer : admin.createTopics(wanted(missing), options).values().entrySet()) {
            try {
                KafkaAnswers.get(answer.getValue());
            } catch (TopicExistsException _) {
                log.debug("another process created topic {} just now", answer.getKey());
            } catch (KafkaException e) {
                objections.put(answer.getKey(), e);
            }
        }
        return objections;
    }

    private List<NewTopic> wanted(List<TopicPlan> plans) {
        return plans.stream()
                .map(plan -> new NewTopic(plan.name(), plan.partitions(), (short)
                                config.topics().replicationFactor())
                        .configs(plan.settings()))
                .toList();
    }

    /** A broker that is asked right afterwards may not have heard of a new topic. */
    private void awaitVisible(List<TopicPlan> made) throws InterruptedException {
        var names = made.stream().map(TopicPlan::name).toList();
        var deadline = System.nanoTime() + VISIBLE_WITHIN.toNanos();
        while (TopicSurvey.described(admin, names).topics().size() < names.size()) {
            if (System.nanoTime() > deadline) {
                throw new StartupException("topics were created but the cluster at %s does not show them: %s"
                        .formatted(config.bootstrapServers(), names));
            }
            Thread.sleep(50);
        }
    }
}

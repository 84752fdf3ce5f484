package dev.halfrate.processor.ops;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.apache.kafka.common.resource.PatternType.LITERAL;
import static org.apache.kafka.common.resource.PatternType.PREFIXED;
import static org.apache.kafka.common.resource.ResourceType.GROUP;
import static org.apache.kafka.common.resource.ResourceType.TOPIC;
import static org.apache.kafka.common.resource.ResourceType.TRANSACTIONAL_ID;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Right.Part;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;

/** All that each part needs, and no more; docs/deployment.md has the same of the defaults. Nobody needs a right on the cluster. */
public final class Rights {
    private Rights() {}

    /** @return the service's first */
    public static List<Right> of(HalfrateConfig config) {
        var rights = new ArrayList<Right>();
        var own = config.application() + "-";
        service(config).forEach((topic, may) -> rights.add(new Right(Part.HALFRATE, TOPIC, topic, LITERAL, may)));
        var ofOwn = EnumSet.of(READ, WRITE, DESCRIBE_CONFIGS);
        if (config.topics().create()) {
            ofOwn.add(CREATE);
        }
        rights.add(new Right(Part.HALFRATE, TOPIC, own, PREFIXED, ofOwn));
        elsewhere(config).forEach(topic -> rights.add(new Right(Part.HALFRATE, TOPIC, topic, LITERAL, ofOwn)));
        rights.add(new Right(Part.HALFRATE, TOPIC, config.lanesGroup() + "-", PREFIXED, CREATE));
        rights.add(new Right(Part.HALFRATE, GROUP, own, PREFIXED, READ));
        rights.add(new Right(Part.HALFRATE, TRANSACTIONAL_ID, own, PREFIXED, WRITE));

        var topics = config.topics();
        topics.requests().forEach(topic -> rights.add(new Right(Part.PRODUCER, TOPIC, topic, LITERAL, WRITE)));
        Stream.concat(config.resultTopics().all().stream(), Stream.of(topics.resultParts()))
                .forEach(topic -> rights.add(new Right(Part.READER, TOPIC, topic, LITERAL, READ)));
        rights.add(new Right(Part.READER, GROUP, "readers-", PREFIXED, READ));
        Stream.concat(topics.requests().stream(), config.sourceTopics().stream())
                .forEach(topic -> rights.add(new Right(Part.OPERATOR, TOPIC, topic, LITERAL, DESCRIBE)));
        rights.add(new Right(Part.OPERATOR, TOPIC, own, PREFIXED, READ));
        elsewhere(config).forEach(topic -> rights.add(new Right(Part.OPERATOR, TOPIC, topic, LITERAL, READ)));
        rights.add(new Right(Part.OPERATOR, GROUP, own, PREFIXED, DESCRIBE));
        return rights;
    }

    /** What the service may do with topics that others use too. */
    private static Map<String, Set<AclOperation>> service(HalfrateConfig config) {
        var topics = config.topics();
        var may = new LinkedHashMap<String, Set<AclOperation>>();
        topics.requests().forEach(topic -> add(may, topic, READ, DESCRIBE_CONFIGS));
        config.resultTopics().all().forEach(topic -> add(may, topic, WRITE, DESCRIBE_CONFIGS));
        Stream.of(topics.resultParts(), topics.batches(), topics.deadLetters(), topics.diagnostics())
                .forEach(topic -> add(may, topic, WRITE, DESCRIBE_CONFIGS));
        add(may, topics.audit(), READ, WRITE, DESCRIBE_CONFIGS);
        if (topics.create()) {
            may.values().forEach(operations -> operations.add(CREATE));
        }
        config.sources().forEach(source -> {
            add(may, source.topic(), READ);
            add(may, source.to(), WRITE);
        });
        for (var callback : config.callbacks()) {
            for (var event : callback.events()) {
                switch (event) {
                    case BATCH_SETTLED -> add(may, topics.batches(), READ);
                    case RESULT -> config.resultTopics().all().forEach(topic -> add(may, topic, READ));
                }
            }
        }
        return may;
    }

    private static void add(Map<String, Set<AclOperation>> may, String topic, AclOperation... operations) {
        may.computeIfAbsent(topic, _ -> EnumSet.noneOf(AclOperation.class)).addAll(List.of(operations));
    }

    /** Our own topics that do not begin as the others do. */
    private static List<String> elsewhere(HalfrateConfig config) {
        var topics = config.topics();
        return Stream.of(topics.laneInbox(), topics.work(), topics.ledger())
                .filter(topic -> !topic.startsWith(config.application() + "-"))
                .toList();
    }
}

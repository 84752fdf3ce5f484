package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.KafkaAnswers;
import dev.halfrate.processor.ops.Right;
import dev.halfrate.processor.ops.Rights;
import dev.halfrate.processor.ops.TopicMaker;
import dev.halfrate.processor.ops.TopicPlan;
import dev.halfrate.processor.ops.TopicSurvey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.resource.ResourceType;

/** Whether this login may do what the service does, as far as Kafka tells that to one who is no administrator. */
final class RightsCheck {
    /** Stands for a name that only the brokers know. */
    static final String PRINCIPAL = "User:NAME";

    private RightsCheck() {}

    /**
     * What is known of one thing.
     *
     * @param lacks of what was asked for
     */
    record Known(ResourceType type, String name, Set<AclOperation> lacks) {}

    static Verdict look(Cluster cluster) throws InterruptedException {
        var config = cluster.config();
        var needed = needed(config);
        var known = new ArrayList<Known>();
        known.addAll(topics(cluster, needed));
        if (cluster.hasCoordinators(Topic.GROUP_METADATA_TOPIC_NAME)) {
            known.addAll(groups(cluster, needed));
        }
        if (cluster.hasCoordinators(Topic.TRANSACTION_STATE_TOPIC_NAME)) {
            known.addAll(transactionalIds(cluster));
        }
        return judge(config, known);
    }

    private static List<Right> needed(HalfrateConfig config) {
        return Rights.of(config).stream()
                .filter(right -> right.part() == Right.Part.HALFRATE)
                .toList();
    }

    private static Set<AclOperation> wanted(List<Right> needed, ResourceType type, String name) {
        return needed.stream()
                .filter(right -> right.type() == type && right.covers(name))
                .flatMap(right -> right.may().stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(AclOperation.class)));
    }

    private static List<Known> topics(Cluster cluster, List<Right> needed) throws InterruptedException {
        var config = cluster.config();
        var changelogs = Births.LANE_STORES.stream().map(config::lanesChangelog).toList();
        var names = new LinkedHashSet<String>();
        TopicPlan.of(config).forEach(plan -> names.add(plan.name()));
        names.addAll(config.sourceTopics());
        names.addAll(changelogs);
        var found = TopicSurvey.described(cluster.admin(), names);
        var known = new ArrayList<Known>();
        for (var name : names) {
            var wanted = wanted(needed, ResourceType.TOPIC, name);
            var topic = found.topics().get(name);
            if (found.hidden().contains(name)) {
                known.add(new Known(ResourceType.TOPIC, name, wanted));
            } else if (topic != null) {
                // It is there, so nobody has to make it.
                wanted.remove(AclOperation.CREATE);
                known.add(new Known(ResourceType.TOPIC, name, lacking(wanted, topic.authorizedOperations())));
            }
        }
        known.addAll(changelogs(
                cluster,
                changelogs.stream()
                        .filter(name -> !found.has(name) && !found.hidden().contains(name))
                        .toList()));
        return known;
    }

    /** Kafka Streams makes those at its first start, whatever topics.create says. */
    private static List<Known> changelogs(Cluster cluster, List<String> missing) throws InterruptedException {
        var config = cluster.config();
        var plans = missing.stream()
                .map(name -> new TopicPlan(name, config.topics().partitions(), List.of()))
                .toList();
        return missing.isEmpty()
                ? List.of()
                : new TopicMaker(config, cluster.admin())
                        .objections(plans).entrySet().stream()
                                .filter(objection -> objection.getValue() instanceof AuthorizationException)
                                .map(objection ->
                                        new Known(ResourceType.TOPIC, objection.getKey(), Set.of(AclOperation.CREATE)))
                                .toList();
    }

    private static List<Known> groups(Cluster cluster, List<Right> needed) throws InterruptedException {
        var config = cluster.config();
        var groups = Stream.concat(
                        Stream.concat(
                                Stream.of(config.intakeGroup(), config.lanesGroup(), config.ledgerGroup()),
                                config.sources().isEmpty() ? Stream.of() : Stream.of(config.sourcesGroup())),
                        config.callbacks().stream().map(config::callbackGroup))
                .toList();
        var known = new ArrayList<Known>();
        var options = new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true);
        for (var group : cluster.admin()
                .describeConsumerGroups(groups, options)
                .describedGroups()
                .entrySet()) {
            var wanted = wanted(needed, ResourceType.GROUP, group.getKey());
            try {
                var allowed = KafkaAnswers.get(group.getValue()).authorizedOperations();
                known.add(new Known(ResourceType.GROUP, group.getKey(), lacking(wanted, allowed)));
            } catch (GroupIdNotFoundException _) {
                // To be told that, one has to be allowed to ask; more is not told.
                known.add(new Known(ResourceType.GROUP, group.getKey(), Set.of()));
            } catch (AuthorizationException _) {
                known.add(new Known(ResourceType.GROUP, group.getKey(), wanted));
            }
        }
        return known;
    }

    /** What is in use by nobody: to ask for it disturbs nobody. */
    private static List<Known> transactionalIds(Cluster cluster) throws InterruptedException {
        var config = cluster.config();
        var ids = List.of(config.birthsTopic(), config.intakeGroup() + "-doctor", config.ledgerGroup() + "-0");
        var answers = cluster.admin().describeTransactions(ids);
        var known = new ArrayList<Known>();
        for (var id : ids) {
            try {
                KafkaAnswers.get(answers.description(id));
                known.add(new Known(ResourceType.TRANSACTIONAL_ID, id, Set.of()));
            } catch (TransactionalIdNotFoundException _) {
                known.add(new Known(ResourceType.TRANSACTIONAL_ID, id, Set.of()));
            } catch (TransactionalIdAuthorizationException _) {
                known.add(new Known(ResourceType.TRANSACTIONAL_ID, id, Set.of(AclOperation.WRITE)));
            }
        }
        return known;
    }

    /** @param allowed null or empty if the broker does not say */
    @SuppressWarnings("NullAway") // Kafka's interfaces are not annotated.
    private static Set<AclOperation> lacking(Set<AclOperation> wanted, Collection<AclOperation> allowed) {
        var lacking = EnumSet.noneOf(AclOperation.class);
        if (allowed != null && !allowed.isEmpty()) {
            lacking.addAll(wanted);
            lacking.removeAll(allowed);
        }
        return lacking;
    }

    static Verdict judge(HalfrateConfig config, List<Known> known) {
        var lacking = new LinkedHashMap<Right, Set<AclOperation>>();
        var words = new ArrayList<String>();
        for (var thing : known) {
            if (!thing.lacks().isEmpty()) {
                words.add("%s on %s %s"
                        .formatted(
                                thing.lacks().stream()
                                        .sorted()
                                        .map(AclOperation::name)
                                        .collect(Collectors.joining(", ")),
                                thing.type().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                thing.name()));
            }
            for (var right : needed(config)) {
                if (right.type() == thing.type() && right.covers(thing.name())) {
                    var lacks = EnumSet.noneOf(AclOperation.class);
                    lacks.addAll(thing.lacks());
                    lacks.retainAll(right.may());
                    if (!lacks.isEmpty()) {
                        lacking.computeIfAbsent(right, _ -> EnumSet.noneOf(AclOperation.class))
                                .addAll(lacks);
                    }
                }
            }
        }
        if (words.isEmpty()) {
            return Verdict.ok("nothing is lacking as far as Kafka tells: %s".formatted(counts(known)));
        }
        var todo = new ArrayList<String>();
        todo.add("as an administrator, with the name under which the brokers know this login for NAME:");
        lacking.forEach(
                (right, operations) -> todo.add(right.command(config.bootstrapServers(), PRINCIPAL, operations)));
        return new Verdict(Grade.FAIL, "this login lacks " + String.join("; ", words), todo);
    }

    private static String counts(List<Known> known) {
        Map<ResourceType, Long> counts =
                known.stream().collect(Collectors.groupingBy(Known::type, LinkedHashMap::new, Collectors.counting()));
        if (counts.isEmpty()) {
            return "nothing is there yet to be asked about";
        }
        return counts.entrySet().stream()
                .map(count -> "%d %ss"
                        .formatted(
                                count.getValue(),
                                count.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' ')))
                .collect(Collectors.joining(", "));
    }
}

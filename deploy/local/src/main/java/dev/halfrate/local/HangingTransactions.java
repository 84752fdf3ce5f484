package dev.halfrate.local;

import dev.halfrate.processor.ops.StartupException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions that are open in a partition, but not with their coordinator: nobody would ever end them, and no reader of
 * committed records gets past them. A single broker leaves them behind if it is killed while it ends them (KAFKA-20734).
 */
final class HangingTransactions {
    private static final Logger log = LoggerFactory.getLogger(HangingTransactions.class);

    private final Admin admin;

    private HangingTransactions(Admin admin) {
        this.admin = admin;
    }

    /** What a producer has begun in a partition and not ended there. */
    private record Open(TopicPartition partition, long producerId, int producerEpoch, long startOffset) {
        Writer writer() {
            return new Writer(partition, producerId);
        }
    }

    private record Writer(TopicPartition partition, long producerId) {}

    /**
     * Aborts them. All partitions of such a transaction had lost their leader at once, so the whole of it is undone;
     * that may only be while no processor runs that takes it for committed.
     *
     * @throws StartupException if the broker does not say what is open
     */
    static void end(String bootstrapServers) {
        try (var admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            var ended = new HangingTransactions(admin).end();
            if (ended > 0) {
                log.warn(
                        "the broker had been killed and had forgotten to end a transaction in {} {}; it is aborted now;"
                                + " start processors again that ran on",
                        ended,
                        ended == 1 ? "partition" : "partitions");
            }
        } catch (ExecutionException e) {
            throw new StartupException("hanging transactions cannot be looked for: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted while looking for hanging transactions", e);
        }
    }

    /** @return in how many partitions there was one */
    private int end() throws InterruptedException, ExecutionException {
        var partitions = partitions();
        var open = open(partitions);
        if (open.isEmpty()) {
            return 0;
        }
        awaitCoordinators(partitions);
        var known = known();
        open.keySet().removeIf(each -> known.contains(each.writer()));
        // What has ended since the first look did so because its coordinator knew of it then.
        open.keySet().retainAll(open(partitions).keySet());
        for (var hanging : open.entrySet()) {
            abort(hanging.getKey(), hanging.getValue());
        }
        return open.size();
    }

    private Set<TopicPartition> partitions() throws InterruptedException, ExecutionException {
        var topics = admin.listTopics(new ListTopicsOptions().listInternal(true))
                .names()
                .get();
        var partitions = new HashSet<TopicPartition>();
        for (var topic : admin.describeTopics(topics).allTopicNames().get().values()) {
            topic.partitions()
                    .forEach(partition -> partitions.add(new TopicPartition(topic.name(), partition.partition())));
        }
        return partitions;
    }

    private Map<Open, ProducerState> open(Collection<TopicPartition> partitions)
            throws InterruptedException, ExecutionException {
        var open = new HashMap<Open, ProducerState>();
        admin.describeProducers(partitions).all().get().forEach((partition, producers) -> {
            for (var producer : producers.activeProducers()) {
                producer.currentTransactionStartOffset()
                        .ifPresent(start -> open.put(
                                new Open(partition, producer.producerId(), producer.producerEpoch(), start), producer));
            }
        });
        return open;
    }

    /** Until a coordinator has read its part of the log, it does not say that it knows less than all. */
    private void awaitCoordinators(Set<TopicPartition> partitions) throws InterruptedException, ExecutionException {
        var coordinators = (int) partitions.stream()
                .filter(partition -> partition.topic().equals(Topic.TRANSACTION_STATE_TOPIC_NAME))
                .count();
        var probes = new TreeMap<Integer, String>();
        for (var i = 0; probes.size() < coordinators; i++) {
            var id = "halfrate-probe-" + i;
            probes.putIfAbsent(Utils.abs(id.hashCode()) % coordinators, id);
        }
        transactions(probes.values());
    }

    /** What the coordinators have yet to end, or wait for the end of. */
    private Set<Writer> known() throws InterruptedException, ExecutionException {
        var ids = admin.listTransactions().all().get().stream()
                .map(TransactionListing::transactionalId)
                .toList();
        var known = new HashSet<Writer>();
        for (var transaction : transactions(ids)) {
            transaction
                    .topicPartitions()
                    .forEach(partition -> known.add(new Writer(partition, transaction.producerId())));
        }
        return known;
    }

    /** Waits for the coordinators; what they do not know is left out. */
    private List<TransactionDescription> transactions(Collection<String> ids)
            throws InterruptedException, ExecutionException {
        var asked = admin.describeTransactions(ids);
        var found = new ArrayList<TransactionDescription>();
        for (var id : ids) {
            try {
                found.add(asked.description(id).get());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TransactionalIdNotFoundException)) {
                    throw e;
                }
            }
        }
        return found;
    }

    private void abort(Open hanging, ProducerState producer) throws InterruptedException, ExecutionException {
        admin.abortTransaction(new AbortTransactionSpec(
                        hanging.partition(),
                        hanging.producerId(),
                        (short) hanging.producerEpoch(),
                        producer.coordinatorEpoch().orElse(0)))
                .all()
                .get();
    }
}

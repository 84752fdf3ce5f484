package dev.halfrate.processor.config;

import java.util.HashSet;
import java.util.List;

/**
 * Names and shapes of the topics.
 *
 * @param requests all of them are read alike; what a topic is good for is the accounts' to say
 * @param create whether missing topics are made at start; otherwise they must exist
 * @param partitions of every topic that is made; the internal ones can never change it
 */
public record TopicsConfig(
        List<String> requests,
        String results,
        String resultParts,
        String batches,
        String deadLetters,
        String diagnostics,
        String audit,
        String laneInbox,
        String work,
        String ledger,
        boolean create,
        int partitions,
        int replicationFactor) {

    static final String NAME = "[a-zA-Z0-9._-]{1,249}";

    public TopicsConfig {
        Check.that(!requests.isEmpty(), "topics.requests", "a name, or a list of at least one", "none");
        var names = new HashSet<String>();
        for (var topic : requests) {
            Check.matches("topics.requests", topic, NAME);
            Check.that(names.add(topic), "topics.requests", "a list of different names", "'" + topic + "' twice");
        }
        Check.matches("topics.results", results, NAME);
        Check.matches("topics.result-parts", resultParts, NAME);
        Check.matches("topics.batches", batches, NAME);
        Check.matches("topics.dead-letters", deadLetters, NAME);
        Check.matches("topics.diagnostics", diagnostics, NAME);
        Check.matches("topics.audit", audit, NAME);
        Check.matches("topics.lane-inbox", laneInbox, NAME);
        Check.matches("topics.work", work, NAME);
        Check.matches("topics.ledger", ledger, NAME);
        for (var own :
                List.of(results, resultParts, batches, deadLetters, diagnostics, audit, laneInbox, work, ledger)) {
            Check.that(
                    !names.contains(own),
                    "topics.requests",
                    "topics that Halfrate does not write to, or it would read what it wrote",
                    "'" + own + "'");
        }
        Check.range("topics.partitions", partitions, 1, 1_000);
        Check.range("topics.replication-factor", replicationFactor, 1, 9);
        requests = List.copyOf(requests);
    }

    /** @return whether Halfrate reads requests from it, or writes to it */
    boolean has(String topic) {
        return requests.contains(topic)
                || List.of(results, resultParts, batches, deadLetters, diagnostics, audit, laneInbox, work, ledger)
                        .contains(topic);
    }

    /** @return replicas that have a record before its write is acknowledged: two where one more may be down meanwhile */
    public int inSyncReplicasMin() {
        return replicationFactor > 2 ? 2 : 1;
    }
}

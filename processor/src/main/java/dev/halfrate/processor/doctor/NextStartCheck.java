package dev.halfrate.processor.doctor;

import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.Births.Outlook;
import dev.halfrate.processor.ops.OpenTransactions;
import dev.halfrate.processor.ops.Status;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.internals.Topic;

/** What the next start will be held against: what was noted, and what hides records from all readers. */
final class NextStartCheck {
    private static final long LOOK_AGAIN_MS = 1_000;

    /** Whose the accounts are known to be, by account; none as long as that is not known. */
    private volatile Map<String, String> organizations = Map.of();

    Map<String, String> organizations() {
        return organizations;
    }

    Verdict look(Cluster cluster) throws InterruptedException {
        if (!cluster.hasCoordinators(Topic.GROUP_METADATA_TOPIC_NAME)) {
            return judge(new Outlook(false, List.of(), Map.of()));
        }
        var outlook = Births.outlook(cluster.config(), cluster.admin());
        if (!outlook.faults().isEmpty()) {
            // Another one's commit may be visible in part.
            Thread.sleep(LOOK_AGAIN_MS);
            outlook = Births.outlook(cluster.config(), cluster.admin());
        }
        organizations = outlook.organizations();
        return judge(outlook);
    }

    static Verdict judge(Outlook outlook) {
        if (!outlook.faults().isEmpty()) {
            return new Verdict(
                    Grade.FAIL,
                    outlook.faults().size() == 1
                            ? "will be refused, because something is not as it was"
                            : "will be refused, for %d reasons"
                                    .formatted(outlook.faults().size()),
                    outlook.faults());
        }
        return Verdict.ok(
                outlook.begun()
                        ? "topics, offsets and accounts are as they were"
                        : "the first one: it notes topics, offsets and accounts as they are then");
    }

    static Verdict transactions(Cluster cluster) throws InterruptedException {
        return transactions(
                new OpenTransactions(cluster.admin(), cluster.config().topics()).tooLong(Instant.now()));
    }

    static Verdict transactions(List<Status.OpenTransaction> open) {
        return open.isEmpty()
                ? Verdict.ok("none stands open for too long")
                : Verdict.fail(
                        "open for too long, which hides what came after from all readers: "
                                + open.stream()
                                        .map(it -> "%s-%d since %s".formatted(it.topic(), it.partition(), it.since()))
                                        .collect(Collectors.joining(", ")),
                        "stop all processes, then find and abort them with kafka-transactions.sh: docs/operations.md, \"A transaction that hangs\"");
    }
}

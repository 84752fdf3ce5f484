package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Processors come and go under load, one is told to end at bad moments, and others join and leave every second. */
final class Scaling {
    private static final Duration FLOWS_WITHIN = Duration.ofMinutes(3);
    private static final Duration STORM = Duration.ofSeconds(20);
    private static final int RUNNING_MIN = 3;

    /** A create that takes longer than it may is a doubt; this one is only slow. */
    private static final int SLOW_CREATE_MS = 1_500;

    /** A window of so many takes a while to spool. */
    static final int BURST = 2_000;

    private static final int LINES_SPOOLED = 1_000;
    private static final int PROMPT_BYTES = 5_000;

    /** Steady requests make small batches, a burst makes one of all. */
    static final Scale SCALE =
            new Scale(BURST, 209_715_200, Duration.ofMillis(500), Duration.ofSeconds(2), 16, _ -> PROMPT_BYTES);

    static final int SERVICES = 4;

    private final Fleet fleet;
    private final Vendor vendor;
    private final BrokerCluster cluster;
    private final SimulatorProcess simulator;

    Scaling(Fleet fleet, Vendor vendor, BrokerCluster cluster, SimulatorProcess simulator) {
        this.fleet = fleet;
        this.vendor = vendor;
        this.cluster = cluster;
        this.simulator = simulator;
    }

    /** @return whether the promises were kept */
    boolean run() throws IOException, InterruptedException {
        var first = fleet.services().getFirst();
        var second = fleet.services().get(1);
        var third = fleet.services().get(2);
        var fourth = fleet.services().get(3);
        fleet.change(List.of(), List.of(first));
        fleet.until(
                "batches run",
                FLOWS_WITHIN,
                () -> fleet.subject().feeds().running().size() >= RUNNING_MIN);
        fleet.say("1 to 4");
        fleet.change(List.of(), List.of(second, third, fourth));
        fleet.say("4 to 2");
        fleet.change(List.of(second, fourth), List.of());
        fleet.say("2 to 3");
        fleet.change(List.of(), List.of(second));
        fleet.say("3 to 1");
        fleet.change(List.of(second, third), List.of());
        fleet.say("a SIGTERM while a create is under way");
        endWhileCreating(first);
        fleet.say("a SIGTERM in the midst of a spool of %,d requests".formatted(BURST));
        endWhileSpooling(first);
        fleet.change(List.of(), List.of(second, third));
        storm();
        return fleet.judge();
    }

    private void endWhileCreating(Service service) throws IOException, InterruptedException {
        simulator.script(Map.of(
                "method", vendor.create.method(), "path", vendor.create.path(), "delay_answer_ms", SLOW_CREATE_MS));
        fleet.until("a create is under way", FLOWS_WITHIN, () -> simulator.hits(0) > 0);
        fleet.change(List.of(service), List.of(service));
    }

    /** Its spool is stopped half-written, and goes on when the signal has come. */
    private void endWhileSpooling(Service service) throws IOException, InterruptedException {
        fleet.end(List.of(service));
        service.start("-Dhalfrate.crash-point=CP4:%d:STOP".formatted(LINES_SPOOLED));
        fleet.until("it is ready", FLOWS_WITHIN, service::isReady);
        fleet.subject().requests().send(BURST);
        fleet.until("it spools", FLOWS_WITHIN, () -> service.jvm().isStopped());
        fleet.change(List.of(service), List.of(service));
    }

    /** Strangers take partitions of the ledger and give them back, one every second. */
    private void storm() throws IOException, InterruptedException {
        fleet.say("a rebalance every second for %d s".formatted(STORM.toSeconds()));
        var config = fleet.subject().config();
        try (var storm = new Storm(
                cluster.bootstrapServers(),
                config.ledgerGroup(),
                config.topics().work())) {
            var end = System.nanoTime() + STORM.toNanos();
            fleet.until("the storm is over", STORM.multipliedBy(3), () -> {
                storm.blow();
                return System.nanoTime() - end > 0;
            });
            fleet.say("strangers joined or left %d times, and took partitions %d times"
                    .formatted(storm.changes(), storm.takings()));
            if (storm.takings() == 0) {
                fleet.violation("the storm moved nothing");
            }
        }
        fleet.change(List.of(), List.of());
    }
}

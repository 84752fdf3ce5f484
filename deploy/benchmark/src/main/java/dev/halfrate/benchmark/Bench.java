package dev.halfrate.benchmark;

import dev.halfrate.trial.process.BrokerCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/** Where measures happen: a broker, a directory, and how often and at what size they are to be repeated. One thread. */
public final class Bench implements AutoCloseable {
    private final Path directory;
    private final int rounds;
    private final double scale;
    private final @Nullable Path recordings;
    private final PrintWriter out;
    private final BrokerCluster cluster;
    private final Topics topics;
    private int names;

    private Bench(
            Path directory,
            int rounds,
            double scale,
            @Nullable Path recordings,
            PrintWriter out,
            BrokerCluster cluster) {
        this.directory = directory;
        this.rounds = rounds;
        this.scale = scale;
        this.recordings = recordings;
        this.out = out;
        this.cluster = cluster;
        this.topics = new Topics(Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers())));
    }

    /**
     * @param scale of all counts of requests: 1 for what the table says, less for a quick look
     * @param recordings where the flight recordings of processors are put; null for none
     */
    static Bench open(Path directory, int rounds, double scale, @Nullable Path recordings, PrintWriter out)
            throws IOException, InterruptedException {
        return new Bench(directory, rounds, scale, recordings, out, BrokerCluster.startAsInProduction(directory));
    }

    public String bootstrapServers() {
        return cluster.bootstrapServers();
    }

    /** Where the broker keeps its partitions. */
    public Path brokerData() {
        return directory.resolve("broker-1/data");
    }

    public Topics topics() {
        return topics;
    }

    public int rounds() {
        return rounds;
    }

    /** @return so many, or fewer for a quick look, but a multiple of {@code step} and at least that */
    public int count(int requests, int step) {
        return Math.max(1, (int) Math.round(requests * scale / step)) * step;
    }

    /** @return a name that nothing else has */
    public String newName(String start) {
        return "%s-%d".formatted(start, ++names);
    }

    public Path newDirectory(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name));
    }

    /** @return where the flight recording of a process is to be put; empty if nobody wants it */
    Optional<Path> recording(String process) {
        return Optional.ofNullable(recordings).map(where -> where.resolve(process + ".jfr"));
    }

    /** Tells whoever waits how far it is. */
    public void say(String text) {
        out.println("    " + text);
        out.flush();
    }

    @Override
    public void close() {
        try (cluster) {
            topics.close();
        }
    }
}

package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.processor.Main;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processor that is measured, as it runs in production, in a process of its own. */
public final class HalfrateProcess implements AutoCloseable {
    /** Of every processor that is measured, if nothing else is said. */
    public static final String HEAP = "-Xmx256m";

    private static final List<String> AS_IN_ITS_IMAGE =
            List.of("-XX:+ExitOnOutOfMemoryError", "-XX:+UseParallelGC", "-XX:ParallelGCThreads=2");

    private static final String RUNNING = "RunCommand running";

    /** A recording is written when its process ends. */
    private static final Duration RECORDED_WITHIN = Duration.ofMinutes(1);

    private final String name;
    private final Path directory;
    private final Jvm jvm;
    private final boolean recorded;

    private HalfrateProcess(String name, Path directory, Jvm jvm, boolean recorded) {
        this.name = name;
        this.directory = directory;
        this.jvm = jvm;
        this.recorded = recorded;
    }

    /**
     * Returns when it is ready for work. Its topics begin with its name, and stay.
     *
     * @param name of a processor that may have run before: then it goes on
     * @param partitions of all topics that it makes
     * @param sections further ones of its configuration, in YAML
     * @param options of its JVM
     */
    public static HalfrateProcess start(
            Bench bench, String name, int partitions, URI upstream, String sections, String... options)
            throws IOException, InterruptedException {
        return start(bench, name, name, partitions, upstream, sections, options);
    }

    /**
     * Likewise, of another vendor, with topics of one partition.
     *
     * @param provider as the configuration spells it
     */
    public static HalfrateProcess startWith(
            Bench bench, String provider, String name, URI upstream, String sections, String... options)
            throws IOException, InterruptedException {
        return start(bench, provider, name, name, 1, upstream, sections, options);
    }

    /**
     * Likewise, one of several that share the work.
     *
     * @param instance names its directory
     */
    public static HalfrateProcess start(
            Bench bench, String name, String instance, int partitions, URI upstream, String sections, String... options)
            throws IOException, InterruptedException {
        return start(bench, "openai", name, instance, partitions, upstream, sections, options);
    }

    private static HalfrateProcess start(
            Bench bench,
            String provider,
            String name,
            String instance,
            int partitions,
            URI upstream,
            String sections,
            String... options)
            throws IOException, InterruptedException {
        var directory = bench.newDirectory(instance);
        var key = Files.writeString(directory.resolve("key"), "nothing-secret");
        var file = Files.writeString(directory.resolve("halfrate.yaml"), """
                application: %1$s
                state-dir: %2$s/state
                kafka: {bootstrap.servers: "%3$s"}
                topics:
                  requests: %1$s.requests
                  results: %1$s.results
                  batches: %1$s.batches
                  dead-letters: %1$s.dlq
                  result-parts: %1$s.parts
                  diagnostics: %1$s.diagnostics
                  audit: %1$s.audit
                  partitions: %4$d
                  replication-factor: 1
                accounts:
                  - name: upstream
                    provider: %8$s
                    base-url: %5$s
                    key: {file: %6$s}
                admin: {port: 0}
                %7$s
                """.formatted(
                        name, directory, bench.bootstrapServers(), partitions, upstream, key, sections, provider));
        var all = new ArrayList<>(AS_IN_ITS_IMAGE);
        all.add(HEAP);
        all.addAll(List.of(options));
        var recording = bench.recording(instance);
        recording.ifPresent(
                into -> all.add("-XX:StartFlightRecording:settings=profile,dumponexit=true,filename=" + into));
        var log = directory.resolve("halfrate-%d.log".formatted(System.nanoTime()));
        var jvm = Jvm.startAsInProduction(Jvm.classPath(), log, all, Main.class.getName(), "run", "--config=" + file);
        Waiting.until(instance + " runs", Waiting.START, () -> jvm.said(RUNNING), jvm);
        return new HalfrateProcess(name, directory, jvm, recording.isPresent());
    }

    public String requestsTopic() {
        return requestsTopic(name);
    }

    /** @param name of a processor that need not run */
    public static String requestsTopic(String name) {
        return name + ".requests";
    }

    public String resultsTopic() {
        return name + ".results";
    }

    public String batchesTopic() {
        return name + ".batches";
    }

    /** @return all whose names begin with its own, but are for its users to read and write */
    public Set<String> publicTopics() {
        return Stream.of("requests", "results", "batches", "dlq", "parts", "diagnostics", "audit")
                .map(topic -> name + "." + topic)
                .collect(Collectors.toSet());
    }

    /** @return the consumer group that reads requests */
    public String intakeGroup() {
        return name + "-intake";
    }

    public Path directory() {
        return directory;
    }

    public Jvm jvm() {
        return jvm;
    }

    /** @return what it has used so far, and the most memory that it had */
    public Cost cost(String of) throws IOException {
        return new Cost(of, jvm.processorTime().toMillis() / 1e3, jvm.peakResidentBytes() / 1_000_000);
    }

    @Override
    public void close() {
        if (recorded) {
            jvm.terminate();
            jvm.untilEnd()
                    .orTimeout(RECORDED_WITHIN.toSeconds(), TimeUnit.SECONDS)
                    .exceptionally(_ -> RECORDED_WITHIN)
                    .join();
        }
        jvm.close();
    }
}

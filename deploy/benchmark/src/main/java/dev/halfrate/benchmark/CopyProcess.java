package dev.halfrate.benchmark;

import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** {@link StreamsCopy} in a process of its own. */
final class CopyProcess implements AutoCloseable {
    private static final Duration WITHIN = Duration.ofMinutes(3);

    private final String name;
    private final Jvm jvm;

    private CopyProcess(String name, Jvm jvm) {
        this.name = name;
        this.jvm = jvm;
    }

    static CopyProcess start(Bench bench) throws IOException, InterruptedException {
        var name = bench.newName("copy");
        var directory = bench.newDirectory(name);
        bench.topics().make(name, 1);
        bench.topics().make(name + ".copy", 1);
        var jvm = Jvm.startAsInProduction(
                Jvm.classPath(),
                directory.resolve("copy.log"),
                List.of(HalfrateProcess.HEAP, "-XX:+UseParallelGC"),
                StreamsCopy.class.getName(),
                bench.bootstrapServers(),
                name,
                name,
                name + ".copy",
                directory.resolve("state").toString());
        Waiting.until("the copy is ready", Waiting.START, () -> jvm.said(StreamsBaseline.READY), jvm);
        return new CopyProcess(name, jvm);
    }

    String topic() {
        return name;
    }

    Jvm jvm() {
        return jvm;
    }

    /** Lets the records go, and waits until they are copied and committed. */
    Duration copied(Bench bench, Dam dam) throws InterruptedException {
        var from = dam.open();
        Waiting.until("all is copied", WITHIN, () -> bench.topics().hasCommitted(name, dam.ends()), jvm);
        return Duration.ofNanos(System.nanoTime() - from);
    }

    @Override
    public void close() {
        jvm.close();
    }
}

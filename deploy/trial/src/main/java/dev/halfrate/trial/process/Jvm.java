package dev.halfrate.trial.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of its own on this one's class path, whose output is appended to a file. It does not outlive this one. */
public final class Jvm implements AutoCloseable {
    private static final List<String> OPTIONS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xshare:auto");

    /** Up soon, and many of them beside each other; slow in the long run. */
    private static final List<String> QUICK = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx384m");

    private final Process process;
    private final Path output;

    private Jvm(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    public static Jvm start(Path output, List<String> options, String mainClass, String... arguments)
            throws IOException {
        return start(classPath(), output, options, mainClass, arguments);
    }

    public static Jvm start(String classPath, Path output, List<String> options, String mainClass, String... arguments)
            throws IOException {
        var all = new ArrayList<>(QUICK);
        all.addAll(options);
        return startAsInProduction(classPath, output, all, mainClass, arguments);
    }

    /** With the collector and the compilers that the JVM chooses, unless the options do. */
    public static Jvm startAsInProduction(
            String classPath, Path output, List<String> options, String mainClass, String... arguments)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, mainClass));
        command.addAll(List.of(arguments));
        Files.writeString(output, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new Jvm(process, output);
    }

    /** Surefire starts its tests with a class path that names only itself. */
    public static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public int exitCode() {
        return process.exitValue();
    }

    public boolean said(String text) throws IOException {
        return Files.readString(output, UTF_8).contains(text);
    }

    public Path output() {
        return output;
    }

    /** A line on its standard input. */
    public void tell(String line) throws IOException {
        var input = process.getOutputStream();
        input.write((line + "\n").getBytes(UTF_8));
        input.flush();
    }

    public boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** SIGKILL: no hook runs, no buffer is written. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGSTOP: it hangs, its connections stay. */
    public void stop() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** SIGCONT: it goes on as if no time had passed. */
    public void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    /** How long it takes from now until it has ended. */
    public CompletableFuture<Duration> untilEnd() {
        var from = System.nanoTime();
        return process.onExit().thenApply(_ -> Duration.ofNanos(System.nanoTime() - from));
    }

    /** @return whether it hangs, so that it has nothing more to say */
    public boolean isStopped() throws IOException {
        var stat = Files.readString(Path.of("/proc/%d/stat".formatted(process.pid())), UTF_8);
        return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
    }

    /** The most memory that it ever had, in bytes. */
    public long peakResidentBytes() throws IOException {
        try (var status = Files.lines(Path.of("/proc/%d/status".formatted(process.pid())), UTF_8)) {
            return status.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** What it has used of the processors so far. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

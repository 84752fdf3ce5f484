package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A directory of producer-examples, copied to where its packages may be installed, and run by the lines of its README. */
final class ExampleProgram {
    private static final Path EXAMPLES = Path.of("../../producer-examples");
    private static final String CODE = "    ";
    private static final String CONTINUED = "\\\n";
    private static final Set<String> INSTALLED = Set.of(".venv", "node_modules", "lib", "__pycache__", "target");
    private static final long SECONDS_MAX = 300;

    private final Path directory;
    private final List<String> lines;
    private final Map<String, String> settings;

    private ExampleProgram(Path directory, List<String> lines, Map<String, String> settings) {
        this.directory = directory;
        this.lines = lines;
        this.settings = settings;
    }

    /** @param settings environment variables; none for what `./halfrate local` starts */
    static ExampleProgram copy(String name, Path into, Map<String, String> settings) throws IOException {
        var from = EXAMPLES.resolve(name);
        var to = Files.createDirectories(into.resolve(name));
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path found, BasicFileAttributes attributes) throws IOException {
                if (INSTALLED.contains(found.getFileName().toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(found)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path found, BasicFileAttributes attributes) throws IOException {
                Files.copy(found, to.resolve(from.relativize(found)));
                return FileVisitResult.CONTINUE;
            }
        });
        var readme = Files.readString(to.resolve("README.md"), UTF_8).replace(CONTINUED, " ");
        return new ExampleProgram(
                to,
                readme.lines()
                        .filter(line -> line.startsWith(CODE))
                        .map(String::strip)
                        .toList(),
                settings);
    }

    /** Runs the line of the README that is this, or the only one with these words in it, and returns the lines that it printed. */
    List<String> run(String words) throws Exception {
        return execute(line(words));
    }

    /** Likewise, with something else in the place of a part of the line. */
    List<String> runWith(String words, String part, String other) throws Exception {
        assertThat(line(words)).contains(part);
        return execute(line(words).replace(part, other));
    }

    private String line(String words) {
        if (lines.contains(words)) {
            return words;
        }
        var found = lines.stream().filter(line -> line.contains(words)).toList();
        assertThat(found).as("lines of the README with '%s'", words).hasSize(1);
        return found.getFirst();
    }

    /** Runs a line of your own. */
    List<String> execute(String line) throws Exception {
        var output = Files.createTempFile(directory, "output", ".txt");
        var errors = Files.createTempFile(directory, "errors", ".txt");
        var shell = new ProcessBuilder("sh", "-c", line)
                .directory(directory.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        var environment = shell.environment();
        environment.keySet().removeAll(Set.of("BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL"));
        environment.putAll(settings);
        environment.put("PYTHONIOENCODING", "utf-8");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.merge(
                "PATH", System.getProperty("java.home") + "/bin", (others, ours) -> ours + File.pathSeparator + others);
        var process = shell.start();

        var ended = process.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();

        var printed = Files.readString(output, UTF_8);
        var told = "%s%n%s%n%s".formatted(line, printed, Files.readString(errors, UTF_8));
        assertThat(ended).as(told).isTrue();
        assertThat(process.exitValue()).as(told).isZero();
        return printed.lines().toList();
    }

    /** Whether all of these programs can be started. */
    static boolean isThere(String... programs) {
        return Stream.of(programs)
                .allMatch(program -> Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program))));
    }
}

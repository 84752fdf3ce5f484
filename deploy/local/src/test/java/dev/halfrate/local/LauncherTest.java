package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script against made-up JDKs and a made-up Maven, which write down how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final List<String> TOOLS =
            List.of("dirname", "find", "grep", "head", "mkdir", "mv", "readlink", "rm", "sed", "sh");

    @TempDir
    Path directory;

    private Path project;
    private Path launcher;
    private Path tools;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeProject() throws IOException {
        project = Files.createDirectories(directory.resolve("project"));
        for (var module : List.of("schemas", "processor", "deploy/simulator", "deploy/local")) {
            Files.createDirectories(project.resolve(module).resolve("src/main"));
            Files.writeString(project.resolve(module).resolve("pom.xml"), "");
        }
        Files.writeString(project.resolve("pom.xml"), "");
        launcher =
                Files.copy(Path.of("../../halfrate"), project.resolve("halfrate"), StandardCopyOption.COPY_ATTRIBUTES);
        tools = Files.createDirectories(directory.resolve("bin"));
        for (var tool : TOOLS) {
            Files.createSymbolicLink(tools.resolve(tool), find(tool));
        }
        environment.put(
                "HOME", Files.createDirectories(directory.resolve("home")).toString());
        environment.put("PATH", tools.toString());
        environment.put(
                "HALFRATE_JVM_DIR",
                Files.createDirectories(directory.resolve("jvm")).toString());
        maven("mkdir -p '%s/deploy/local/target/lib'".formatted(project));
    }

    @Test
    void findsANewJdkWhereTheDefaultIsOld() throws Exception {
        environment.put("JAVA_HOME", jdk("old", 17).toString());
        var fit = jdk("jvm/new", 26);

        assertThat(launch(directory, "version").output()).contains("java of " + fit);
    }

    @Test
    void jdkChosenByHandIsRefusedRatherThanPassedOver() throws Exception {
        var old = jdk("old", 21);
        jdk("jvm/new", 25);
        environment.put("HALFRATE_JAVA_HOME", old.toString());

        var launched = launch(directory);

        assertThat(launched.exitCode()).isEqualTo(1);
        assertThat(launched.output())
                .isEqualTo("halfrate: HALFRATE_JAVA_HOME must be a JDK 25 or newer, got '%s'\n".formatted(old));
    }

    @Test
    void runtimeWithoutACompilerIsNoJdk() throws Exception {
        Files.delete(jdk("jvm/runtime", 25).resolve("bin/javac"));
        var fit = jdk("home/.sdkman/candidates/java/25-tem", 25);

        assertThat(launch(directory).output()).contains("java of " + fit);
    }

    @Test
    void withoutAJdkOneLineSaysHowToGetOne() throws Exception {
        jdk("jvm/old", 21);

        var launched = launch(directory);

        assertThat(launched.exitCode()).isEqualTo(1);
        assertThat(launched.output())
                .hasLineCount(1)
                .startsWith("halfrate: needs a JDK 25 or newer and found none; get one from https://adoptium.net");
    }

    @Test
    void withoutMavenOneLineSaysSo() throws Exception {
        jdk("jvm/new", 25);
        Files.delete(tools.resolve("mvn"));

        var launched = launch(directory);

        assertThat(launched.exitCode()).isEqualTo(1);
        assertThat(launched.output())
                .hasLineCount(1)
                .startsWith("halfrate: needs Maven 3.8 or newer to build; get it from");
    }

    @Test
    void buildsAtFirstAndAfterAChangeOnly() throws Exception {
        jdk("jvm/new", 25);
        assertThat(launch(directory).output()).contains("Building Halfrate");
        assertThat(launch(directory).output()).doesNotContain("Building Halfrate");

        var source = Files.writeString(project.resolve("processor/src/main/Changed.java"), "");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));

        assertThat(launch(directory).output()).contains("Building Halfrate");
    }

    @Test
    void buildThatFailsShowsTheErrorAndTheLog() throws Exception {
        jdk("jvm/new", 25);
        maven("echo '[ERROR] something is missing'; exit 1");

        var launched = launch(directory);

        assertThat(launched.exitCode()).isEqualTo(1);
        assertThat(launched.output())
                .contains("[ERROR] something is missing")
                .contains("halfrate: the build failed; its log is ")
                .contains("deploy/local/target/build.log");
        assertThat(launch(directory).output()).contains("Building Halfrate");
    }

    @Test
    void worksThroughSymbolicLinksAndKeepsTheCallersDirectory() throws Exception {
        jdk("jvm/new", 25);
        var elsewhere = Files.createDirectories(directory.resolve("else where"));
        Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("second"));
        Files.createSymbolicLink(elsewhere.resolve("second"), launcher);

        var launched = run(elsewhere, List.of("./first", "demo", "--file", "my requests.jsonl"));

        assertThat(launched.exitCode()).isZero();
        assertThat(launched.output())
                .contains("in " + elsewhere.toRealPath())
                .contains("dev.halfrate.local.LocalMain demo --file my requests.jsonl");
    }

    @Test
    void theTrialIsAProgramOfItsOwn() throws Exception {
        jdk("jvm/new", 25);

        assertThat(launch(directory, "trial", "soak", "--for", "5m").output())
                .contains("-cp %1$s/classes:%1$s/lib/* ".formatted(project.resolve("deploy/trial/target")))
                .contains("dev.halfrate.trial.TrialMain soak --for 5m");
    }

    @Test
    void ownOptionsForJavaComeLast() throws Exception {
        jdk("jvm/new", 25);
        environment.put("HALFRATE_JAVA_OPTS", "-Xmx2g -Dx=y");

        assertThat(launch(directory).output()).contains(" -Xmx2g -Dx=y -cp ");
    }

    private record Launched(int exitCode, String output) {}

    private Launched launch(Path from, String... arguments) throws Exception {
        return run(
                from,
                Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments))
                        .toList());
    }

    private Launched run(Path from, List<String> command) throws Exception {
        var builder = new ProcessBuilder(command).directory(from.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Launched(process.waitFor(), output);
    }

    private Path jdk(String path, int version) throws IOException {
        var home = directory.resolve(path);
        Files.createDirectories(home.resolve("bin"));
        script(home.resolve("bin/java"), "echo \"java of %s in $(pwd -P): $*\"".formatted(home));
        script(home.resolve("bin/javac"), "exit 1");
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"%d.0.1\"\n".formatted(version));
        return home;
    }

    private void maven(String commands) throws IOException {
        script(tools.resolve("mvn"), commands);
    }

    private static void script(Path file, String commands) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + commands + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static Path find(String tool) {
        return Stream.of("/bin", "/usr/bin")
                .map(bin -> Path.of(bin, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + tool));
    }
}

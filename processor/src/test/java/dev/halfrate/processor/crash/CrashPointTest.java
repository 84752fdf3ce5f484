package dev.halfrate.processor.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class CrashPointTest {
    private static final int KILLED = 128 + 9;

    @TempDir
    Path directory;

    /** Reaches some points, and leaves word in a shutdown hook. */
    static final class Walk {
        private Walk() {}

        public static void main(String[] names) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
            for (var name : names) {
                CrashPoint.valueOf(name).reached();
                System.out.println("after " + name);
            }
        }
    }

    @Test
    void withoutThePropertyNothingHappens() throws Exception {
        assertThat(walk(null, "SPOOLING", "FENCED").start().waitFor()).isZero();
        assertThat(output()).isEqualTo("after SPOOLING\nafter FENCED\nhook\n");
    }

    @Test
    void killsExactlyThereTheTimeThatWasChosenWithoutAnyHook() throws Exception {
        var exitCode = walk("CP4:2", "SPOOLING", "FENCED", "SPOOLING", "FENCED")
                .start()
                .waitFor();

        assertThat(exitCode).isEqualTo(KILLED);
        assertThat(output()).isEqualTo("after SPOOLING\nafter FENCED\nhalfrate: crash point CP4 reached, KILL\n");
    }

    @Test
    void stopsThereAndGoesOnWhenItIsTold() throws Exception {
        var process = walk("CP4:1:STOP", "SPOOLING").start();
        while (!stat(process).contains(") T ")) {
            assertThat(process.isAlive()).isTrue();
            Thread.onSpinWait();
        }
        assertThat(output()).isEqualTo("halfrate: crash point CP4 reached, STOP\n");

        new ProcessBuilder("kill", "-CONT", Long.toString(process.pid()))
                .start()
                .waitFor();

        assertThat(process.waitFor()).isZero();
        assertThat(output()).endsWith("STOP\nafter SPOOLING\nhook\n");
    }

    @Test
    void aPointThatNobodyKnowsEndsTheStart() throws Exception {
        assertThat(walk("CP99", "SPOOLING").start().waitFor()).isNotZero();
        assertThat(output()).contains("halfrate.crash-point: no point in the code is called CP99");
    }

    private ProcessBuilder walk(@Nullable String point, String... names) {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath()));
        if (point != null) {
            command.add("-Dhalfrate.crash-point=" + point);
        }
        command.add(Walk.class.getName());
        command.addAll(List.of(names));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private String output() throws Exception {
        return Files.readString(directory.resolve("out"), UTF_8);
    }

    private static String stat(Process process) throws Exception {
        return Files.readString(Path.of("/proc/" + process.pid() + "/stat"), UTF_8);
    }
}

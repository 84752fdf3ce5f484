package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vendors' Python clients, installed where this is built, drive the simulator in a process of their own. */
final class PythonSdkIT {

    private static final List<String> PACKAGES = List.of("openai==3.54.0", "anthropic==2.12.0");
    private static final Path SCRIPTS = Path.of("src/test/python").toAbsolutePath();
    private static final Path ENVIRONMENT = Path.of("target/python-sdks").toAbsolutePath();
    private static final int INSTALL_SECONDS_MAX = 120;
    private static final int JUDGE_SECONDS_MAX = 120;

    /** A day takes four seconds, and what a batch goes through long enough to be seen. */
    private static final SimulatorConfig CONFIG = SimulatorConfig.defaults()
            .withSpeed(20_000)
            .withApiKeys(ApiKeys.of("sk-python"))
            .withBatchTimes(new BatchTimes(
                    Duration.ofHours(1),
                    Duration.ofHours(4),
                    Duration.ofHours(5),
                    Duration.ofMinutes(20),
                    Duration.ofMinutes(10)));

    private record Run(int status, String output) {}

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        Path installed = ENVIRONMENT.resolve("installed.txt");
        if (Files.exists(installed) && Files.readAllLines(installed).equals(PACKAGES)) {
            return;
        }
        assumeThat(run(INSTALL_SECONDS_MAX, "python3", "-m", "venv", "--clear", ENVIRONMENT.toString()))
                .as("python3 with venv is needed to judge the simulator by the vendors' Python clients")
                .matches(run -> run.status() == 0);
        List<String> command =
                new ArrayList<>(List.of(python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"));
        command.addAll(PACKAGES);
        assumeThat(run(INSTALL_SECONDS_MAX, command.toArray(String[]::new)))
                .as("%s must be there for pip to install", PACKAGES)
                .matches(run -> run.status() == 0);
        Files.write(installed, PACKAGES);
    }

    @ParameterizedTest
    @CsvSource({"judge_openai.py, 6", "judge_anthropic.py, 5"})
    void theVendorsClientGetsWhatItExpects(String script, int judgements) throws IOException, InterruptedException {
        try (Simulator simulator = Simulator.start(CONFIG)) {
            String root = simulator.baseUrl().resolve("/").toString().replaceAll("/$", "");

            Run run = run(JUDGE_SECONDS_MAX, python(), SCRIPTS.resolve(script).toString(), root);

            assertThat(run.status()).as(run.output()).isZero();
            assertThat(run.output().lines().filter(line -> line.startsWith("ok ")))
                    .hasSize(judgements);
        }
    }

    private static String python() {
        return ENVIRONMENT.resolve("bin/python").toString();
    }

    /** What went wrong, if it could not be started. */
    private static Run run(int secondsMax, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("python", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(secondsMax, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                return new Run(-1, "not done within %d s: %s".formatted(secondsMax, Files.readString(output)));
            }
            return new Run(process.exitValue(), Files.readString(output));
        } catch (IOException e) {
            return new Run(-1, e.toString());
        } finally {
            Files.deleteIfExists(output);
        }
    }
}

package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The commands of the documentation do what they say. */
final class DocumentedCallsIT {

    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyCommandWorks() throws IOException, InterruptedException {
        assumeThat(run("curl --version").status()).as("curl is needed").isZero();
        List<String> blocks = BLOCK.matcher(Files.readString(DocumentationTest.DOCUMENT))
                .results()
                .map(MatchResult::group)
                .map(block -> block.substring("```sh\n".length(), block.length() - "```".length()))
                .filter(block -> !block.startsWith("./halfrate"))
                .toList();
        try (Simulator simulator = Simulator.start(SimulatorConfig.defaults())) {
            String address = "127.0.0.1:" + simulator.baseUrl().getPort();
            for (String block : blocks) {
                Run run = run("set -e -o pipefail\n"
                        + block.replace("localhost:18080", address)
                                .replace("curl -s", "curl -s --fail-with-body -w '\\n'"));

                assertThat(run.status()).as("%s%n%s", block, run.output()).isZero();
            }
            assertThat(blocks).hasSizeGreaterThan(5);
            assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(1);
            assertThat(simulator.billingBook().summary().callsBilled()).isEqualTo(1);
        }
    }

    private record Run(int status, String output) {}

    private static Run run(String commands) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-c", commands)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }
}

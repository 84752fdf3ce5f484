package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

@EnabledIf("hasKcat")
class ShellExampleIT {
    @TempDir
    Path directory;

    @Test
    void linesGoInAndResultsComeOut() throws Exception {
        var file = Files.writeString(directory.resolve("requests.jsonl"), """
                {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}}
                {"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Goodbye"}]}}
                """);
        try (var stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 1, 600, true, null))) {
            var script = new ProcessBuilder(
                            "../../producer-examples/shell/produce.sh", file.toString(), stack.bootstrapServers())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();

            var ended = script.waitFor(90, TimeUnit.SECONDS);
            script.destroyForcibly();

            var output = Files.readString(directory.resolve("output"), UTF_8);
            assertThat(ended).as(output).isTrue();
            assertThat(script.exitValue()).as(output).isZero();
            assertThat(output.lines())
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).contains("\"status\":\"succeeded\""))
                    .anySatisfy(line -> assertThat(line).contains("\"custom_id\":\"a\""))
                    .anySatisfy(line -> assertThat(line).contains("\"custom_id\":\"b\""));
        }
    }

    static boolean hasKcat() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "kcat")));
    }
}

package dev.halfrate.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/security.md says which test holds each of its claims; a test that was renamed or deleted holds none. */
class SecurityDocumentTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))`");
    private static final Pattern SCRIPT = Pattern.compile("`(deploy/[\\w/.-]+\\.sh)`");

    @Test
    void testsThatItNamesExist() throws IOException {
        var document = Files.readString(ROOT.resolve("docs/security.md"));
        List<String> named =
                TEST.matcher(document).results().map(match -> match.group(1)).toList();

        assertThat(named).hasSizeGreaterThan(10);
        assertThat(tests()).containsAll(named);
        assertThat(SCRIPT.matcher(document).results().map(match -> ROOT.resolve(match.group(1))))
                .isNotEmpty()
                .allSatisfy(script -> assertThat(script).exists());
    }

    private static List<String> tests() throws IOException {
        try (Stream<Path> modules = Stream.of("processor", "deploy/local", "deploy/simulator", "deploy/trial")
                .map(module -> ROOT.resolve(module).resolve("src/test/java"))) {
            return modules.flatMap(SecurityDocumentTest::files)
                    .map(file -> file.getFileName().toString().replace(".java", ""))
                    .collect(Collectors.toList());
        }
    }

    private static Stream<Path> files(Path root) {
        try (var files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

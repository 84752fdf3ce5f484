package dev.halfrate.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Makes docs/bad-input.md of the tests that have passed, and holds the document against it. Where only some tests of the
 * class were asked for, there is nothing to compare; one that is disabled or has given up is missing.
 */
final class BadInputTable implements TestWatcher, AfterAllCallback {
    private static final Path DOCUMENT = Path.of("../../docs/bad-input.md");
    private static final Path GENERATED = Path.of("target/bad-input.md");

    /** All there are. The numbers have gaps. */
    static final List<String> CASES = List.of(
            "B01", "B02", "B03", "B04", "B05", "B07", "B08", "B09", "B10", "B11", "B12", "B15", "B16", "B19", "B20",
            "B21", "B22", "B23", "B27", "B28", "B29", "B30", "B31", "B32", "B33", "B34", "B36", "B38", "B40", "B41",
            "B42", "B43", "B44");

    private static final String HEAD = """
            # Bad input

            What happens to requests that are wrong, odd or hostile. Nothing is dropped: a request with a usable `custom_id` gets a
            [result](formats.md#results-llmresults), any other record a [dead letter](formats.md#dead-letters-llmdlq) with its raw bytes. Each row is a
            test of this name in `BadInputIT`, which sends the input to a processor with a real broker and little memory, and this page is
            written from the tests that have passed.

            | case | what comes | what happens | test |
            |---|---|---|---|
            """;

    private final Set<String> seen = new TreeSet<>();
    private final Set<String> passed = new TreeSet<>();

    @Override
    public void testSuccessful(ExtensionContext context) {
        seen.add(name(context));
        passed.add(name(context));
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        seen.add(name(context));
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        seen.add(name(context));
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        seen.add(name(context));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        var rows = rows(context.getRequiredTestClass());
        if (!seen.containsAll(rows.stream().map(Method::getName).toList())) {
            return;
        }
        var table = rows.stream()
                .filter(method -> passed.contains(method.getName()))
                .map(BadInputTable::row)
                .collect(Collectors.joining("", HEAD, ""));
        Files.writeString(GENERATED, table);
        assertThat(rows.stream().map(method -> annotation(method).id()).distinct())
                .as("the cases that have a test")
                .containsExactlyElementsOf(CASES);
        assertThat(Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "")
                .as("%s must be what the tests have shown: cp deploy/local/%s docs/", DOCUMENT, GENERATED)
                .isEqualTo(table);
    }

    private static List<Method> rows(Class<?> tests) {
        return Stream.of(tests.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(BadInput.class))
                .sorted(Comparator.comparing(
                                (Method method) -> annotation(method).id())
                        .thenComparing(Method::getName))
                .toList();
    }

    private static BadInput annotation(Method method) {
        return requireNonNull(method.getAnnotation(BadInput.class));
    }

    private static String row(Method method) {
        var row = annotation(method);
        return Arrays.asList(row.id(), row.input(), row.outcome(), "`%s`".formatted(method.getName())).stream()
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    private static String name(ExtensionContext context) {
        return context.getRequiredTestMethod().getName();
    }
}

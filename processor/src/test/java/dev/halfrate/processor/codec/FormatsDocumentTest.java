package dev.halfrate.processor.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/formats.md is what users build on: whatever the code can write is in there. */
class FormatsDocumentTest {
    private final String document = read();

    @Test
    void everyFieldOfAResultIsDocumented() {
        assertThat(names(Result.class))
                .map(name -> name.equals("body") ? "response" : name.equals("failure") ? "error" : name)
                .allSatisfy(this::isARow);
        assertThat(names(Result.Failure.class)).allSatisfy(name -> isARow("error." + name));
        assertThat(names(Result.ResponseParts.class)).allSatisfy(name -> isARow("response_parts." + name));
        assertThat(names(Usage.class)).allSatisfy(name -> isARow("usage." + name));
        assertThat(List.of("usd", "synchronous_usd", "uncached_usd")).allSatisfy(name -> isARow("cost." + name));
    }

    @Test
    void everyFieldOfABatchIsDocumented() {
        assertThat(names(BatchProgress.class))
                .filteredOn(name -> !name.equals("spend"))
                .allSatisfy(this::isARow);
        assertThat(List.of("answered", "answered_bytes", "unpriced_tokens")).allSatisfy(this::isARow);
        assertThat(names(Usage.class)).allSatisfy(this::isARow);
    }

    @Test
    void everyWordOfAClosedListIsDocumented() {
        assertThat(Rejection.values()).extracting(Rejection::code).allSatisfy(this::isARow);
        assertThat(DeadLetter.Reason.values())
                .extracting(reason -> reason.name().toLowerCase(Locale.ROOT))
                .allSatisfy(this::isARow);
        assertThat(QuarantinedLine.Reason.values())
                .extracting(reason -> reason.name().toLowerCase(Locale.ROOT))
                .allSatisfy(this::isARow);
        assertThat(Result.Status.values())
                .extracting(status -> "`" + status.name().toLowerCase(Locale.ROOT) + "`")
                .allSatisfy(status -> assertThat(document).contains(status));
    }

    private void isARow(String name) {
        assertThat(document.lines()).as(name).anyMatch(line -> line.startsWith("| `" + name + "`"));
    }

    private static List<String> names(Class<? extends Record> type) {
        return Stream.of(type.getRecordComponents())
                .map(component ->
                        component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
                .toList();
    }

    private static String read() {
        try {
            return Files.readString(Path.of("../docs/formats.md"));
        } catch (IOException e) {
            throw new AssertionError("docs/formats.md", e);
        }
    }
}

package dev.halfrate.processor.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.schemas.PublicSchemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

/** docs/formats.md is what users build on: whatever the code can write is in there. */
class FormatsDocumentTest {
    private final String document = read();

    @Test
    void everyFieldOfABatchIsDocumented() {
        assertThat(names(BatchProgress.class))
                .filteredOn(name -> !name.equals("spend"))
                .allSatisfy(this::isARow);
        assertThat(List.of("answered", "answered_bytes", "unpriced_tokens")).allSatisfy(this::isARow);
        assertThat(names(Usage.class)).allSatisfy(this::isARow);
    }

    @Test
    void everyFieldOfThePublicSchemasIsDocumentedUnderTheSameName() {
        assertThat(List.of(PublicSchemas.REQUEST, PublicSchemas.RESULT, PublicSchemas.BATCH_EVENT))
                .flatMap(schema -> paths("", schema))
                .hasSizeGreaterThan(60)
                .allSatisfy(this::isARow);
    }

    /** Tags of a batch have rows as one. */
    private static List<String> paths(String prefix, Schema schema) {
        return switch (schema.getType()) {
            case RECORD ->
                schema.getFields().stream()
                        .flatMap(field -> Stream.concat(
                                Stream.of(prefix + field.name()),
                                paths(prefix + field.name() + ".", field.schema()).stream()))
                        .toList();
            case UNION -> paths(prefix, schema.getTypes().getLast());
            default -> List.of();
        };
    }

    @Test
    void aJsonResultHasTheFieldsOfTheSchemaInItsOrder() {
        assertThat(keys(ResultCodec.encode(AvroFormatTest.FULL)))
                .isEqualTo(PublicSchemas.RESULT.getFields().stream()
                        .map(Schema.Field::name)
                        .toList());
        assertThat(keys(BatchProgressCodec.encode(AvroFormatTest.PROGRESS)))
                .isEqualTo(PublicSchemas.BATCH_EVENT.getFields().stream()
                        .map(Schema.Field::name)
                        .toList());
    }

    private static List<String> keys(byte[] json) {
        try {
            return new ObjectMapper()
                    .readTree(json).properties().stream().map(Map.Entry::getKey).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
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

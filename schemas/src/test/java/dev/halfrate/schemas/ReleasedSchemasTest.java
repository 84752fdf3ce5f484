package dev.halfrate.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaValidationException;
import org.apache.avro.SchemaValidator;
import org.apache.avro.SchemaValidatorBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who reads or writes with a schema that was released once can do so for ever. Each release adds a directory with its
 * schemas to src/test/resources/released, and changes none that is there.
 */
class ReleasedSchemasTest {
    private static final Path RELEASED = Path.of("src/test/resources/released");

    /** Either reads what the other has written. */
    private static final SchemaValidator BOTH_WAYS =
            new SchemaValidatorBuilder().mutualReadStrategy().validateAll();

    static List<Schema> schemas() {
        return List.of(PublicSchemas.REQUEST, PublicSchemas.RESULT, PublicSchemas.BATCH_EVENT);
    }

    private static List<Schema> released(Schema schema) throws IOException {
        try (Stream<Path> releases = Files.list(RELEASED)) {
            return releases.sorted()
                    .map(release -> release.resolve(schema.getName() + ".avsc"))
                    .filter(Files::exists)
                    .map(ReleasedSchemasTest::parse)
                    .toList();
        }
    }

    private static Schema parse(Path file) {
        try {
            return new Schema.Parser().parse(file.toFile());
        } catch (IOException e) {
            throw new AssertionError(file.toString(), e);
        }
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void everyReleasedSchemaReadsAndIsRead(Schema schema) throws IOException {
        var released = released(schema);

        assertThat(released).isNotEmpty();
        assertThatCode(() -> BOTH_WAYS.validate(schema, released)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void aFieldThatGoesOrComesWithoutADefaultWouldBeFound(Schema schema) throws IOException {
        var released = released(schema);
        var first = schema.toString().indexOf("{\"name\":\"");
        var more = new Schema.Parser()
                .parse(new StringBuilder(schema.toString())
                        .insert(first, "{\"name\":\"later\",\"type\":\"string\"},")
                        .toString());

        assertThatThrownBy(() -> BOTH_WAYS.validate(more, released)).isInstanceOf(SchemaValidationException.class);
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void everyRecordAndFieldSaysWhatItMeans(Schema schema) {
        assertThat(undocumented(schema, schema.getName(), new HashSet<>()).toList())
                .isEmpty();
    }

    private static Stream<String> undocumented(Schema schema, String path, Set<String> seen) {
        return switch (schema.getType()) {
            case RECORD -> {
                if (!seen.add(schema.getFullName())) {
                    yield Stream.of();
                }
                var self = schema.getDoc() == null ? Stream.of(path) : Stream.<String>of();
                yield Stream.concat(self, schema.getFields().stream().flatMap(field -> {
                    var name = path + "." + field.name();
                    var own = field.doc() == null ? Stream.of(name) : Stream.<String>of();
                    return Stream.concat(own, undocumented(field.schema(), name, seen));
                }));
            }
            case UNION -> schema.getTypes().stream().flatMap(type -> undocumented(type, path, seen));
            case ARRAY -> undocumented(schema.getElementType(), path, seen);
            case MAP -> undocumented(schema.getValueType(), path, seen);
            default -> Stream.of();
        };
    }
}

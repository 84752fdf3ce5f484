package dev.halfrate.schemas.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Releases run side by side, so each reads what the others write. A new minor version of a record adds its schema to
 * {@code released/1.N} of the resources and a value with every field set to that of the tests, and changes none that is there;
 * {@code -Dformats.record=true} writes both.
 */
class InternalFormatTest {
    private static final int FRAME_BYTES = 3;

    /** What some release has written. */
    record Released(String version, InternalFormat<?> format) {
        Schema schema() {
            return InternalFormat.released(version, format.schema().getName());
        }

        byte[] value() {
            try {
                return Files.readAllBytes(FormatRecorder.VALUES
                        .resolve(version)
                        .resolve(format.schema().getName() + ".bin"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return format.schema().getName() + " of " + version;
        }
    }

    static Stream<Released> released() {
        return formats()
                .flatMap(format ->
                        IntStream.rangeClosed(0, format.minor()).mapToObj(minor -> new Released("1." + minor, format)));
    }

    static Stream<InternalFormat<?>> formats() {
        return InternalFormat.all().stream();
    }

    @BeforeAll
    static void record() throws IOException {
        if (Boolean.getBoolean("formats.record")) {
            for (var format : InternalFormat.all()) {
                FormatRecorder.record(format);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("released")
    void whatAReleaseHasWrittenIsReadAsItWasMeant(Released released) throws IOException {
        var value = released.format().decode(released.value());

        assertThat(encoded(released.schema(), value)).isEqualTo(payload(released.value()));
    }

    @ParameterizedTest
    @MethodSource("released")
    void whatIsWrittenNowBeginsAsTheReleaseKnowsIt(Released released) {
        var now = reencoded(released.format(), released.value());

        assertThat(now[1]).isEqualTo(released.value()[1]);
        assertThat(payload(now)).startsWith(payload(released.value()));
    }

    @ParameterizedTest
    @MethodSource("released")
    void onlyFieldsWithDefaultsAreAppended(Released released) {
        assertThat(changes(released.schema(), released.format().schema(), true)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aRecordThatGrowsIsAnotherMinorVersion(InternalFormat<?> format) {
        var released = new Released("1." + format.minor(), format).schema();

        assertThat(format.schema().getFields()).hasSameSizeAs(released.getFields());
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatTheNextMinorVersionAppendsIsPassedOver(InternalFormat<?> format) throws IOException {
        var now = new Released("1." + format.minor(), format).value();
        var later = SchemaBuilder.enumeration("Later").symbols("ONE", "TWO");
        var next = new ByteArrayOutputStream();
        next.write(now, 0, now.length);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(next, null);
        encoder.writeString("of a release to come");
        encoder.writeEnum(later.getEnumOrdinal("TWO"));
        encoder.flush();
        var bytes = next.toByteArray();
        bytes[2]++;

        assertThat((Object) format.decode(bytes)).isEqualTo(format.decode(now));
        assertThat(InternalFormat.decodeAny(bytes)).isEqualTo(format.decode(now));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void anotherMajorVersionIsRefused(InternalFormat<?> format) {
        var bytes = new Released("1." + format.minor(), format).value();
        bytes[1]++;

        assertThatThrownBy(() -> format.decode(bytes))
                .isInstanceOf(UnreadableRecordException.class)
                .hasMessageContaining("run the newer release");
    }

    @Test
    void aCommandOfALaterReleaseIsUnknownAndOneOfThisReleaseIsNotMistakenForIt() throws IOException {
        var command = InternalFormat.COMMAND.decode(new Released("1.0", InternalFormat.COMMAND).value());
        var later = withSymbol(
                command, CommandKind.getClassSchema().getEnumSymbols().size());

        assertThat(InternalFormat.COMMAND.decode(later).getKind()).isEqualTo(CommandKind.UNKNOWN);
        assertThat(InternalFormat.COMMAND.decode(later).getBy()).isEqualTo(command.getBy());
        assertThat(InternalFormat.COMMAND
                        .decode(withSymbol(command, CommandKind.getClassSchema().getEnumOrdinal("RESOLVE")))
                        .getKind())
                .isEqualTo(CommandKind.RESOLVE);
    }

    /** The bytes of a next minor version, whose kind, the first field, is any number. */
    private static byte[] withSymbol(Command command, int ordinal) throws IOException {
        var bytes = InternalFormat.COMMAND.encode(command);
        var later = new ByteArrayOutputStream();
        later.write(bytes, 0, FRAME_BYTES - 1);
        later.write(InternalFormat.COMMAND.minor() + 1);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(later, null);
        encoder.writeEnum(ordinal);
        encoder.flush();
        later.write(bytes, FRAME_BYTES + 1, bytes.length - FRAME_BYTES - 1);
        return later.toByteArray();
    }

    @Test
    void aSignalOfALaterReleaseIsRefusedBecauseToIgnoreItWouldLoseItems() {
        var bytes = new Released("1.0", InternalFormat.SIGNAL).value();
        bytes[2]++;
        bytes[FRAME_BYTES] = (byte) (SignalKind.values().length << 1);

        assertThatThrownBy(() -> InternalFormat.SIGNAL.decode(bytes))
                .isInstanceOf(UnreadableRecordException.class)
                .hasMessageContaining("of a newer release");
    }

    /** This release, as one whose record has grown since: what is a field now came in version 1.1. */
    @Test
    void aFieldThatCameLaterHasItsDefaultInWhatIsOlder() throws IOException {
        var present = LaneRecord.getClassSchema();
        var fields = present.getFields().stream()
                .limit(present.getFields().size() - 1L)
                .map(field -> new Schema.Field(field, field.schema()))
                .toList();
        var before = Schema.createRecord(present.getName(), "", present.getNamespace(), false, fields);
        var grown = new InternalFormat<>(7, LaneRecord.class, present, List.of(before));
        var value = InternalFormat.LANE_RECORD.decode(new Released("1.0", InternalFormat.LANE_RECORD).value());
        var old = new ByteArrayOutputStream();
        old.writeBytes(new byte[] {7, 1, 0});
        old.writeBytes(encoded(before, value));

        var read = grown.decode(old.toByteArray());

        assertThat(value.getRejected()).isPositive();
        assertThat(read).isEqualTo(LaneRecord.newBuilder(value).setRejected(0).build());
        assertThat(grown.encode(read)).startsWith(7, 1, 1);
    }

    @Test
    void fieldsThatComeInTheMiddleOrWithoutADefaultWouldBeFound() {
        var released = SchemaBuilder.record("R").fields().requiredString("a").endRecord();
        var middle = SchemaBuilder.record("R")
                .fields()
                .optionalLong("new")
                .requiredString("a")
                .endRecord();
        var without = SchemaBuilder.record("R")
                .fields()
                .requiredString("a")
                .requiredString("b")
                .endRecord();
        var nested = SchemaBuilder.record("N")
                .fields()
                .name("r")
                .type(released)
                .noDefault()
                .endRecord();
        var grown = SchemaBuilder.record("N")
                .fields()
                .name("r")
                .type(SchemaBuilder.record("R")
                        .fields()
                        .requiredString("a")
                        .optionalLong("b")
                        .endRecord())
                .noDefault()
                .endRecord();

        assertThat(changes(released, middle, true)).isNotEmpty();
        assertThat(changes(released, without, true)).isNotEmpty();
        assertThat(changes(nested, grown, true)).isNotEmpty();
    }

    /** @return what a reader with the released schema would stumble over */
    private static List<String> changes(Schema released, Schema present, boolean outermost) {
        if (released.getType() != present.getType() || !Objects.equals(released.getFullName(), present.getFullName())) {
            return List.of("%s has become %s".formatted(released.getFullName(), present.getFullName()));
        }
        var changes = new ArrayList<String>();
        switch (released.getType()) {
            case RECORD -> {
                var fields = present.getFields();
                for (var field : released.getFields()) {
                    var same = field.pos() < fields.size() ? fields.get(field.pos()) : null;
                    if (same == null || !same.name().equals(field.name())) {
                        changes.add("%s.%s is elsewhere".formatted(released.getName(), field.name()));
                    } else {
                        changes.addAll(changes(field.schema(), same.schema(), false));
                    }
                }
                fields.stream()
                        .skip(released.getFields().size())
                        .filter(field -> !outermost || !field.hasDefaultValue())
                        .forEach(field -> changes.add("%s.%s is new".formatted(released.getName(), field.name())));
            }
            case ENUM -> {
                var symbols = released.getEnumSymbols();
                if (!present.getEnumSymbols()
                        .subList(
                                0,
                                Math.min(
                                        symbols.size(), present.getEnumSymbols().size()))
                        .equals(symbols)) {
                    changes.add("symbols of %s are elsewhere".formatted(released.getName()));
                }
            }
            case ARRAY -> changes.addAll(changes(released.getElementType(), present.getElementType(), false));
            case MAP -> changes.addAll(changes(released.getValueType(), present.getValueType(), false));
            case UNION -> {
                if (released.getTypes().size() != present.getTypes().size()) {
                    changes.add("a union has other types");
                } else {
                    for (var i = 0; i < released.getTypes().size(); i++) {
                        changes.addAll(changes(
                                released.getTypes().get(i), present.getTypes().get(i), false));
                    }
                }
            }
            case FIXED -> {
                if (released.getFixedSize() != present.getFixedSize()) {
                    changes.add("%s has another size".formatted(released.getName()));
                }
            }
            default -> {}
        }
        return changes;
    }

    private static <T extends SpecificRecordBase> byte[] reencoded(InternalFormat<T> format, byte[] bytes) {
        return format.encode(format.decode(bytes));
    }

    private static byte[] encoded(Schema schema, SpecificRecordBase value) throws IOException {
        var out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new SpecificDatumWriter<SpecificRecordBase>(schema, new SpecificData(InternalFormat.class.getClassLoader()))
                .write(value, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private static byte[] payload(byte[] framed) {
        return Arrays.copyOfRange(framed, FRAME_BYTES, framed.length);
    }
}

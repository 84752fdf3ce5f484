package dev.halfrate.schemas.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.avro.util.ClassSecurityValidator;
import org.jspecify.annotations.NullMarked;

/**
 * Bytes of an internal record: one byte for its type, one for the major and one for the minor version of
 * its schema, then Avro's binary encoding.
 *
 * <p>Releases run side by side, and one may be gone back from, so within a major version each reads the others' values. One of
 * an older minor version is read by that version's schema, which stays among the resources ({@code released/1.0/…}), and has
 * defaults for what it lacks. One of a newer version is read as far as this release knows it: fields are only ever appended, and
 * a symbol that is new to an enum is read as the enum's default, if that has one. A value of another major version is refused.
 *
 * @param <T> the generated class
 */
@NullMarked
public final class InternalFormat<T extends SpecificRecordBase> {
    private static final int FRAME_BYTES = 3;
    private static final int NEW_SYMBOLS_MAX = 100;

    static {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.DEFAULT,
                type -> type.getPackageName().equals(InternalFormat.class.getPackageName())));
    }

    public static final InternalFormat<RefChunk> REF_CHUNK =
            new InternalFormat<>(1, RefChunk.class, RefChunk.getClassSchema());
    public static final InternalFormat<Signal> SIGNAL = new InternalFormat<>(2, Signal.class, Signal.getClassSchema());
    public static final InternalFormat<Command> COMMAND =
            new InternalFormat<>(3, Command.class, Command.getClassSchema());
    public static final InternalFormat<ManifestChunk> MANIFEST_CHUNK =
            new InternalFormat<>(4, ManifestChunk.class, ManifestChunk.getClassSchema());
    public static final InternalFormat<LedgerRecord> LEDGER_RECORD =
            new InternalFormat<>(5, LedgerRecord.class, LedgerRecord.getClassSchema());
    public static final InternalFormat<PartitionEpoch> PARTITION_EPOCH =
            new InternalFormat<>(6, PartitionEpoch.class, PartitionEpoch.getClassSchema());
    public static final InternalFormat<LaneRecord> LANE_RECORD =
            new InternalFormat<>(7, LaneRecord.class, LaneRecord.getClassSchema());
    public static final InternalFormat<WaitingChunk> WAITING_CHUNK =
            new InternalFormat<>(8, WaitingChunk.class, WaitingChunk.getClassSchema());
    public static final InternalFormat<SealedIds> SEALED_IDS =
            new InternalFormat<>(9, SealedIds.class, SealedIds.getClassSchema());
    public static final InternalFormat<SealedBatch> SEALED_BATCH =
            new InternalFormat<>(10, SealedBatch.class, SealedBatch.getClassSchema());
    public static final InternalFormat<TopicBirth> TOPIC_BIRTH =
            new InternalFormat<>(11, TopicBirth.class, TopicBirth.getClassSchema());

    public static final InternalFormat<AccountBinding> ACCOUNT_BINDING =
            new InternalFormat<>(12, AccountBinding.class, AccountBinding.getClassSchema());
    public static final InternalFormat<LearnedRecord> LEARNED_RECORD =
            new InternalFormat<>(13, LearnedRecord.class, LearnedRecord.getClassSchema());
    public static final InternalFormat<SpendRecord> SPEND_RECORD =
            new InternalFormat<>(14, SpendRecord.class, SpendRecord.getClassSchema());

    public static final InternalFormat<PauseRecord> PAUSE_RECORD =
            new InternalFormat<>(15, PauseRecord.class, PauseRecord.getClassSchema());

    private static final Map<Integer, InternalFormat<?>> BY_TYPE = Stream.of(
                    REF_CHUNK,
                    SIGNAL,
                    COMMAND,
                    MANIFEST_CHUNK,
                    LEDGER_RECORD,
                    PARTITION_EPOCH,
                    LANE_RECORD,
                    WAITING_CHUNK,
                    SEALED_IDS,
                    SEALED_BATCH,
                    TOPIC_BIRTH,
                    ACCOUNT_BINDING,
                    LEARNED_RECORD,
                    SPEND_RECORD,
                    PAUSE_RECORD)
            .collect(Collectors.toUnmodifiableMap(format -> format.type, format -> format));

    private final int type;
    private final int major = 1;
    private final int minor;
    private final Class<T> valueClass;
    private final Schema schema;
    private final SpecificData model = new SpecificData(InternalFormat.class.getClassLoader());
    private final SpecificData writing = new SpecificData(InternalFormat.class.getClassLoader());
    private final List<Schema> older;
    private final Schema later;

    /** Of a record that is as it was in version 1.0. */
    private InternalFormat(int type, Class<T> valueClass, Schema schema) {
        this(type, valueClass, schema, List.of());
    }

    /** @param older schemas of the minor versions before this one, by their numbers */
    InternalFormat(int type, Class<T> valueClass, Schema schema, List<Schema> older) {
        this.type = type;
        this.valueClass = valueClass;
        this.schema = schema;
        this.older = List.copyOf(older);
        this.minor = older.size();
        this.later = later(schema);
        // What the compiler wrote for each class is quicker than what finds its way by the schema. Not for reading: it
        // makes room for as many elements as a damaged record says it has.
        this.writing.setCustomCoders(true);
    }

    /** All of them. */
    static List<InternalFormat<?>> all() {
        return BY_TYPE.values().stream()
                .sorted(Comparator.comparingInt(format -> format.type))
                .toList();
    }

    /**
     * A record's schema as it was released.
     *
     * @param version such as 1.0
     */
    static Schema released(String version, String name) {
        var resource = "released/%s/%s.avsc".formatted(version, name);
        try (var json = InternalFormat.class.getResourceAsStream(resource)) {
            if (json == null) {
                throw new IllegalStateException("no resource " + resource);
            }
            return new Schema.Parser().parse(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Schema schema() {
        return schema;
    }

    Class<T> valueClass() {
        return valueClass;
    }

    int minor() {
        return minor;
    }

    /** @return the framed bytes of {@code value} */
    public byte[] encode(T value) {
        var out = new ByteArrayOutputStream(256);
        out.write(type);
        out.write(major);
        out.write(minor);
        try {
            var encoder = EncoderFactory.get().binaryEncoder(out, null);
            new SpecificDatumWriter<T>(schema, writing).write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @throws UnreadableRecordException if {@code bytes} are not of this type, of another major version or damaged */
    public T decode(byte[] bytes) {
        if (bytes.length < FRAME_BYTES || bytes[0] != type) {
            throw new UnreadableRecordException("not a " + valueClass.getSimpleName());
        }
        if (bytes[1] != major) {
            throw new UnreadableRecordException("%s of version %d.%d, this release reads %d.x: run the newer release"
                    .formatted(valueClass.getSimpleName(), bytes[1], bytes[2], major));
        }
        var written = Byte.toUnsignedInt(bytes[2]);
        try {
            var decoder = DecoderFactory.get().binaryDecoder(bytes, FRAME_BYTES, bytes.length - FRAME_BYTES, null);
            return valueClass.cast(reader(written).read(null, decoder));
        } catch (IOException | RuntimeException e) {
            // The cause may quote a custom_id or worse, so only its class is kept.
            throw new UnreadableRecordException("%s %s: %s"
                    .formatted(
                            written > minor ? "damaged, or of a newer release," : "damaged",
                            valueClass.getSimpleName(),
                            e.getClass().getSimpleName()));
        }
    }

    private SpecificDatumReader<T> reader(int written) {
        var writer = written > minor ? later : written == minor ? schema : older.get(written);
        return new SpecificDatumReader<>(writer, schema, model);
    }

    /** @return the schema as far as it is known of one to come: enums that say what an unknown symbol is read as may have grown */
    private static Schema later(Schema schema) {
        var fields = schema.getFields().stream()
                .map(field -> new Schema.Field(field, grown(field.schema())))
                .toList();
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    private static Schema grown(Schema schema) {
        if (schema.getType() != Schema.Type.ENUM || schema.getEnumDefault() == null) {
            return schema;
        }
        var symbols = new ArrayList<>(schema.getEnumSymbols());
        for (var i = 1; i <= NEW_SYMBOLS_MAX; i++) {
            symbols.add("LATER_" + i);
        }
        return Schema.createEnum(
                schema.getName(), schema.getDoc(), schema.getNamespace(), symbols, schema.getEnumDefault());
    }

    /**
     * Reads a value of whatever internal type, told by its first byte.
     *
     * @throws UnreadableRecordException as {@link #decode}
     */
    public static SpecificRecordBase decodeAny(byte[] bytes) {
        var format = bytes.length == 0 ? null : BY_TYPE.get((int) bytes[0]);
        if (format == null) {
            throw new UnreadableRecordException("not an internal record of Halfrate");
        }
        return format.decode(bytes);
    }
}

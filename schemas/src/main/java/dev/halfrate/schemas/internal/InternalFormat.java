package dev.halfrate.schemas.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * <p>Fields are only ever appended within a major version, so a value of a newer minor version is read as
 * far as this release knows it; a value of another major version is refused. When the first minor version
 * comes, the schema of the one before stays in {@code schemas/} as the writer's schema to resolve from.
 *
 * @param <T> the generated class
 */
@NullMarked
public final class InternalFormat<T extends SpecificRecordBase> {
    private static final int FRAME_BYTES = 3;

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
    private final int minor = 0;
    private final Class<T> valueClass;
    private final Schema schema;
    private final SpecificData model = new SpecificData(InternalFormat.class.getClassLoader());

    private InternalFormat(int type, Class<T> valueClass, Schema schema) {
        this.type = type;
        this.valueClass = valueClass;
        this.schema = schema;
    }

    /** @return the framed bytes of {@code value} */
    public byte[] encode(T value) {
        var out = new ByteArrayOutputStream(256);
        out.write(type);
        out.write(major);
        out.write(minor);
        try {
            var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            new SpecificDatumWriter<T>(schema, model).write(value, encoder);
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
        try {
            var decoder = DecoderFactory.get().binaryDecoder(bytes, FRAME_BYTES, bytes.length - FRAME_BYTES, null);
            return valueClass.cast(new SpecificDatumReader<T>(schema, schema, model).read(null, decoder));
        } catch (IOException | RuntimeException e) {
            // The cause may quote a custom_id or worse, so only its class is kept.
            throw new UnreadableRecordException("damaged " + valueClass.getSimpleName() + ": "
                    + e.getClass().getSimpleName());
        }
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

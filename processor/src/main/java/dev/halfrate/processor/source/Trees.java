package dev.halfrate.processor.source;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Avro's and others' values as maps in their order, lists, texts, {@link Long}, {@link BigDecimal}, {@link Boolean} and
 * null. Bytes are texts in base64; times, ids and enums their own texts.
 */
final class Trees {
    private Trees() {}

    /** @return empty if it is no record and no map */
    static Optional<Map<String, @Nullable Object>> object(Object value) {
        return switch (value) {
            case IndexedRecord record -> Optional.of(ofRecord(record));
            case Map<?, ?> map -> Optional.of(ofMap(map));
            default -> Optional.empty();
        };
    }

    private static Map<String, @Nullable Object> ofRecord(IndexedRecord record) {
        var tree = new LinkedHashMap<String, @Nullable Object>();
        for (var field : record.getSchema().getFields()) {
            tree.put(field.name(), of(record.get(field.pos())));
        }
        return tree;
    }

    private static Map<String, @Nullable Object> ofMap(Map<?, ?> map) {
        var tree = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((key, item) -> tree.put(String.valueOf(key), of(item)));
        return tree;
    }

    private static @Nullable Object of(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Boolean flag -> flag;
            case Long number -> number;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case BigDecimal number -> number;
            case BigInteger number -> new BigDecimal(number);
            // By their shortest digits: 0.1f is 0.1. What is not finite has none.
            case Float number -> Float.isFinite(number) ? new BigDecimal(number.toString()) : number.toString();
            case Double number -> Double.isFinite(number) ? new BigDecimal(number.toString()) : number.toString();
            case IndexedRecord record -> ofRecord(record);
            case Map<?, ?> map -> ofMap(map);
            case Collection<?> items -> {
                var list = new ArrayList<@Nullable Object>();
                items.forEach(item -> list.add(of(item)));
                yield list;
            }
            case GenericFixed fixed -> Base64.getEncoder().encodeToString(fixed.bytes());
            case ByteBuffer bytes -> Base64.getEncoder().encodeToString(bytes(bytes));
            case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
            default -> value.toString();
        };
    }

    static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}

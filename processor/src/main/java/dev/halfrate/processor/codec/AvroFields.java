package dev.halfrate.processor.codec;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/** Fields of a record that was read with one of our schemas, so that their types are known. */
record AvroFields(GenericRecord record) {
    /** Empty for null, as in our own records. */
    String text(String name) {
        var value = record.get(name);
        return value == null ? "" : value.toString();
    }

    /** A text's bytes as they are. */
    byte @Nullable [] verbatim(String name) {
        return record.get(name) instanceof Utf8 text ? Arrays.copyOf(text.getBytes(), text.getByteLength()) : null;
    }

    byte[] bytes(String name) {
        var value = ((ByteBuffer) record.get(name)).duplicate();
        var bytes = new byte[value.remaining()];
        value.get(bytes);
        return bytes;
    }

    /** Zero for null. */
    int integer(String name) {
        return record.get(name) instanceof Integer value ? value : 0;
    }

    long number(String name) {
        return (Long) record.get(name);
    }

    boolean flag(String name) {
        return (Boolean) record.get(name);
    }

    @Nullable
    Instant time(String name) {
        return record.get(name) instanceof Long millis ? Instant.ofEpochMilli(millis) : null;
    }

    Instant requiredTime(String name) {
        return Instant.ofEpochMilli(number(name));
    }

    List<Long> numbers(String name) {
        return ((List<?>) record.get(name)).stream().map(Long.class::cast).toList();
    }

    Map<String, String> texts(String name) {
        var texts = new TreeMap<String, String>();
        ((Map<?, ?>) record.get(name)).forEach((key, value) -> texts.put(key.toString(), value.toString()));
        return texts;
    }

    @Nullable
    AvroFields object(String name) {
        return record.get(name) instanceof GenericRecord value ? new AvroFields(value) : null;
    }

    AvroFields required(String name) {
        return new AvroFields((GenericRecord) record.get(name));
    }

    Map<String, AvroFields> objects(String name) {
        var objects = new TreeMap<String, AvroFields>();
        ((Map<?, ?>) record.get(name))
                .forEach((key, value) -> objects.put(key.toString(), new AvroFields((GenericRecord) value)));
        return objects;
    }
}

package dev.halfrate.processor.codec;

import org.apache.avro.Schema;

/** Where the schemas are that values were written with. Safe for use by many threads. */
@FunctionalInterface
public interface WriterSchemas {
    /** Where there is no registry. */
    WriterSchemas NONE = _ -> new Lookup.Missing(
            DeadLetter.Reason.SCHEMA_UNKNOWN,
            "the value is not UTF-8, or it is Avro and no schema registry is configured (schema-registry.urls)");

    /** Waits a moment at most. */
    Lookup find(SchemaRef schema);

    /** What is known about a schema. */
    sealed interface Lookup {
        record Found(Schema schema) implements Lookup {}

        /** There is none by that name, or none that is Avro's; {@code message} says what to change. */
        record Missing(DeadLetter.Reason reason, String message) implements Lookup {}

        /** Nobody can say now: ask again later. */
        record Pending() implements Lookup {}
    }
}

package dev.halfrate.schemas;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.jspecify.annotations.NullMarked;

/**
 * Avro schemas of what comes in and goes out, as the files beside this class have them: those are what a registry is
 * given, and what may be copied.
 */
@NullMarked
public final class PublicSchemas {
    public static final Schema REQUEST = read("Request.avsc");
    public static final Schema RESULT = read("Result.avsc");
    public static final Schema BATCH_EVENT = read("BatchEvent.avsc");

    private PublicSchemas() {}

    private static Schema read(String file) {
        try (var in = PublicSchemas.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing from this build");
            }
            return new Schema.Parser().parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

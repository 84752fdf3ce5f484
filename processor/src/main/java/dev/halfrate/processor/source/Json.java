package dev.halfrate.processor.source;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a tree that stands for itself, not for its text: what the filter {@code json} gives.
 *
 * @param tree maps, lists, texts, numbers, booleans and null
 */
record Json(@Nullable Object tree) {
    /** @throws TemplateException if it is nothing that JSON has */
    static void write(@Nullable Object tree, JsonGenerator out) throws IOException {
        switch (tree) {
            case null -> out.writeNull();
            case Json(var inner) -> write(inner, out);
            case CharSequence text -> writeText(text.toString(), out);
            case Boolean flag -> out.writeBoolean(flag);
            case Number number -> out.writeNumber(text(number));
            case Map<?, ?> map -> {
                out.writeStartObject();
                for (var entry : map.entrySet()) {
                    out.writeFieldName(wellFormed(String.valueOf(entry.getKey())));
                    write(entry.getValue(), out);
                }
                out.writeEndObject();
            }
            case List<?> list -> {
                out.writeStartArray();
                for (var item : list) {
                    write(item, out);
                }
                out.writeEndArray();
            }
            default -> throw new TemplateException("a value is neither text, number, true, false, list nor object");
        }
    }

    private static void writeText(String text, JsonGenerator out) throws IOException {
        out.writeString(wellFormed(text));
    }

    /** Half a surrogate pair, as a text that was cut may end in, has no UTF-8: it becomes '?'. */
    static String wellFormed(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text)
                ? text
                : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** All digits, none of them an exponent. */
    static String text(Number number) {
        return switch (number) {
            case BigDecimal decimal -> decimal.toPlainString();
            case Double fraction
            when !Double.isFinite(fraction) -> throw new TemplateException("a number is not finite");
            case Double fraction -> {
                var plain = BigDecimal.valueOf(fraction);
                yield (plain.scale() > 0 ? plain.stripTrailingZeros() : plain).toPlainString();
            }
            default -> number.toString();
        };
    }

    /** As JSON. */
    @Override
    public String toString() {
        var text = new StringWriter();
        try (var out = Body.JSON.createGenerator(text)) {
            write(tree, out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return text.toString();
    }
}

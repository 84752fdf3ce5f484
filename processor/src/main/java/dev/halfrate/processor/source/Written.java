package dev.halfrate.processor.source;

import io.pebbletemplates.pebble.extension.writer.SpecializedWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes what a template writes: its own text, and the values of expressions before they are texts. */
final class Written extends Writer implements SpecializedWriter {
    /** More than any request may have. */
    static final int CHARS_MAX = 30_000_000;

    private final StringBuilder text = new StringBuilder();
    private @Nullable Json only;
    private int parts;

    /** @return the text, or the {@link Json} if nothing else was written */
    Object value() {
        return parts == 1 && only != null ? only : text.toString();
    }

    @Override
    public void write(@Nullable Object value) {
        switch (value) {
            case Json json -> {
                add(json.toString());
                only = json;
            }
            case CharSequence chars -> add(chars);
            case Boolean flag -> add(flag.toString());
            case Number number -> add(Json.text(number));
            case Map<?, ?> map -> add(new Json(map).toString());
            case List<?> list -> add(new Json(list).toString());
            case null, default ->
                throw new TemplateException("an expression gives nothing that can be written: name a field of it");
        }
    }

    @Override
    public void write(char[] chars, int offset, int length) {
        if (length > 0) {
            add(new String(chars, offset, length));
        }
    }

    private void add(CharSequence more) {
        if (more.length() > CHARS_MAX - text.length()) {
            throw new TemplateException("what is rendered has more than %,d characters".formatted(CHARS_MAX));
        }
        parts++;
        text.append(more);
    }

    @Override
    public void writeSpecialized(int value) {
        write((Object) (long) value);
    }

    @Override
    public void writeSpecialized(long value) {
        write((Object) value);
    }

    @Override
    public void writeSpecialized(double value) {
        write((Object) value);
    }

    @Override
    public void writeSpecialized(float value) {
        write((Object) (double) value);
    }

    @Override
    public void writeSpecialized(short value) {
        write((Object) (long) value);
    }

    @Override
    public void writeSpecialized(byte value) {
        write((Object) (long) value);
    }

    @Override
    public void writeSpecialized(char value) {
        write((Object) String.valueOf(value));
    }

    @Override
    public void writeSpecialized(String value) {
        write((Object) value);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}

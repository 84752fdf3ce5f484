package dev.halfrate.processor.source;

import io.pebbletemplates.pebble.error.AttributeNotFoundException;
import io.pebbletemplates.pebble.error.PebbleException;
import io.pebbletemplates.pebble.template.PebbleTemplate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.Stream;

/** One text of the configuration, with expressions in it. One thread. */
final class Template {
    private final String key;
    private final String text;
    private final PebbleTemplate compiled;

    /** @param key where it stands in the configuration */
    Template(String key, String text, PebbleTemplate compiled) {
        this.key = key;
        this.text = text;
        this.compiled = compiled;
    }

    /**
     * @param variables what expressions can name; null values count as missing
     * @return the text, or a {@link Json} if the template is nothing but one expression that gives one
     * @throws TemplateException saying which field is missing, or where an expression does not fit its value
     */
    Object render(Map<String, Object> variables) {
        var written = new Written();
        try {
            compiled.evaluate(written, variables);
        } catch (TemplateException e) {
            throw new TemplateException("%s: %s".formatted(key, e.getMessage()));
        } catch (RuntimeException e) {
            throw new TemplateException(message(e));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return written.value();
    }

    /** @see #render */
    String renderText(Map<String, Object> variables) {
        return render(variables).toString();
    }

    /**
     * What the library says may quote the event, so it is said anew. A field's name is the event's own where it was
     * looked up by another field.
     */
    private String message(RuntimeException e) {
        var missing = causes(e)
                .filter(AttributeNotFoundException.class::isInstance)
                .map(AttributeNotFoundException.class::cast)
                .findFirst();
        var line = causes(e)
                .filter(PebbleException.class::isInstance)
                .map(cause -> ((PebbleException) cause).getLineNumber())
                .filter(number -> number != null && number > 1)
                .findFirst()
                .map(number -> ", line " + number)
                .orElse("");
        if (missing.isEmpty()) {
            return key + line + ": an operator, filter or tag does not fit the value that the event has there";
        }
        var name = missing.get().getAttributeName();
        return "%s%s: %s is missing or null in the event; if it may be, say so: | default(\"\"), or {%% if … is defined %%}"
                .formatted(key, line, name != null && text.contains(name) ? "'" + name + "'" : "a field");
    }

    static Stream<Throwable> causes(Throwable thrown) {
        return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause);
    }

    String key() {
        return key;
    }

    /** The text is the operator's, and may be long. */
    @Override
    public String toString() {
        return "Template[" + key + "]";
    }
}

package dev.halfrate.processor.source;

import dev.halfrate.processor.config.ConfigException;
import io.pebbletemplates.pebble.PebbleEngine;
import io.pebbletemplates.pebble.attributes.AttributeResolver;
import io.pebbletemplates.pebble.error.PebbleException;
import io.pebbletemplates.pebble.error.RootAttributeNotFoundException;
import io.pebbletemplates.pebble.extension.AbstractExtension;
import io.pebbletemplates.pebble.extension.Extension;
import io.pebbletemplates.pebble.extension.ExtensionCustomizer;
import io.pebbletemplates.pebble.extension.Filter;
import io.pebbletemplates.pebble.extension.Function;
import io.pebbletemplates.pebble.extension.NodeVisitorFactory;
import io.pebbletemplates.pebble.extension.Test;
import io.pebbletemplates.pebble.extension.core.CoreExtension;
import io.pebbletemplates.pebble.loader.MemoryLoader;
import io.pebbletemplates.pebble.template.EvaluationContext;
import io.pebbletemplates.pebble.template.PebbleTemplate;
import io.pebbletemplates.pebble.tokenParser.TokenParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles templates. Of the library there is only what makes text of an event: no other files, no classes, no threads,
 * nothing that a number in an event could blow up.
 */
final class Templates {
    private static final Set<String> TAGS = Set.of("if", "for", "set");
    private static final Set<String> TESTS = Set.of("defined", "empty", "even", "odd", "iterable", "map");
    private static final Set<String> FILTERS = Set.of(
            "abbreviate",
            "abs",
            "base64decode",
            "base64encode",
            "capitalize",
            "default",
            "first",
            "join",
            "last",
            "length",
            "lower",
            "numberformat",
            "replace",
            "reverse",
            "rsort",
            "sha256",
            "slice",
            "sort",
            "split",
            "title",
            "trim",
            "upper",
            "urlencode");

    private final MemoryLoader texts = new MemoryLoader();
    private final PebbleEngine engine = new PebbleEngine.Builder()
            .loader(texts)
            .strictVariables(true)
            .autoEscaping(false)
            // Text stays as it is written.
            .newLineTrimming(false)
            .literalNumbersAsBigDecimals(false)
            .defaultLocale(Locale.ROOT)
            .registerExtensionCustomizer(Allowed::new)
            .extension(new Own())
            .build();

    /**
     * @param key where the text stands in the configuration
     * @throws ConfigException naming the key and the line, if it is no template
     */
    Template compile(String key, String text) {
        if (text.isEmpty()) {
            throw new ConfigException(key + " must not be empty");
        }
        try {
            texts.addTemplate(key, text);
            var compiled = engine.getTemplate(key);
            tryOut(compiled);
            return new Template(key, text, compiled);
        } catch (PebbleException e) {
            throw new ConfigException("%s is no template, line %s: %s"
                    .formatted(key, e.getLineNumber() == null ? "1" : e.getLineNumber(), e.getPebbleMessage()));
        } catch (NumberFormatException _) {
            throw new ConfigException(key + " is no template: it has a number that is too large");
        }
    }

    /** Names of variables and filters are looked up only when they are needed; most are with an event of nothing. */
    private static void tryOut(PebbleTemplate compiled) {
        try {
            compiled.evaluate(new Written(), new HashMap<>(Event.NOTHING));
        } catch (RootAttributeNotFoundException e) {
            if (!Event.NAMES.contains(e.getAttributeName())) {
                throw new PebbleException(
                        null,
                        "there is no '%s', only %s"
                                .formatted(
                                        e.getAttributeName(),
                                        Event.NAMES.stream().sorted().collect(Collectors.joining(", "))),
                        e.getLineNumber(),
                        e.getFileName());
            }
        } catch (PebbleException e) {
            if (String.valueOf(e.getPebbleMessage()).endsWith("] does not exist.")) {
                throw e;
            }
        } catch (RuntimeException _) {
            // It wants values.
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    /** What of the library's own may be used. */
    private static final class Allowed extends ExtensionCustomizer {
        private final Extension library;

        Allowed(Extension library) {
            super(library);
            this.library = library;
        }

        private boolean isCore() {
            return library instanceof CoreExtension;
        }

        @Override
        public Map<String, Filter> getFilters() {
            return only(FILTERS, isCore() ? library.getFilters() : Map.of());
        }

        @Override
        public Map<String, Test> getTests() {
            return only(TESTS, isCore() ? library.getTests() : Map.of());
        }

        /** Ranges are one, too, and could be as long as an event says. */
        @Override
        public Map<String, Function> getFunctions() {
            return Map.of();
        }

        @Override
        public List<TokenParser> getTokenParsers() {
            return isCore()
                    ? library.getTokenParsers().stream()
                            .filter(parser -> TAGS.contains(parser.getTag()))
                            .toList()
                    : List.of();
        }

        @Override
        public Map<String, Object> getGlobalVariables() {
            return Map.of();
        }

        @Override
        public List<NodeVisitorFactory> getNodeVisitors() {
            return isCore() ? library.getNodeVisitors() : List.of();
        }

        /** The library's would look up Java's methods. */
        @Override
        public List<AttributeResolver> getAttributeResolver() {
            return List.of();
        }

        private static <T> Map<String, T> only(Set<String> names, Map<String, T> all) {
            return all.entrySet().stream()
                    .filter(entry -> names.contains(entry.getKey()))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        }
    }

    /** What there is beside it. */
    private static final class Own extends AbstractExtension {
        @Override
        public List<AttributeResolver> getAttributeResolver() {
            return List.of(new Fields());
        }

        @Override
        public Map<String, Filter> getFilters() {
            return Map.of("json", new JsonFilter());
        }
    }

    private static final class JsonFilter implements Filter {
        @Override
        public List<String> getArgumentNames() {
            return List.of();
        }

        @Override
        public Object apply(
                @Nullable Object input,
                Map<String, Object> arguments,
                PebbleTemplate template,
                EvaluationContext context,
                int line) {
            return new Json(input);
        }
    }
}

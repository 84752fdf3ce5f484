package dev.halfrate.processor.config;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The effective configuration as lines of the file's own keys, e.g. {@code lanes.age-max: 15m}. */
final class Description {
    private final List<String> lines = new ArrayList<>();

    private Description() {}

    /** @return one line for each key; read from the records themselves, so that none is forgotten */
    static List<String> of(Record config) {
        var description = new Description();
        description.addComponents("", config);
        return description.lines;
    }

    private void addComponents(String prefix, Record config) {
        for (var component : config.getClass().getRecordComponents()) {
            add(prefix + kebabCase(component.getName()), read(component, config));
        }
    }

    private void add(String key, Object value) {
        switch (value) {
            case Record section -> addComponents(key + ".", section);
            case Map<?, ?> kafka ->
                kafka.keySet().stream().map(String::valueOf).sorted().forEach(name -> addKafka(key, name, kafka));
            case List<?> list
            when !list.isEmpty() && list.stream().allMatch(Record.class::isInstance) -> {
                for (var i = 0; i < list.size(); i++) {
                    addComponents("%s[%d].".formatted(key, i), (Record) list.get(i));
                }
            }
            case List<?> list ->
                lines.add(key + ": "
                        + String.join(", ", list.stream().map(Description::text).toList()));
            default -> lines.add(key + ": " + text(value));
        }
    }

    private void addKafka(String key, String name, Map<?, ?> kafka) {
        lines.add("%s.%s: %s".formatted(key, name, KafkaSettings.mayBeShown(name) ? kafka.get(name) : "***"));
    }

    private static String text(Object value) {
        return switch (value) {
            case Duration duration -> Durations.format(duration);
            case Enum<?> word -> word.name().toLowerCase(Locale.ROOT).replace('_', '-');
            default -> String.valueOf(value);
        };
    }

    private static String kebabCase(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static Object read(RecordComponent component, Record config) {
        try {
            return component.getAccessor().invoke(config);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a public record's component", e);
        }
    }
}

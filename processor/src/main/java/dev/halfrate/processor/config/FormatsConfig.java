package dev.halfrate.processor.config;

import java.util.Map;

/**
 * In which form the public topics are written.
 *
 * @param results json, avro, or the name of a class that is a Kafka serializer
 * @param batches likewise
 * @param serializerProperties what such classes are configured with
 */
public record FormatsConfig(String results, String batches, Map<String, Secret> serializerProperties) {
    public static final String JSON = "json";
    public static final String AVRO = "avro";
    public static final FormatsConfig DEFAULT = new FormatsConfig(JSON, JSON, Map.of());

    private static final String PATTERN = "json|avro|[A-Za-z_$][\\w$]*(\\.[A-Za-z_$][\\w$]*)+";

    public FormatsConfig {
        Check.matches("formats.results", results, PATTERN);
        Check.matches("formats.batches", batches, PATTERN);
        serializerProperties = Map.copyOf(serializerProperties);
    }

    public boolean needsRegistry() {
        return results.equals(AVRO) || batches.equals(AVRO);
    }
}

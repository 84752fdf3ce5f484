package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.registry.RegistryException;
import dev.halfrate.processor.registry.SchemaRegistry;
import dev.halfrate.schemas.PublicSchemas;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/** Whether the schema registry answers, lets us in, and has what is written. */
final class RegistryCheck {
    private RegistryCheck() {}

    static Verdict look(HalfrateConfig config) throws InterruptedException {
        if (!config.schemaRegistry().isThere()) {
            return Verdict.ok("none is configured, and none is needed");
        }
        try (var registry = SchemaRegistry.askingOnce(config.schemaRegistry())) {
            registry.reach();
            var registered = new LinkedHashMap<String, Boolean>();
            for (var written : written(config).entrySet()) {
                registered.put(
                        written.getKey(),
                        registry.lookUp(written.getKey(), written.getValue()).isPresent());
            }
            return judge(config.schemaRegistry().register(), registered);
        } catch (RegistryException e) {
            return refused(String.valueOf(e.getMessage()));
        }
    }

    /** @return by topic */
    private static Map<String, Schema> written(HalfrateConfig config) {
        var written = new LinkedHashMap<String, Schema>();
        if (config.formats().results().equals(FormatsConfig.AVRO)) {
            config.resultTopics().all().forEach(topic -> written.put(topic, PublicSchemas.RESULT));
        }
        if (config.formats().batches().equals(FormatsConfig.AVRO)) {
            written.put(config.topics().batches(), PublicSchemas.BATCH_EVENT);
        }
        return written;
    }

    /** @param registered whether the schema is that is written to a topic, by topic */
    static Verdict judge(boolean register, Map<String, Boolean> registered) {
        Optional<String> missing = registered.entrySet().stream()
                .filter(topic -> !topic.getValue())
                .map(Map.Entry::getKey)
                .reduce((a, b) -> a + ", " + b);
        if (missing.isEmpty()) {
            return Verdict.ok(
                    registered.isEmpty()
                            ? "answers and lets us in"
                            : "answers and lets us in, and has the schemas that are written");
        }
        return register
                ? Verdict.ok("answers and lets us in; the next start registers the schemas for " + missing.get())
                : Verdict.fail(
                        "has not the schemas that are written to " + missing.get()
                                + ", and schema-registry.register is off",
                        "register those below schemas/src/main/avro of Halfrate's sources, or set schema-registry.register to true for one start");
    }

    static Verdict refused(String message) {
        return message.contains("let us in")
                ? Verdict.fail(message, "correct user and password, or token, or tls, below schema-registry")
                : Verdict.fail(
                        message,
                        "look at schema-registry.urls (with the path that the registry has, such as /apis/ccompat/v7), at tls below it, and whether it runs");
    }
}

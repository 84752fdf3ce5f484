package dev.halfrate.processor.source;

import dev.halfrate.processor.codec.AvroValues;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SourceConfig;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;

/** Who reads a source's events. */
final class EventDecoders {
    private EventDecoders() {}

    /**
     * @param key of the source in the configuration
     * @param schemas that events in Avro are written with
     * @throws ConfigException if its deserializer cannot be made
     */
    static EventDecoder of(String key, SourceConfig config, WriterSchemas schemas) {
        var name = config.deserializer();
        if (name.isEmpty()) {
            return new AvroEvents(new AvroValues(schemas));
        }
        try {
            Deserializer<?> made = Utils.newInstance(name, Deserializer.class);
            made.configure(reveal(config.deserializerProperties()), false);
            return new DeserializedEvents(made);
        } catch (ClassNotFoundException e) {
            throw new ConfigException("%s.deserializer: there is no class '%s' on the class path".formatted(key, name));
        } catch (KafkaException | IllegalArgumentException | ClassCastException e) {
            // The message may quote a property, and with it a password.
            throw new ConfigException("%s.deserializer: '%s' cannot be made or does not take its properties (%s)"
                    .formatted(key, name, e.getClass().getSimpleName()));
        }
    }

    private static Map<String, Object> reveal(Map<String, Secret> properties) {
        var revealed = new HashMap<String, Object>();
        properties.forEach((name, value) -> revealed.put(name, value.reveal()));
        return revealed;
    }
}

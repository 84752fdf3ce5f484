package dev.halfrate.processor;

import dev.halfrate.processor.codec.AvroFormat;
import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.intake.RequestJudge;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.registry.CachedSchemas;
import dev.halfrate.processor.registry.RegistryException;
import dev.halfrate.processor.registry.SchemaRegistry;
import dev.halfrate.schemas.PublicSchemas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** What users' programs need to know of the public topics' values: how requests are written, judged, and results read. */
public final class PublicTopics implements AutoCloseable {
    private final HalfrateConfig config;
    private final @Nullable SchemaRegistry registry;
    private final FeedReader feeds;

    public PublicTopics(HalfrateConfig config) {
        this.config = config;
        this.registry = config.schemaRegistry().isThere() ? new SchemaRegistry(config.schemaRegistry()) : null;
        this.feeds = new FeedReader(
                registry == null
                        ? WriterSchemas.NONE
                        : new CachedSchemas(registry, InstantSource.system(), new SimpleMeterRegistry()));
    }

    /** Makes a record's value of a request. */
    @FunctionalInterface
    public interface RequestForm {
        /** @param value in JSON, which holds the request */
        byte[] encode(Parsed.Request request, byte[] value);
    }

    /** Says what the intake would make of requests. One thread. */
    @FunctionalInterface
    public interface RequestCheck {
        /**
         * @param value in JSON
         * @return what to change, never quoting it; empty if the request would be taken
         */
        Optional<String> problem(byte[] value, Headers headers);
    }

    /** Of results and batch events, in JSON or Avro. */
    public FeedReader feeds() {
        return feeds;
    }

    /** @throws ConfigException if an account's key cannot be sent */
    public RequestCheck check(String topic) {
        var capabilities = new HashMap<String, Capabilities>();
        for (var account : config.accounts()) {
            try (var provider = Providers.of(account)) {
                capabilities.put(account.name(), provider.capabilities());
            }
        }
        return new RequestJudge(config, topic, capabilities)::problem;
    }

    /**
     * Requests in Avro, with the schema that the registry has for the topic.
     *
     * @throws ConfigException if there is no registry
     * @throws StartupException if it does not answer, or does not take the schema
     */
    public RequestForm avro(String topic) throws InterruptedException {
        if (registry == null) {
            throw new ConfigException("schema-registry.urls must be there for requests in avro");
        }
        try {
            var schemaId = registry.idOf(topic, PublicSchemas.REQUEST);
            return (request, value) -> AvroFormat.request(schemaId, request, value);
        } catch (RegistryException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        if (registry != null) {
            registry.close();
        }
    }
}

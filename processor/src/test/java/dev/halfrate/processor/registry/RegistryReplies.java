package dev.halfrate.processor.registry;

import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.processor.config.RegistryConfig;
import java.net.URI;

/** What is made of bytes that a registry answers with. */
public final class RegistryReplies implements AutoCloseable {
    private final SchemaRegistry registry = new SchemaRegistry(RegistryConfig.at(URI.create("http://127.0.0.1:1")));

    /** @return pending where nothing can be concluded */
    public Lookup read(SchemaRef schema, int status, byte[] body) throws InterruptedException {
        try {
            return registry.lookup(schema, RegistryHttp.read("registry", status, body));
        } catch (SchemaRegistry.DownException _) {
            return new Lookup.Pending();
        }
    }

    @Override
    public void close() {
        registry.close();
    }
}

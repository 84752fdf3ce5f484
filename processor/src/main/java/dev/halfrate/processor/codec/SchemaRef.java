package dev.halfrate.processor.codec;

import java.util.UUID;

/** How a value names the schema that it was written with. */
public sealed interface SchemaRef {
    /** By the number that the registry gave it. */
    record Id(int id) implements SchemaRef {
        @Override
        public String toString() {
            return "id " + id;
        }
    }

    /** By the name that is the same in every registry. */
    record Guid(UUID guid) implements SchemaRef {
        @Override
        public String toString() {
            return "guid " + guid;
        }
    }
}

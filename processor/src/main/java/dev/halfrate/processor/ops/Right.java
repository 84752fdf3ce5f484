package dev.halfrate.processor.ops;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;

/**
 * What somebody has to be allowed.
 *
 * @param name of the resource, or what its name begins with
 */
public record Right(Part part, ResourceType type, String name, PatternType pattern, Set<AclOperation> may) {
    /** Whoever takes part. */
    public enum Part {
        /** The service itself. */
        HALFRATE,
        /** Whoever writes requests. */
        PRODUCER,
        /** Whoever reads results. */
        READER,
        /** Whoever looks at the status and the report. */
        OPERATOR;

        /** @return as people write it */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Right {
        may = Collections.unmodifiableSet(EnumSet.copyOf(may));
    }

    Right(Part part, ResourceType type, String name, PatternType pattern, AclOperation... may) {
        this(part, type, name, pattern, Set.of(may));
    }

    /** @return whether it is about the resource of this name */
    public boolean covers(String resource) {
        return pattern == PatternType.PREFIXED ? resource.startsWith(name) : resource.equals(name);
    }

    /** @return a line for a shell that gives it, or the given part of it */
    public String command(String bootstrapServers, String principal, Collection<AclOperation> operations) {
        return "kafka-acls.sh --bootstrap-server %s --add --allow-principal %s%s --%s %s%s"
                .formatted(
                        bootstrapServers,
                        quoted(principal),
                        operations.stream()
                                .sorted()
                                .map(operation -> " --operation " + words(operation.name(), ""))
                                .collect(Collectors.joining()),
                        words(type.name(), "-").toLowerCase(Locale.ROOT),
                        quoted(name),
                        pattern == PatternType.PREFIXED ? " --resource-pattern-type prefixed" : "");
    }

    /** @return such as TransactionalId */
    public String resource() {
        return words(type.name(), "");
    }

    private static String words(String constant, String between) {
        return Arrays.stream(constant.split("_", -1))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(between));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9:._/=@,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}

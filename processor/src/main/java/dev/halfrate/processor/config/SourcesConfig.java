package dev.halfrate.processor.config;

import java.util.HashSet;
import java.util.List;

/** The part of the configuration that makes requests of events. */
public record SourcesConfig(TopicsConfig topics, List<SourceConfig> sources) {
    public SourcesConfig {
        var names = new HashSet<String>();
        for (var source : sources) {
            Check.that(names.add(source.name()), "sources.name", "unique", "'" + source.name() + "' twice");
            Check.that(
                    !topics.has(source.topic()),
                    "sources.topic",
                    "none of Halfrate's own topics, or what comes out would go in again",
                    "'" + source.topic() + "'");
            Check.that(
                    topics.requests().contains(source.to()),
                    "sources.to",
                    "one of topics.requests (%s)".formatted(String.join(", ", topics.requests())),
                    "'" + source.to() + "'");
        }
        sources = List.copyOf(sources);
    }
}

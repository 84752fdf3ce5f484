package dev.halfrate.processor.config;

import java.util.List;
import java.util.Map;

/**
 * A topic of other people's events, and the templates that make requests of them. Texts are templates where it says so;
 * whether they are well-formed is seen when they are compiled.
 *
 * @param topic of the events
 * @param to one of the requests topics: where the requests are written
 * @param customId template
 * @param url path of the endpoint
 * @param body parameters of the endpoint, in which every text is a template
 * @param when template; an event for which it gives nothing or `false` is skipped; empty to take all
 * @param account template, as the other headers of a request; empty for none
 * @param mode likewise
 * @param tag likewise
 * @param deadline likewise
 * @param result likewise
 * @param deserializer class that reads values; empty for JSON
 */
public record SourceConfig(
        String name,
        String topic,
        String to,
        String customId,
        String url,
        BodyConfig body,
        String when,
        String account,
        String mode,
        String tag,
        String deadline,
        String result,
        String deserializer,
        Map<String, Secret> deserializerProperties) {
    public SourceConfig {
        Check.matches("sources.name", name, "[a-z0-9][a-z0-9-]{0,62}");
        Check.matches("sources.topic", topic, TopicsConfig.NAME);
        Check.that(!customId.isBlank(), "sources.custom-id", "a template", "nothing");
        Check.that(
                isText(body, "model"),
                "sources.body.model",
                "a text: the model, or a template of it",
                "nothing of the kind in source " + name);
        Check.that(
                !url.equals("/v1/messages") || body.tree().has("max_tokens"),
                "sources.body.max_tokens",
                "there, as /v1/messages requires it",
                "nothing in source " + name);
        Check.that(
                !deserializer.isEmpty() || deserializerProperties.isEmpty(),
                "sources.deserializer-properties",
                "left out where there is no deserializer",
                "some in source " + name);
        if (isFixed(mode)) {
            Check.that(
                    mode.isEmpty() || List.of("batch", "sync", "auto").contains(mode),
                    "sources.mode",
                    "one of: batch, sync, auto, or a template",
                    "'" + mode + "'");
        }
        deserializerProperties = Map.copyOf(deserializerProperties);
    }

    private static boolean isText(BodyConfig body, String member) {
        return !body.tree().path(member).asText("").isBlank()
                && body.tree().path(member).isTextual();
    }

    /** @return whether it is no template */
    static boolean isFixed(String text) {
        return !text.contains("{");
    }
}

package dev.halfrate.processor.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.codec.UnusableValueException;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.SourceConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Makes requests of the events of one topic, by the templates of the configuration. One thread. */
public final class Source implements AutoCloseable {
    private static final RequestParser REQUESTS = new RequestParser();

    private final SourceConfig config;
    private final EventDecoder decoder;
    private final Template customId;
    private final List<Template> when;
    private final Map<String, Template> headers = new LinkedHashMap<>();
    private final Body body;

    private Source(String key, SourceConfig config, Set<String> endpoints, WriterSchemas schemas) {
        if (!endpoints.contains(config.url())) {
            throw new ConfigException("%s.url must be one of: %s; got '%s'"
                    .formatted(key, String.join(", ", new TreeSet<>(endpoints)), config.url()));
        }
        var templates = new Templates();
        this.config = config;
        this.customId = templates.compile(key + ".custom-id", config.customId());
        this.when = config.when().isEmpty() ? List.of() : List.of(templates.compile(key + ".when", config.when()));
        Map.of(
                        Wishes.ACCOUNT, Map.entry("account", config.account()),
                        Wishes.MODE, Map.entry("mode", config.mode()),
                        Wishes.TAG, Map.entry("tag", config.tag()),
                        Wishes.DEADLINE, Map.entry("deadline", config.deadline()),
                        Wishes.RESULT, Map.entry("result", config.result()))
                .forEach((header, text) -> {
                    if (!text.getValue().isEmpty()) {
                        headers.put(header, templates.compile(key + "." + text.getKey(), text.getValue()));
                    }
                });
        this.body = Body.compile(key + ".body", config.body().tree(), templates);
        this.decoder = EventDecoders.of(key, config, schemas);
    }

    /**
     * @param endpoints that any vendor can batch
     * @param schemas that events in Avro are written with
     * @throws ConfigException naming the key, and the line of a template
     */
    public static List<Source> of(List<SourceConfig> configs, Set<String> endpoints, WriterSchemas schemas) {
        var sources = new ArrayList<Source>();
        for (var config : configs) {
            sources.add(new Source("sources[%d]".formatted(sources.size()), config, endpoints, schemas));
        }
        return List.copyOf(sources);
    }

    public String name() {
        return config.name();
    }

    /** @return where its events are */
    public String topic() {
        return config.topic();
    }

    /** @return where its requests go */
    public String to() {
        return config.to();
    }

    /**
     * The same record at the same time gives the same.
     *
     * @param event with a value
     * @param at its timestamp, or what stands for one that cannot be
     * @throws org.apache.kafka.common.KafkaException if somebody who is needed to read it does not answer
     */
    public Rendered render(ConsumerRecord<byte[], byte[]> event, Instant at) {
        try {
            var variables = Event.variables(event, decoder, at);
            return takes(variables) ? request(variables) : new Rendered.Skipped();
        } catch (UnusableValueException e) {
            return new Rendered.Unusable(e.reason(), named(e));
        } catch (EventPendingException _) {
            return new Rendered.Pending();
        } catch (TemplateException e) {
            return new Rendered.Unusable(DeadLetter.Reason.TEMPLATE, named(e));
        }
    }

    private String named(RuntimeException e) {
        return "source %s: %s".formatted(config.name(), e.getMessage());
    }

    private boolean takes(Map<String, Object> variables) {
        return when.stream().allMatch(template -> {
            var word = template.renderText(variables).strip();
            return !word.isEmpty() && !word.equals("false");
        });
    }

    private Rendered request(Map<String, Object> variables) {
        var id = customId.renderText(variables);
        if (!Json.wellFormed(id).equals(id)) {
            // With a '?' for what cannot be written, two ids would become one.
            throw new TemplateException(customId.key() + ": the text has half a surrogate pair");
        }
        var value = line(id, variables);
        var texts = new LinkedHashMap<String, String>();
        headers.forEach((header, template) -> {
            var text = template.renderText(variables).strip();
            if (!text.isEmpty()) {
                texts.put(header, text);
            }
        });
        Wishes.fault(headers(texts)).ifPresent(fault -> {
            throw new TemplateException(fault);
        });
        // What intake would refuse can be rendered again when the template is mended.
        return switch (REQUESTS.parse(value)) {
            case Parsed.Request request -> new Rendered.Request(request.customId(), value, headers(texts));
            case Parsed.Rejected rejected -> throw new TemplateException(rejected.message());
            case Parsed.Unusable unusable -> throw new TemplateException(unusable.message());
        };
    }

    private static Headers headers(Map<String, String> texts) {
        var all = new RecordHeaders();
        texts.forEach((name, text) -> all.add(name, text.getBytes(UTF_8)));
        return all;
    }

    private byte[] line(String id, Map<String, Object> variables) {
        var value = new ByteArrayOutputStream(1_024);
        try (var out = Body.JSON.createGenerator(value)) {
            out.writeStartObject();
            out.writeStringField("custom_id", id);
            if (config.url().equals(RequestParser.MESSAGES)) {
                out.writeFieldName("params");
            } else {
                out.writeStringField("method", "POST");
                out.writeStringField("url", config.url());
                out.writeFieldName("body");
            }
            body.write(variables, out);
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return value.toByteArray();
    }

    @Override
    public void close() {
        decoder.close();
    }
}

package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonToken;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.codec.Slice;
import dev.halfrate.processor.config.RequestsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a request's result repeats of it, as the configuration names it.
 *
 * @param fault which of it cannot be repeated and what it must be; never quotes it; empty for none
 */
record Echo(Map<String, String> headers, Map<String, String> metadata, String fault) {
    static final Echo NONE = new Echo(Map.of(), Map.of(), "");

    private static final int CHARS_MAX = 512;
    private static final int CHARS_IN_ALL_MAX = 2_048;

    Echo {
        headers = Map.copyOf(headers);
        metadata = Map.copyOf(metadata);
    }

    /** @param metadata where it stands in the value; null for none */
    static Echo of(RequestsConfig config, Headers headers, byte[] value, @Nullable Slice metadata) {
        return config.echoHeaders().isEmpty() && config.echoMetadata().isEmpty()
                ? NONE
                : new Taking()
                        .headers(config.echoHeaders(), headers)
                        .metadata(Set.copyOf(config.echoMetadata()), value, metadata)
                        .done();
    }

    private static final class Taking {
        private final Map<String, String> ofHeaders = new TreeMap<>();
        private final Map<String, String> ofMetadata = new TreeMap<>();
        private String fault = "";
        private int chars;

        Taking headers(List<String> names, Headers headers) {
            for (var name : names) {
                var header = headers.lastHeader(name);
                if (header != null && header.value() != null) {
                    try {
                        var text = UTF_8.newDecoder().decode(ByteBuffer.wrap(header.value()));
                        take(ofHeaders, "header", name, text.toString());
                    } catch (CharacterCodingException _) {
                        fault = "header %s must be a text in UTF-8, as results repeat it".formatted(name);
                    }
                }
            }
            return this;
        }

        Taking metadata(Set<String> names, byte[] value, @Nullable Slice metadata) {
            if (metadata == null || names.isEmpty()) {
                return this;
            }
            try (var json = RequestParser.JSON.createParser(value, metadata.from(), metadata.bytes())) {
                if (json.nextToken() == JsonToken.START_OBJECT) {
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        var name = json.currentName();
                        if (json.nextToken() == JsonToken.VALUE_STRING && names.contains(name)) {
                            take(ofMetadata, "metadata", name, json.getText());
                        } else {
                            json.skipChildren();
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("reading again what was read before", e);
            }
            return this;
        }

        private void take(Map<String, String> taken, String kind, String name, String text) {
            chars += name.length() + text.length();
            if (text.length() > CHARS_MAX || chars > CHARS_IN_ALL_MAX) {
                fault = "%s %s must have at most %d characters, and all that results repeat %d"
                        .formatted(kind, name, CHARS_MAX, CHARS_IN_ALL_MAX);
            } else {
                taken.put(name, text);
            }
        }

        Echo done() {
            return new Echo(ofHeaders, ofMetadata, fault);
        }
    }
}

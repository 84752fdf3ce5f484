package dev.halfrate.processor.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The body of a source's requests: a tree whose texts are templates. */
sealed interface Body {
    JsonFactory JSON = new JsonFactory();

    ObjectMapper NODES = new ObjectMapper(JSON);

    /** Whatever the event has, it stays within the text or value that it is written into. */
    void write(Map<String, Object> variables, JsonGenerator out) throws IOException;

    /**
     * @param key where it stands in the configuration
     * @throws dev.halfrate.processor.config.ConfigException if a text is no template
     */
    static Body compile(String key, JsonNode node, Templates templates) {
        if (node.isObject()) {
            var members = new LinkedHashMap<String, Body>();
            node.properties()
                    .forEach(member -> members.put(
                            member.getKey(), compile(key + "." + member.getKey(), member.getValue(), templates)));
            return new Members(members);
        }
        if (node.isArray()) {
            var items = new ArrayList<Body>();
            for (var item : node) {
                items.add(compile("%s[%d]".formatted(key, items.size()), item, templates));
            }
            return new Items(items);
        }
        return node.isTextual() && !node.textValue().isEmpty()
                ? new Text(templates.compile(key, node.textValue()))
                : new Fixed(node);
    }

    /** An object. */
    record Members(Map<String, Body> members) implements Body {
        @Override
        public void write(Map<String, Object> variables, JsonGenerator out) throws IOException {
            out.writeStartObject();
            for (var member : members.entrySet()) {
                out.writeFieldName(member.getKey());
                member.getValue().write(variables, out);
            }
            out.writeEndObject();
        }
    }

    /** An array. */
    record Items(List<Body> items) implements Body {
        @Override
        public void write(Map<String, Object> variables, JsonGenerator out) throws IOException {
            out.writeStartArray();
            for (var item : items) {
                item.write(variables, out);
            }
            out.writeEndArray();
        }
    }

    /** A text, or what an expression gives with the filter json. */
    record Text(Template template) implements Body {
        @Override
        public void write(Map<String, Object> variables, JsonGenerator out) throws IOException {
            Json.write(template.render(variables), out);
        }
    }

    /** A number, true, false, null or an empty text. */
    record Fixed(JsonNode value) implements Body {
        @Override
        public void write(Map<String, Object> variables, JsonGenerator out) throws IOException {
            NODES.writeTree(out, value);
        }
    }
}

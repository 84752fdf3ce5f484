package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md has every key of the records, with the default that holds, and no key more. */
class ConfigurationDocumentTest {
    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| [^|]+ \\| (?:`([^`]*)`|([^|]+)) \\| .*");

    @Test
    void everyKeyIsDocumentedWithItsDefault() throws IOException {
        var document = Files.readString(Path.of("../docs/configuration.md"));
        var smallest = document.substring(document.indexOf("```yaml") + 7, document.indexOf("```\n"));

        var config = ConfigFile.parse(smallest, Map.of("OPENAI_API_KEY", "sk"));

        assertThat(documented(document)).containsExactlyInAnyOrderEntriesOf(effective(config));
    }

    private static Map<String, String> documented(String document) {
        var defaults = new HashMap<String, String>();
        for (var line : document.lines().toList()) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                defaults.put(row.group(1), row.group(2) == null ? row.group(3) : row.group(2));
            }
        }
        return defaults;
    }

    private static Map<String, String> effective(HalfrateConfig config) {
        var values = new HashMap<String, String>();
        for (var line : config.describe()) {
            var colon = line.indexOf(": ");
            values.put(line.substring(0, colon).replace("[0]", "[]"), line.substring(colon + 2));
        }
        // No defaults, but words.
        values.remove("kafka.bootstrap.servers");
        values.put("kafka", "required");
        values.put("accounts[].name", "required");
        values.put("accounts[].key", "required");
        values.put("accounts[].pool", "the account's name");
        values.put("accounts[].http.headers", "");
        values.put("accounts[].http.query", "");
        values.remove("sources");
        for (var key : List.of("name", "topic", "custom-id", "url", "body")) {
            values.put("sources[]." + key, "required");
        }
        values.put("sources[].to", "the first of `topics.requests`");
        for (var key : List.of(
                "when", "account", "mode", "tag", "deadline", "result", "deserializer", "deserializer-properties")) {
            values.put("sources[]." + key, "");
        }
        values.remove("results");
        values.put("results[].name", "required");
        values.put("results[].to", "topics.results");
        values.put("results[].extract", "none");
        values.put("results[].retries-max", "2");
        for (var key : List.of("topics", "accounts", "models", "tags", "schema", "schema-file")) {
            values.put("results[]." + key, "");
        }
        values.put("formats.serializer-properties", "");
        values.put("tracing.headers", "");
        values.replaceAll((_, value) -> value.isEmpty() ? "none" : value);
        return values;
    }
}

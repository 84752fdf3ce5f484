package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheMarkTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LONG = "ä \\\"}]\\u0041 ".repeat(300);

    private static String marked(CacheMark mark, String body) {
        var bytes = ByteBuffer.wrap(body.getBytes(UTF_8));
        var marked = mark.in(bytes);
        assertThat(bytes.position()).isZero();
        assertThat(marked.remaining() - bytes.remaining()).isBetween(0, mark.bytesMax());
        return UTF_8.decode(marked.duplicate()).toString();
    }

    @Test
    void aTextBecomesABlockWithAMark() {
        var body = "{\"model\": \"m\", \"system\" : \"%s\" , \"n\": 1.10, \"messages\": [{\"role\": \"user\"}]}"
                .formatted(LONG);

        assertThat(marked(CacheMark.HOUR, body))
                .isEqualTo("{\"model\": \"m\", \"system\" : [{\"type\":\"text\",\"text\":\"" + LONG
                        + "\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}] , \"n\": 1.10,"
                        + " \"messages\": [{\"role\": \"user\"}]}");
    }

    @Test
    void theLastBlockOfSeveralGetsTheMark() {
        var body =
                "{\"system\":[{\"type\":\"text\",\"text\":\"%s\"},{\"text\":\"b\",\"x\":{\"y\":[{}]}} ],\"tools\":[{}]}"
                        .formatted(LONG);

        assertThat(marked(CacheMark.FIVE_MINUTES, body))
                .isEqualTo(body.replace("[{}]}} ]", "[{}]},\"cache_control\":{\"type\":\"ephemeral\"}} ]"));
    }

    @Test
    void toolsAreMarkedWhereThereIsNoSystemPrompt() {
        var body = "{\"tools\": [{\"name\":\"a\",\"description\":\"%s\"}, {\"name\":\"b\"}], \"messages\": []}"
                .formatted(LONG);

        assertThat(marked(CacheMark.FIVE_MINUTES, body))
                .isEqualTo(body.replace("\"b\"}", "\"b\",\"cache_control\":{\"type\":\"ephemeral\"}}"));
    }

    @Test
    void toolsCountToWhatMakesASystemPromptLongEnough() throws Exception {
        var body = "{\"system\":\"short\",\"tools\":[{\"d\":\"%s\"}]}".formatted(LONG);

        var json = JSON.readTree(marked(CacheMark.HOUR, body));

        assertThat(json.at("/system/0/cache_control/ttl").asText()).isEqualTo("1h");
        assertThat(json.at("/tools/0").has("cache_control")).isFalse();
    }

    @Test
    void documentsThatTheFirstMessageBeginsWithAreMarkedBehindTheLast() throws Exception {
        var body = """
                {"system":"short","messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"%s"}},
                {"source":{"type":"base64","data":"x"},"type":"image"}, {"type":"text","text":"?"}]},{"role":"assistant"}]}""".formatted(LONG);

        assertThat(marked(CacheMark.FIVE_MINUTES, body))
                .isEqualTo(body.replace(
                        "\"type\":\"image\"}", "\"type\":\"image\",\"cache_control\":{\"type\":\"ephemeral\"}}"));
    }

    @Test
    void aDocumentThatIsOnlyNamedIsTakenToBeLong() {
        var body =
                "{\"messages\":[{\"content\":[{\"type\":\"document\",\"source\":{\"file_id\":\"f\",\"type\":\"file\"}},{\"type\":\"text\"}]}]}";

        assertThat(marked(CacheMark.HOUR, body))
                .isEqualTo(body.replace("}},{", "},\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}},{"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"system\":\"short\",\"messages\":[]}",
                "{\"cache_control\":{\"type\":\"ephemeral\"},\"system\":\"%s\"}",
                "{\"system\":\" \",\"tools\":[{\"d\":\"%s\"}]}",
                "{\"tools\":[{\"name\":\"a\",\"defer_loading\":true,\"d\":\"%s\"}]}",
                "{\"messages\":[{\"content\":\"%s\"}]}",
                "{\"messages\":[{\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"short\"}}]}],\"pad\":\"%s\"}",
                "{\"messages\":[{\"content\":[{\"type\":\"text\"},{\"type\":\"document\",\"data\":\"%s\"}]}]}",
                "{\"messages\":[{\"role\":\"user\"},{\"content\":[{\"type\":\"document\",\"data\":\"%s\"}]}]}",
                "{\"messages\":[\"x\",[{}],{\"content\":[{\"type\":\"document\",\"data\":\"%s\"}]}]}",
                "{\"system\":[],\"pad\":\"%s\"}",
                "{\"system\":[\"%s\"]}",
                "{\"system\":[{\"text\":\"%s\"},{}]}",
                "{\"system\":[{\"text\":\"%s\"},\"b\"]}",
                "{\"system\":null,\"messages\":\"%s\"}",
                "{\"system\":\"%s\",\"messages\":[{\"content\":[{\"cache_control\":{}}]}]}",
                "{\"system\":[{\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"}}]}",
            })
    void theRestStaysAsItIs(String form) {
        var body = form.replace("%s", LONG);

        assertThat(marked(CacheMark.HOUR, body)).isEqualTo(body);
    }

    @Test
    void nothingButTheMarkIsAdded() throws Exception {
        for (var system : new String[] {"\"%s\"", "[{\"type\":\"text\",\"text\":\"%s\"}]"}) {
            var body = "{\"a\":[1,{\"b\":\"}\"}],\"system\":%s,\"z\":{\"q\":[]}}".formatted(system.formatted(LONG));

            var json = (ObjectNode) JSON.readTree(marked(CacheMark.FIVE_MINUTES, body));

            var block = (ObjectNode) json.at("/system/0");
            assertThat(block.remove("cache_control")).isEqualTo(JSON.readTree("{\"type\":\"ephemeral\"}"));
            var before = (ObjectNode) JSON.readTree(body);
            var text = before.get("system").isTextual() ? before.get("system") : before.at("/system/0/text");
            assertThat(block.get("text")).isEqualTo(text);
            assertThat(json.without("system").toString())
                    .isEqualTo(before.without("system").toString());
        }
    }
}

package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.provider.UpstreamId;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiLineFormatTest {
    private static final UpstreamId ID = new UpstreamId("abcdefgh234567ab", 42);
    private static final String CHAT = "/v1/chat/completions";

    private final OpenAiLineFormat format = new OpenAiLineFormat();

    @Test
    void theBodyStandsInTheLineAsItsProducerWroteIt() {
        var body = "{ \"model\":\"gpt\", \"n\": 1.10, \"x\":1e400, \"text\":\"Grüße 🎈 \\n\\u00e4\" }";

        assertThat(new String(format.encode(ID, CHAT, ByteBuffer.wrap(body.getBytes(UTF_8))), UTF_8))
                .isEqualTo("{\"custom_id\":\"abcdefgh234567ab-000042\",\"method\":\"POST\","
                        + "\"url\":\"/v1/chat/completions\",\"body\":" + body + "}\n");
    }

    @Test
    void lineBreaksBetweenTokensBecomeSpaces() {
        var body = "{\r\n  \"text\": \"one\\r\\ntwo\"\n}".getBytes(UTF_8);

        assertThat(new String(format.encode(ID, CHAT, ByteBuffer.wrap(body)), UTF_8))
                .endsWith("\"body\":{    \"text\": \"one\\r\\ntwo\" }}\n")
                .containsOnlyOnce("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"a\":\"ü\"}", "{\n\n\n}"})
    void theLengthOfALineIsKnownBeforehand(String text) {
        var body = text.getBytes(UTF_8);
        for (var endpoint : OpenAiLineFormat.ENDPOINTS) {
            assertThat(format.encode(ID, endpoint, ByteBuffer.wrap(body)))
                    .hasSize(format.lineBytes(endpoint, body.length));
        }
    }

    @Test
    void onlyWhatRemainsOfTheBufferIsRead() {
        var direct = ByteBuffer.allocateDirect(20)
                .put("xx{\"a\":1}yy".getBytes(UTF_8))
                .position(2)
                .limit(9);

        var line = new String(format.encode(ID, CHAT, direct), UTF_8);

        assertThat(line).endsWith("\"body\":{\"a\":1}}\n");
        assertThat(direct.position()).isEqualTo(2);
    }

    @Test
    void anEndpointThatIsNoneIsABug() {
        assertThatThrownBy(() -> format.lineBytes("http://169.254.169.254/", 2))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.core.ObjectMappers;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.completions.Completion;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.images.ImagesResponse;
import com.openai.models.moderations.ModerationCreateResponse;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.videos.Video;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers, read with the types of the vendor's own client. */
final class ModelEndpointsTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    private final ModelEndpoints models = new ModelEndpoints(new Seed(1), LineErrorRates.NONE, new PromptCache());

    private LineAnswer answer(Endpoint endpoint, String body, long content) throws IOException {
        return answer(endpoint, body, content, 0);
    }

    private LineAnswer answer(Endpoint endpoint, String body, long content, double oddOutputs) throws IOException {
        String line = "{\"body\":" + body + "}";
        InputLine parsed =
                InputLine.parse(line.getBytes(StandardCharsets.UTF_8)).orElseThrow();
        return models.answer(
                endpoint,
                Objects.requireNonNull(parsed.body()),
                new Execution("org-1", content, content, 0, oddOutputs, 0, NOW));
    }

    private <T> T typed(Class<T> type, Endpoint endpoint, String body) throws IOException {
        LineAnswer answer = answer(endpoint, body, 1);
        assertThat(answer.status()).isEqualTo(200);
        return ObjectMappers.jsonMapper().readValue(Json.RESULT_LINES.writeValueAsBytes(answer.body()), type);
    }

    private static final String MOOD = """
            {"type":"object","$defs":{"score":{"type":"number","minimum":-1,"maximum":1}},"properties":{
            "mood":{"enum":["good","bad"]},"why":{"type":["string","null"]},"score":{"$ref":"#/$defs/score"},
            "items":{"type":"array","minItems":2,"items":{"type":"integer"}},"sure":{"type":"boolean"}}}""";

    @ParameterizedTest
    @CsvSource({"0, true", "1, false"})
    void jsonIsWrittenAsTheSchemaWantsItOrNot(double oddOutputs, boolean asWanted) throws IOException {
        String body = """
                {"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}],
                "response_format":{"type":"json_schema","json_schema":{"name":"m","schema":%s}}}""".formatted(MOOD);

        String text = answer(Endpoint.CHAT_COMPLETIONS, body, 1, oddOutputs)
                .body()
                .at("/choices/0/message/content")
                .asText();

        if (asWanted) {
            JsonNode output = Json.MAPPER.readTree(text);
            assertThat(output.get("mood").asText()).isIn("good", "bad");
            assertThat(output.get("why").isTextual()).isTrue();
            assertThat(output.get("score").doubleValue()).isBetween(-1.0, 1.0);
            assertThat(output.get("items")).hasSize(2).allMatch(JsonNode::isIntegralNumber);
            assertThat(output.get("sure").isBoolean()).isTrue();
        } else {
            assertThat(text).isNotBlank().doesNotStartWith("{");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"response_format":{"type":"json_object"}}             | {}
                    {"text":{"format":{"type":"json_schema","schema":{}}}} | {}
                    {"output_config":{"format":{"type":"json_schema"}}}    | {}
                    {"response_format":{"type":"text"}}                    |
                    {}                                                     |
                    """)
    void aSchemaStandsWhereItsEndpointHasIt(String parameters, String schema) throws IOException {
        JsonNode found = StructuredOutput.schemaOf((ObjectNode) Json.MAPPER.readTree(parameters));

        assertThat(found == null ? null : found.toString()).isEqualTo(schema);
    }

    @Test
    void chatCompletion() throws IOException {
        ChatCompletion answer = typed(
                        ChatCompletion.class,
                        Endpoint.CHAT_COMPLETIONS,
                        "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"n\":3}")
                .validate();

        assertThat(answer.choices()).hasSize(3).allSatisfy(choice -> {
            assertThat(choice.message().content().orElseThrow()).isNotBlank();
            assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        });
        assertThat(answer.created()).isEqualTo(NOW.getEpochSecond());
        assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(32 / 4);
    }

    @Test
    void response() throws IOException {
        Response whole = typed(Response.class, Endpoint.RESPONSES, "{\"model\":\"gpt-5\",\"input\":\"Hi\"}")
                .validate();
        Response cut = typed(
                        Response.class,
                        Endpoint.RESPONSES,
                        "{\"model\":\"gpt-5\",\"input\":\"Hi\",\"max_output_tokens\":16}")
                .validate();

        assertThat(whole.status()).contains(ResponseStatus.COMPLETED);
        assertThat(whole.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isNotBlank();
        assertThat(cut.usage().orElseThrow().outputTokens()).isLessThanOrEqualTo(16);
    }

    @Test
    void completion() throws IOException {
        Completion answer = typed(
                        Completion.class, Endpoint.COMPLETIONS, "{\"model\":\"davinci-002\",\"prompt\":\"Once\"}")
                .validate();

        assertThat(answer.choices().getFirst().text()).isNotBlank();
        assertThat(answer.usage().orElseThrow().completionTokens()).isLessThanOrEqualTo(16);
    }

    @Test
    void embeddings() throws IOException {
        CreateEmbeddingResponse plain = typed(
                        CreateEmbeddingResponse.class,
                        Endpoint.EMBEDDINGS,
                        "{\"model\":\"text-embedding-3-small\",\"input\":[\"a\",\"b\"]}")
                .validate();
        CreateEmbeddingResponse encoded = typed(
                        CreateEmbeddingResponse.class,
                        Endpoint.EMBEDDINGS,
                        "{\"model\":\"text-embedding-3-small\",\"input\":[1,2,3],\"dimensions\":8,"
                                + "\"encoding_format\":\"base64\"}")
                .validate();

        assertThat(plain.data()).hasSize(2).allSatisfy(embedding -> {
            List<Float> vector = embedding.embedding();
            assertThat(vector).hasSize(1_536);
            assertThat(vector.stream().mapToDouble(number -> number * number).sum())
                    .isBetween(0.99, 1.01);
        });
        assertThat(encoded.data()).hasSize(1);
        assertThat(encoded.data().getFirst().embedding()).hasSize(8);
    }

    @Test
    void moderation() throws IOException {
        ModerationCreateResponse answer = typed(
                        ModerationCreateResponse.class, Endpoint.MODERATIONS, "{\"input\":[\"a\",\"b\"]}")
                .validate();

        assertThat(answer.results()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"gpt-4o, 0", "gpt-5, 0", "gpt-5.6-sol, 1024", "gpt-6-luna, 1024"})
    void longBeginningsAreRemembered(String model, long written) throws IOException {
        String long1 = "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"}]}"
                .formatted(model, "x".repeat(5_000));
        String long2 = long1.replace("}]}", "},{\"role\":\"user\",\"content\":\"Hi\"}]}");

        ChatCompletion first = typed(ChatCompletion.class, Endpoint.CHAT_COMPLETIONS, long1);
        ChatCompletion second = typed(ChatCompletion.class, Endpoint.CHAT_COMPLETIONS, long2);

        var before = first.usage().orElseThrow().promptTokensDetails().orElseThrow();
        var after = second.usage().orElseThrow().promptTokensDetails().orElseThrow();
        assertThat(before.cachedTokens()).contains(0L);
        assertThat(before.cacheWriteTokens()).contains(written);
        assertThat(after.cachedTokens()).contains(1_024L);
        assertThat(after.cacheWriteTokens()).contains(0L);
        assertThat(second.usage().orElseThrow().promptTokens())
                .as("cached tokens are among them")
                .isGreaterThan(1_250);
    }

    @Test
    void images() throws IOException {
        ImagesResponse answer = typed(
                        ImagesResponse.class, Endpoint.IMAGE_GENERATIONS, "{\"prompt\":\"A cat\",\"n\":2}")
                .validate();

        assertThat(answer.data().orElseThrow()).hasSize(2).allSatisfy(image -> {
            byte[] png = Base64.getDecoder().decode(image.b64Json().orElseThrow());
            BufferedImage read = ImageIO.read(new ByteArrayInputStream(png));
            assertThat(read.getWidth()).isEqualTo(8);
        });
        assertThat(answer.usage().orElseThrow().totalTokens())
                .isEqualTo(answer.usage().orElseThrow().inputTokens() + 2 * 272);
    }

    @Test
    void editsNeedAnImage() throws IOException {
        assertThat(answer(Endpoint.IMAGE_EDITS, "{\"prompt\":\"A dog\"}", 1)
                        .body()
                        .at("/error/param")
                        .textValue())
                .isEqualTo("images");
        assertThat(answer(Endpoint.IMAGE_EDITS, "{\"prompt\":\"A dog\",\"n\":11,\"images\":[1]}", 1)
                        .body()
                        .at("/error/code")
                        .textValue())
                .isEqualTo("integer_above_max_value");
    }

    @Test
    void video() throws IOException {
        Video answer = typed(Video.class, Endpoint.VIDEOS, "{\"prompt\":\"A run\",\"seconds\":\"8\"}")
                .validate();

        assertThat(answer.status()).isEqualTo(Video.Status.COMPLETED);
        assertThat(answer.seconds().toString()).contains("8");
        assertThat(answer.model().toString()).contains("sora-2");
    }

    @Test
    void sameContentSameAnswer() throws IOException {
        String body = ChatLines.body("Why?");

        assertThat(answer(Endpoint.CHAT_COMPLETIONS, body, 7)).isEqualTo(answer(Endpoint.CHAT_COMPLETIONS, body, 7));
        assertThat(answer(Endpoint.CHAT_COMPLETIONS, body, 7).body())
                .isNotEqualTo(answer(Endpoint.CHAT_COMPLETIONS, body, 8).body());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 13, 1_000})
    void neverMoreTokensThanAllowed(int tokensMax) throws IOException {
        String body = "{\"model\":\"gpt-4o-mini\",\"messages\":[1],\"max_tokens\":%d}".formatted(tokensMax);

        for (long content = 0; content < 50; content++) {
            LineAnswer answer = answer(Endpoint.CHAT_COMPLETIONS, body, content);
            String text = answer.body().at("/choices/0/message/content").textValue();
            assertThat(answer.usage().outputTokens()).isLessThanOrEqualTo(tokensMax);
            assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(4 * tokensMax);
            assertThat(text).doesNotContain("\uFFFD");
        }
    }

    @Test
    void reEncodedBodiesAreNotByteEqual() throws JsonProcessingException {
        String answers = LongStream.range(0, 50)
                .mapToObj(content -> {
                    try {
                        return Json.RESULT_LINES.writeValueAsString(
                                answer(Endpoint.CHAT_COMPLETIONS, ChatLines.body("Why?"), content)
                                        .body());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList()
                .toString();

        assertThat(answers).contains("\\u2019", "\\u2013", "é", "東京", "🍳", "\": ", "\\n", "\\\"", "\\t");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "temperature":2.5     | decimal_above_max_value | temperature | Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.
            "temperature":-1      | decimal_below_min_value | temperature | Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.
            "temperature":"hot"   | invalid_type            | temperature | Invalid type for 'temperature': expected a decimal, but got a string instead.
            "top_p":1.1           | decimal_above_max_value | top_p       | Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 1.1 instead.
            "max_tokens":0        | integer_below_min_value | max_tokens  | Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.
            "max_tokens":1.5      | invalid_type            | max_tokens  | Invalid type for 'max_tokens': expected an integer, but got a decimal instead.
            "n":129               | integer_above_max_value | n           | Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.
            "messages":[]         | empty_array             | messages    | Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.
            "messages":"hi"       | invalid_type            | messages    | Invalid type for 'messages': expected an array of objects, but got a string instead.
            """)
    void aMistakeInTheBodyIsABadRequest(String parameter, String code, String param, String message)
            throws IOException {
        LineAnswer answer = answer(Endpoint.CHAT_COMPLETIONS, "{\"model\":\"gpt-4o\"," + parameter + "}", 1);

        assertThat(answer).isEqualTo(LineAnswer.error(400, OpenAiError.invalidRequest(message, param, code)));
        assertThat(answer.succeeded()).isFalse();
    }
}

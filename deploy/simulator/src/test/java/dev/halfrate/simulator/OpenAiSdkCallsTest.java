package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The vendor's own client at the synchronous endpoints. */
final class OpenAiSdkCallsTest {

    private final ManualClock clock = new ManualClock();
    private final List<OpenAIClient> clients = new ArrayList<>();
    private Simulator simulator;
    private OpenAIClient client;
    private RawClient control;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults(), clock);
        client = client("v1", 0);
        control = new RawClient(simulator.baseUrl(), "");
    }

    @AfterEach
    void stop() {
        control.close();
        clients.forEach(OpenAIClient::close);
        simulator.close();
    }

    private OpenAIClient client(String base, int retries) {
        OpenAIClient opened = OpenAIOkHttpClient.builder()
                .baseUrl(simulator.baseUrl().resolve("/" + base).toString())
                .apiKey("sk-one")
                .maxRetries(retries)
                .responseValidation(true)
                .timeout(Duration.ofSeconds(30))
                .build();
        clients.add(opened);
        return opened;
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage("Hi");
    }

    @Test
    void everyEndpointAnswersInItsShape() {
        ChatCompletion chat = client.chat().completions().create(chat().build()).validate();
        var response = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("gpt-5")
                        .input("Hi")
                        .build())
                .validate();
        var embeddings = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("Hi")
                        .build())
                .validate();
        var completion = client.completions()
                .create(CompletionCreateParams.builder()
                        .model("davinci-002")
                        .prompt("Once")
                        .build())
                .validate();
        var moderation = client.moderations()
                .create(ModerationCreateParams.builder().input("Hi").build())
                .validate();
        var images = client.images()
                .generate(ImageGenerateParams.builder()
                        .model("gpt-image-1")
                        .prompt("A cat")
                        .build())
                .validate();

        assertThat(chat.choices().getFirst().message().content()).isPresent();
        assertThat(chat.usage().orElseThrow().promptTokens()).isPositive();
        assertThat(response.usage().orElseThrow().totalTokens()).isPositive();
        assertThat(embeddings.data().getFirst().embedding()).hasSize(1_536);
        assertThat(completion.choices().getFirst().text()).isNotBlank();
        assertThat(moderation.results().getFirst().flagged()).isFalse();
        assertThat(images.data().orElseThrow()).hasSize(1);
        assertThat(simulator.billingBook().summary().callsBilled()).isEqualTo(6);
    }

    @Test
    void mistakesAreTheVendors() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().model("llama-9").build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class, e -> assertThat(e.code()).contains("model_not_found"));
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().temperature(3.0).build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.code()).contains("decimal_above_max_value");
                    assertThat(e.param()).contains("temperature");
                });
    }

    @Test
    void limitsAreTheVendors() {
        control.send("PUT", "/control/limits", BodyPublishers.ofString("{\"calls_per_minute\": 1}"));
        client.chat().completions().create(chat().build());

        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOfSatisfying(RateLimitException.class, e -> {
                    assertThat(e.code()).contains("rate_limit_exceeded");
                    assertThat(e.headers().values("retry-after")).containsExactly("1");
                    assertThat(e.headers().values("x-ratelimit-remaining-requests"))
                            .containsExactly("0");
                });
    }

    @Test
    void scriptedFailuresAreWhatTheClientTriesAgain() {
        script("{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"status\":500,\"times\":2}");
        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(InternalServerException.class);
        script("{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"reset\":\"AFTER\"}");

        assertThat(client("v1", 3).chat().completions().create(chat().build()).choices())
                .hasSize(1);
        assertThat(simulator.billingBook().summary().callsBilled())
                .as("the answer that was lost was paid for too")
                .isEqualTo(2);
    }

    private void script(String fault) {
        assertThat(control.post("/control/faults", fault).status()).isEqualTo(200);
    }

    @Test
    void vendorsLikeOpenAiAreReachedByTheirBaseUrl() {
        for (String base : List.of("azure/openai/v1", "groq/openai/v1", "gateway/v1", "openrouter/api/v1")) {
            OpenAIClient other = client(base, 0);
            assertThat(other.chat()
                            .completions()
                            .create(chat().build())
                            .validate()
                            .choices())
                    .as(base)
                    .hasSize(1);
            assertThat(other.files().list().data()).as(base).isEmpty();
        }
    }
}

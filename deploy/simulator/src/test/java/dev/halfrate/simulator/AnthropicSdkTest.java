package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.OverloadedException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.models.ErrorObject;
import com.anthropic.models.ErrorType;
import com.anthropic.models.messages.CacheControlEphemeral;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.Usage;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListPage;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import com.anthropic.models.messages.batches.MessageBatchResult;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the vendor's own client can do against the simulator proves the simulator. */
final class AnthropicSdkTest {

    private static final Duration LONG_ENOUGH = Duration.ofHours(1);

    private final ManualClock clock = new ManualClock();
    private final List<AnthropicClient> clients = new ArrayList<>();
    private Simulator simulator;
    private AnthropicClient client;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults().withApiKeys(ApiKeys.of("sk-one", "sk-two")), clock);
        client = clientWith("sk-one", "2026-10-21");
    }

    @AfterEach
    void stop() {
        clients.forEach(AnthropicClient::close);
        simulator.close();
    }

    private AnthropicClient clientWith(String key, String version) {
        AnthropicClient opened = AnthropicOkHttpClient.builder()
                .baseUrl(simulator.baseUrl().resolve("/").toString())
                .apiKey(key)
                .replaceHeaders("anthropic-version", version)
                .maxRetries(0)
                .responseValidation(true)
                .build();
        clients.add(opened);
        return opened;
    }

    private static BatchCreateParams.Request request(
            String customId, Consumer<BatchCreateParams.Request.Params.Builder> more) {
        BatchCreateParams.Request.Params.Builder params = BatchCreateParams.Request.Params.builder()
                .model("claude-haiku-4-5")
                .maxTokens(1_000)
                .addUserMessage("What does " + customId + " say?");
        more.accept(params);
        return BatchCreateParams.Request.builder()
                .customId(customId)
                .params(params.build())
                .build();
    }

    private MessageBatch create(int requests) {
        BatchCreateParams.Builder params = BatchCreateParams.builder();
        IntStream.range(0, requests).forEach(i -> params.addRequest(request("request-" + i, _ -> {})));
        return client.messages().batches().create(params.build()).validate();
    }

    private MessageBatch retrieve(String id) {
        return client.messages().batches().retrieve(id).validate();
    }

    private Map<String, MessageBatchResult> results(String id) {
        Map<String, MessageBatchResult> results = new HashMap<>();
        try (StreamResponse<MessageBatchIndividualResponse> lines =
                client.messages().batches().resultsStreaming(id)) {
            lines.stream()
                    .map(MessageBatchIndividualResponse::validate)
                    .forEach(line -> assertThat(results.put(line.customId(), line.result()))
                            .isNull());
        }
        return results;
    }

    @Test
    void aBatchRunsToItsEnd() {
        MessageBatch created = create(50);
        clock.advance(Duration.ofMinutes(1));
        MessageBatch running = retrieve(created.id());
        clock.advance(LONG_ENOUGH);
        MessageBatch ended = retrieve(created.id());

        OffsetDateTime start = ManualClock.START.atOffset(ZoneOffset.UTC);
        assertThat(created.processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.IN_PROGRESS);
        assertThat(created.createdAt()).isEqualTo(start);
        assertThat(created.expiresAt()).isEqualTo(start.plusDays(1));
        assertThat(created.requestCounts().processing()).isEqualTo(50);
        assertThat(created.resultsUrl()).isEmpty();
        assertThat(created.endedAt()).isEmpty();
        assertThat(running).as("nothing is counted before the end").isEqualTo(created);
        assertThat(ended.processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.ENDED);
        assertThat(ended.requestCounts().processing()).isZero();
        assertThat(ended.requestCounts().succeeded()).isEqualTo(50);
        assertThat(ended.endedAt().orElseThrow()).isBetween(start.plusMinutes(2), start.plusMinutes(20));
        assertThat(ended.archivedAt()).isEmpty();
        assertThat(ended.resultsUrl().orElseThrow())
                .startsWith(simulator.baseUrl().toString())
                .endsWith("/v1/messages/batches/%s/results".formatted(ended.id()));
        Map<String, MessageBatchResult> results = results(ended.id());
        assertThat(results.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 50).mapToObj(i -> "request-" + i).toList());
        assertThat(results.values()).allSatisfy(result -> {
            Message message = result.asSucceeded().message().validate();
            assertThat(message.content().getFirst().asText().text()).isNotEmpty();
            assertThat(message.stopReason()).contains(StopReason.END_TURN);
            assertThat(message.usage().inputTokens()).isPositive();
            assertThat(message.usage().outputTokens()).isPositive();
            assertThat(message.usage().cacheReadInputTokens()).contains(0L);
        });
        BillingBook.Summary book = simulator.billingBook().summary();
        assertThat(book.linesBilled()).isEqualTo(50);
        assertThat(book.contentsBilledMoreThanOnce()).isZero();
        assertThat(simulator.billingBook().entries())
                .extracting(BillingBook.BilledLine::customId)
                .containsExactlyInAnyOrderElementsOf(results.keySet());
    }

    @Test
    void mistakesInParamsFailTheirLineOnly() {
        MessageBatch batch = client.messages()
                .batches()
                .create(BatchCreateParams.builder()
                        .addRequest(request("good", _ -> {}))
                        .addRequest(request("model", params -> params.model("claudius-9")))
                        .addRequest(request("tokens", params -> params.maxTokens(0)))
                        .addRequest(request(
                                "stream", params -> params.putAdditionalProperty("stream", JsonValue.from(true))))
                        .addRequest(request(
                                "sampling", params -> params.putAdditionalProperty("temperature", JsonValue.from(0.5))))
                        .build());
        clock.advance(LONG_ENOUGH);

        Map<String, MessageBatchResult> results = results(batch.id());
        assertThat(result(results, "good").isSucceeded()).isTrue();
        assertThat(error(results, "model").asNotFoundError().message()).isEqualTo("model: claudius-9");
        assertThat(error(results, "tokens").asInvalidRequestError().message()).startsWith("max_tokens: ");
        assertThat(error(results, "stream").asInvalidRequestError().message()).startsWith("stream: ");
        assertThat(error(results, "sampling").asInvalidRequestError().message()).startsWith("temperature: ");
        assertThat(retrieve(batch.id()).requestCounts().errored()).isEqualTo(4);
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(1);
    }

    @Test
    void theVersionOfTheCreateRulesTheLines() {
        MessageBatch batch = clientWith("sk-one", "2023-06-01")
                .messages()
                .batches()
                .create(BatchCreateParams.builder()
                        .addRequest(request(
                                "sampling", params -> params.putAdditionalProperty("temperature", JsonValue.from(0.5))))
                        .build());
        clock.advance(LONG_ENOUGH);

        assertThat(result(results(batch.id()), "sampling").isSucceeded()).isTrue();
    }

    private static ErrorObject error(Map<String, MessageBatchResult> results, String customId) {
        return result(results, customId).asErrored().error().validate().error();
    }

    private static MessageBatchResult result(Map<String, MessageBatchResult> results, String customId) {
        return Objects.requireNonNull(results.get(customId), customId);
    }

    private static MessageCreateParams.Builder message() {
        return MessageCreateParams.builder()
                .model("claude-haiku-4-5")
                .maxTokens(1_000)
                .addUserMessage("Hi");
    }

    @Test
    void messagesAreAnsweredAtOnceToo() {
        Message answer = client.messages().create(message().build()).validate();

        assertThat(answer.content().getFirst().asText().text()).isNotEmpty();
        assertThat(answer.stopReason()).contains(StopReason.END_TURN);
        assertThat(answer.usage().inputTokens()).isPositive();
        assertThat(client.messages()
                        .countTokens(MessageCountTokensParams.builder()
                                .model("claude-haiku-4-5")
                                .addUserMessage("Hi")
                                .build())
                        .inputTokens())
                .isEqualTo(answer.usage().inputTokens());
        assertThat(simulator.billingBook().summary().callsBilled()).isEqualTo(1);
    }

    @Test
    void refusalsOfMessagesAreTheVendors() {
        assertThatThrownBy(
                        () -> client.messages().create(message().model("gpt-4o").build()))
                .isInstanceOfSatisfying(NotFoundException.class, e -> {
                    assertThat(e.type()).contains(ErrorType.NOT_FOUND_ERROR);
                    assertThat(e.apiMessage()).contains("model: gpt-4o");
                });
        control("PUT", "/control/limits", "{\"calls_per_minute\": 1}");
        client.messages().create(message().build());
        assertThatThrownBy(() -> client.messages().create(message().build()))
                .isInstanceOfSatisfying(RateLimitException.class, e -> {
                    assertThat(e.type()).contains(ErrorType.RATE_LIMIT_ERROR);
                    assertThat(e.headers().values("retry-after")).containsExactly("1");
                    assertThat(e.headers().values("anthropic-ratelimit-requests-remaining"))
                            .containsExactly("0");
                });
        control("DELETE", "/control/limits", "");
        control(
                "POST",
                "/control/faults",
                "{\"method\":\"POST\",\"path\":\"/v1/messages\",\"status\":529,\"body\":"
                        + "\"{\\\"type\\\":\\\"error\\\",\\\"error\\\":{\\\"type\\\":\\\"overloaded_error\\\","
                        + "\\\"message\\\":\\\"Overloaded\\\"}}\"}");
        assertThatThrownBy(() -> client.messages().create(message().build()))
                .isInstanceOfSatisfying(
                        OverloadedException.class, e -> assertThat(e.type()).contains(ErrorType.OVERLOADED_ERROR));
    }

    private void control(String method, String path, String body) {
        try (RawClient raw = new RawClient(simulator.baseUrl(), "")) {
            assertThat(raw.send(method, path, BodyPublishers.ofString(body)).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aBatchThatTakesTooLongExpiresLineByLine() {
        control("PUT", "/control/habits", "{\"slowdown\": 1000}");
        MessageBatch batch = create(200);
        clock.advance(Duration.ofHours(24));

        MessageBatch ended = retrieve(batch.id());

        assertThat(ended.processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.ENDED);
        assertThat(ended.endedAt()).contains(ended.expiresAt());
        long expired = results(batch.id()).values().stream()
                .filter(MessageBatchResult::isExpired)
                .count();
        assertThat(expired).isBetween(1L, 199L).isEqualTo(ended.requestCounts().expired());
        assertThat(ended.requestCounts().succeeded()).isEqualTo(200 - expired);
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(200 - expired);
    }

    @Test
    void cachesAreUsedAndTold() {
        String book = "x".repeat(8_000);
        MessageBatch batch = client.messages()
                .batches()
                .create(BatchCreateParams.builder()
                        .addRequest(request("one", params -> params.systemOfTextBlockParams(List.of(cached(book)))))
                        .addRequest(request("two", params -> params.systemOfTextBlockParams(List.of(cached(book)))))
                        .build());
        clock.advance(LONG_ENOUGH);

        List<Usage> usages = results(batch.id()).values().stream()
                .map(result -> result.asSucceeded().message().validate().usage())
                .sorted(Comparator.comparing(
                        usage -> usage.cacheReadInputTokens().orElseThrow()))
                .toList();

        long written = usages.getFirst().cacheCreationInputTokens().orElseThrow();
        assertThat(written).isGreaterThan(2_000);
        assertThat(usages.getFirst().cacheCreation().orElseThrow().ephemeral1hInputTokens())
                .isEqualTo(written);
        assertThat(usages.getLast().cacheReadInputTokens()).contains(written);
        assertThat(usages.getLast().cacheCreationInputTokens()).contains(0L);
    }

    private static TextBlockParam cached(String text) {
        return TextBlockParam.builder()
                .text(text)
                .cacheControl(CacheControlEphemeral.builder()
                        .ttl(CacheControlEphemeral.Ttl.TTL_1H)
                        .build())
                .build();
    }

    @Test
    void batchesAreListedNewestFirstPageByPageInBothDirections() {
        List<String> ids = IntStream.range(0, 5).mapToObj(_ -> create(1).id()).toList();

        BatchListPage page = list(BatchListParams.builder().limit(2).build());
        BatchListPage newer =
                list(BatchListParams.builder().limit(2).beforeId(ids.get(1)).build());

        assertThat(page.data()).extracting(MessageBatch::id).containsExactly(ids.get(4), ids.get(3));
        assertThat(page.hasMore()).contains(true);
        assertThat(page.firstId()).contains(ids.get(4));
        assertThat(page.lastId()).contains(ids.get(3));
        assertThat(page.autoPager().stream().map(MessageBatch::id)).isEqualTo(ids.reversed());
        assertThat(newer.data()).extracting(MessageBatch::id).containsExactly(ids.get(3), ids.get(2));
        assertThat(newer.hasMore()).contains(true);
        assertThat(newer.autoPager().stream().map(MessageBatch::id)).contains(ids.get(4));
        assertThat(list(BatchListParams.builder().beforeId(ids.get(4)).build()).data())
                .isEmpty();
    }

    private BatchListPage list(BatchListParams params) {
        return client.messages().batches().list(params);
    }

    @Test
    void cancelStopsABatchAndSaysWhatDidNotRun() {
        MessageBatch batch = create(100);
        clock.advance(Duration.ofMinutes(1));

        MessageBatch canceling = client.messages().batches().cancel(batch.id()).validate();
        clock.advance(LONG_ENOUGH);
        MessageBatch ended = retrieve(batch.id());

        assertThat(canceling.processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.CANCELING);
        assertThat(canceling.cancelInitiatedAt())
                .contains(ManualClock.START.plusSeconds(60).atOffset(ZoneOffset.UTC));
        assertThat(ended.processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.ENDED);
        Map<String, MessageBatchResult> results = results(batch.id());
        assertThat(results).hasSize(100);
        long canceled =
                results.values().stream().filter(MessageBatchResult::isCanceled).count();
        assertThat(canceled).isBetween(1L, 99L).isEqualTo(ended.requestCounts().canceled());
        assertThat(ended.requestCounts().succeeded()).isEqualTo(100 - canceled);
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(100 - canceled);
        assertThatThrownBy(() -> client.messages().batches().cancel(batch.id()))
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void resultsAreThereFromTheEndUntilTheyAreArchived() {
        MessageBatch batch = create(1);
        assertThatThrownBy(() -> results(batch.id()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("has no available results");

        clock.advance(Duration.ofDays(29).minusSeconds(1));
        assertThat(results(batch.id())).hasSize(1);
        clock.advance(Duration.ofSeconds(1));

        assertThatThrownBy(() -> results(batch.id())).isInstanceOf(NotFoundException.class);
        assertThat(retrieve(batch.id()).archivedAt())
                .contains(ManualClock.START.plus(Duration.ofDays(29)).atOffset(ZoneOffset.UTC));
    }

    @Test
    void onlyEndedBatchesCanBeDeleted() {
        MessageBatch batch = create(1);

        assertThatThrownBy(() -> client.messages().batches().delete(batch.id()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("In progress batches cannot be deleted.");
        clock.advance(LONG_ENOUGH);
        assertThat(client.messages().batches().delete(batch.id()).validate().id())
                .isEqualTo(batch.id());

        assertThatThrownBy(() -> retrieve(batch.id())).isInstanceOf(NotFoundException.class);
        assertThat(list(BatchListParams.none()).data()).isEmpty();
    }

    @Test
    void errorsAreTheVendors() {
        assertThatThrownBy(() -> retrieve("msgbatch_none")).isInstanceOfSatisfying(NotFoundException.class, e -> {
            assertThat(e.type()).contains(ErrorType.NOT_FOUND_ERROR);
            assertThat(e.apiMessage()).contains("Message Batch msgbatch_none not found.");
            assertThat(e.requestId().orElseThrow()).startsWith("req_");
        });
        assertThatThrownBy(() -> client.messages()
                        .batches()
                        .create(BatchCreateParams.builder()
                                .addRequest(request("dup", _ -> {}))
                                .addRequest(request("dup", _ -> {}))
                                .build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        e -> assertThat(e.apiMessage())
                                .contains("requests: custom_id's must be unique within a batch."
                                        + " Duplicate custom_id found: dup"));
        AnthropicClient stranger = clientWith("sk-strange", "2023-06-01");
        assertThatThrownBy(() -> stranger.messages().batches().list())
                .isInstanceOfSatisfying(
                        UnauthorizedException.class,
                        e -> assertThat(e.type()).contains(ErrorType.AUTHENTICATION_ERROR));
    }

    @Test
    void anotherAccountSeesNothing() {
        MessageBatch batch = create(1);
        AnthropicClient other = clientWith("sk-two", "2023-06-01");

        assertThat(other.messages().batches().list().data()).isEmpty();
        assertThatThrownBy(() -> other.messages().batches().retrieve(batch.id()))
                .isInstanceOf(NotFoundException.class);
    }
}

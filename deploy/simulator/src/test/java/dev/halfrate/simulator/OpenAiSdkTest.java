package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListPage;
import com.openai.models.batches.BatchListParams;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListPage;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the vendor's own client can do against the simulator proves the simulator. */
final class OpenAiSdkTest {

    private static final Duration LONG_ENOUGH = Duration.ofHours(1);

    private final ManualClock clock = new ManualClock();
    private final List<OpenAIClient> clients = new ArrayList<>();
    private Simulator simulator;
    private OpenAIClient client;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults().withApiKeys(ApiKeys.of("sk-one", "sk-two")), clock);
        client = clientWith("sk-one");
    }

    @AfterEach
    void stop() {
        clients.forEach(OpenAIClient::close);
        simulator.close();
    }

    private OpenAIClient clientWith(String key) {
        OpenAIClient opened = OpenAIOkHttpClient.builder()
                .baseUrl(simulator.baseUrl().toString())
                .apiKey(key)
                .maxRetries(0)
                .responseValidation(true)
                .build();
        clients.add(opened);
        return opened;
    }

    private FileObject upload(String filename, String content) {
        return client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file(MultipartField.<InputStream>builder()
                                .value(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)))
                                .filename(filename)
                                .build())
                        .build());
    }

    private Batch create(String fileId) {
        return client.batches().create(batchOf(fileId).build());
    }

    private static BatchCreateParams.Builder batchOf(String fileId) {
        return BatchCreateParams.builder()
                .inputFileId(fileId)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow._24H);
    }

    private String content(String fileId) throws IOException {
        try (HttpResponse response = client.files().content(fileId)) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void filesRoundTripByteForByte() throws IOException {
        String lines = ChatLines.of(3);

        FileObject file = upload("three – ü.jsonl", lines);

        assertThat(file.validate().filename()).isEqualTo("three – ü.jsonl");
        assertThat(file.bytes()).isEqualTo(lines.getBytes(StandardCharsets.UTF_8).length);
        assertThat(file.createdAt()).isEqualTo(ManualClock.START.getEpochSecond());
        assertThat(file.expiresAt()).contains(ManualClock.START.getEpochSecond() + 30 * 86_400);
        assertThat(client.files().retrieve(file.id())).isEqualTo(file);
        assertThat(content(file.id())).isEqualTo(lines);
    }

    @Test
    void filesAreListedNewestFirstPageByPage() {
        List<String> ids = IntStream.range(0, 5)
                .mapToObj(i -> upload(i + ".jsonl", ChatLines.of(1)).id())
                .toList();

        FileListPage page = client.files()
                .list(FileListParams.builder().purpose("batch").limit(2).build());

        assertThat(page.data()).extracting(FileObject::id).containsExactly(ids.get(4), ids.get(3));
        assertThat(page.hasMore()).contains(true);
        assertThat(page.autoPager().stream().map(FileObject::id)).isEqualTo(ids.reversed());
        assertThat(client.files()
                        .list(FileListParams.builder().purpose("vision").build())
                        .data())
                .isEmpty();
    }

    @Test
    void deletedFilesAreGone() {
        FileObject file = upload("a.jsonl", ChatLines.of(1));

        assertThat(client.files().delete(file.id()).validate().deleted()).isTrue();

        assertThatThrownBy(() -> client.files().retrieve(file.id())).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> content(file.id()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("No such File object: " + file.id());
    }

    @Test
    void filesExpireByTheVirtualClock() {
        FileObject file = upload("a.jsonl", ChatLines.of(1));

        clock.advance(Duration.ofDays(30).minusSeconds(1));
        assertThat(client.files().retrieve(file.id())).isEqualTo(file);
        clock.advance(Duration.ofSeconds(1));

        assertThatThrownBy(() -> client.files().retrieve(file.id())).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aBatchRunsToItsEnd() throws IOException {
        FileObject input = upload("in.jsonl", ChatLines.of(100));

        Batch created = client.batches()
                .create(batchOf(input.id())
                        .metadata(BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("attempt", JsonValue.from("a-1"))
                                .build())
                        .build())
                .validate();
        clock.advance(LONG_ENOUGH);
        Batch ended = client.batches().retrieve(created.id()).validate();

        assertThat(created.status()).isEqualTo(Batch.Status.VALIDATING);
        assertThat(created.expiresAt()).contains(created.createdAt() + 86_400);
        assertThat(created.metadata().orElseThrow()._allProperties())
                .containsExactly(Map.entry("attempt", JsonValue.from("a-1")));
        assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
        assertThat(ended.model()).contains("gpt-4o-mini-2024-07-18");
        assertThat(ended.errors()).isEmpty();
        assertThat(ended.errorFileId()).isEmpty();
        assertThat(ended.requestCounts().orElseThrow().completed()).isEqualTo(100);
        assertThat(List.of(
                        created.createdAt(),
                        ended.inProgressAt().orElseThrow(),
                        ended.finalizingAt().orElseThrow(),
                        ended.completedAt().orElseThrow()))
                .isSorted()
                .doesNotHaveDuplicates();
        ResultLines results = ResultLines.parse(content(ended.outputFileId().orElseThrow()));
        assertThat(results.customIds()).containsExactlyInAnyOrderElementsOf(ChatLines.customIds(100));
        assertThat(results.customIds()).isNotEqualTo(ChatLines.customIds(100));
        assertThat(results.bodies().stream()
                        .map(body -> typed(body).usage().orElseThrow().totalTokens())
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(ended.usage().orElseThrow().totalTokens());
        assertThat(client.files().retrieve(ended.outputFileId().orElseThrow()).purpose())
                .isEqualTo(FileObject.Purpose.BATCH_OUTPUT);
    }

    private static ChatCompletion typed(String body) {
        try {
            return com.openai.core.ObjectMappers.jsonMapper()
                    .readValue(body, ChatCompletion.class)
                    .validate();
        } catch (IOException e) {
            throw new AssertionError(body, e);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /v1/responses          | gpt-5                  | "input":"Hi"
            /v1/chat/completions   | gpt-4o-mini            | "messages":[{"role":"user","content":"Hi"}]
            /v1/embeddings         | text-embedding-3-small | "input":"Hi"
            /v1/completions        | davinci-002            | "prompt":"Once"
            /v1/moderations        | omni-moderation-latest | "input":"Hi"
            /v1/images/generations | gpt-image-1            | "prompt":"A cat"
            /v1/images/edits       | gpt-image-1            | "prompt":"A cat","images":[{"file_id":"file-1"}]
            /v1/videos             | sora-2                 | "prompt":"A cat"
            """)
    void everyEndpointCanBeBatched(String endpoint, String model, String parameters) throws IOException {
        String line = "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"%s\",\"body\":{\"model\":\"%s\",%s}}\n"
                .formatted(endpoint, model, parameters);
        Batch batch = client.batches()
                .create(batchOf(upload("in.jsonl", line).id())
                        .endpoint(BatchCreateParams.Endpoint.of(endpoint))
                        .build());
        clock.advance(LONG_ENOUGH);

        Batch ended = client.batches().retrieve(batch.id()).validate();

        assertThat(BatchCreateParams.Endpoint.of(endpoint).isValid()).isTrue();
        assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
        assertThat(ended.endpoint()).isEqualTo(endpoint);
        assertThat(ended.model().orElseThrow()).startsWith(model);
        ResultLines results = ResultLines.parse(content(ended.outputFileId().orElseThrow()));
        assertThat(results.statusCodes()).containsExactly(200);
        BillingBook.BilledLine billed = simulator.billingBook().entries().getFirst();
        assertThat(ended.usage().orElseThrow().inputTokens()).isEqualTo(billed.inputTokens());
        assertThat(ended.usage().orElseThrow().outputTokens()).isEqualTo(billed.outputTokens());
        assertThat(billed.endpoint()).isEqualTo(endpoint);
    }

    @Test
    void filesAndResultsLiveAsLongAsTheirCallersSay() {
        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file(MultipartField.<InputStream>builder()
                                .value(new ByteArrayInputStream(ChatLines.of(1).getBytes(StandardCharsets.UTF_8)))
                                .filename("in.jsonl")
                                .build())
                        .expiresAfter(FileCreateParams.ExpiresAfter.builder()
                                .seconds(7_200)
                                .build())
                        .build());
        Batch batch = client.batches()
                .create(batchOf(file.id())
                        .outputExpiresAfter(BatchCreateParams.OutputExpiresAfter.builder()
                                .seconds(3_600)
                                .build())
                        .build());
        clock.advance(Duration.ofMinutes(30));
        String output = client.batches().retrieve(batch.id()).outputFileId().orElseThrow();
        FileObject results = client.files().retrieve(output).validate();

        assertThat(file.expiresAt()).contains(file.createdAt() + 7_200);
        assertThat(results.expiresAt()).contains(results.createdAt() + 3_600);
        clock.advance(Duration.ofHours(1));
        assertThatThrownBy(() -> client.files().retrieve(output)).isInstanceOf(NotFoundException.class);
        assertThat(client.files().retrieve(file.id())).isEqualTo(file);
        clock.advance(Duration.ofHours(1));
        assertThatThrownBy(() -> client.files().retrieve(file.id())).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aFailedBatchSaysWhyLineByLine() {
        String lines = ChatLines.line("a", ChatLines.body("1")) + "\n"
                + ChatLines.line("a", ChatLines.body("2")) + "\n"
                + ChatLines.line("b", ChatLines.body("3").replace("gpt-4o-mini", "gpt-4o")) + "\n"
                + ChatLines.line("c", ChatLines.body("4").replace("gpt-4o-mini", "llama-9")) + "\n"
                + ChatLines.line("d", ChatLines.body("5").replace("\"messages\"", "\"stream\":true,\"messages\""))
                + "\nnot JSON\n";
        Batch batch = create(upload("in.jsonl", lines).id());
        clock.advance(LONG_ENOUGH);

        Batch failed = client.batches().retrieve(batch.id()).validate();

        assertThat(failed.status()).isEqualTo(Batch.Status.FAILED);
        assertThat(failed.failedAt()).isPresent();
        assertThat(failed.errors().orElseThrow().data().orElseThrow())
                .extracting(
                        error -> error.code().orElseThrow(),
                        error -> error.line().orElseThrow())
                .containsExactly(
                        tuple("duplicate_custom_id", 2L),
                        tuple("mismatched_model", 3L),
                        tuple("model_not_found", 4L),
                        tuple("streaming_unsupported", 5L),
                        tuple("invalid_json_line", 6L));
        assertThat(failed.outputFileId()).isEmpty();
        assertThat(failed.errorFileId()).isEmpty();
    }

    @Test
    void aBatchThatTakesTooLongKeepsWhatItHas() throws IOException {
        try (RawClient control = new RawClient(simulator.baseUrl(), "")) {
            control.send("PUT", "/control/habits", BodyPublishers.ofString("{\"slowdown\": 1000}"));
        }
        Batch batch = create(upload("in.jsonl", ChatLines.of(200)).id());
        clock.advance(Duration.ofHours(24));

        Batch expired = client.batches().retrieve(batch.id()).validate();

        assertThat(expired.status()).isEqualTo(Batch.Status.EXPIRED);
        assertThat(expired.expiredAt()).isEqualTo(expired.expiresAt());
        ResultLines done = ResultLines.parse(content(expired.outputFileId().orElseThrow()));
        ResultLines undone = ResultLines.parse(content(expired.errorFileId().orElseThrow()));
        assertThat(done.customIds())
                .hasSize((int) expired.requestCounts().orElseThrow().completed());
        assertThat(undone.errorCodes()).isNotEmpty().containsOnly("batch_expired");
        assertThat(done.customIds().size() + undone.customIds().size()).isEqualTo(200);
    }

    @Test
    void metadataHasItsRules() {
        String file = upload("in.jsonl", ChatLines.of(1)).id();
        BatchCreateParams.Metadata.Builder seventeen = BatchCreateParams.Metadata.builder();
        IntStream.range(0, 17).forEach(i -> seventeen.putAdditionalProperty("key" + i, JsonValue.from("v")));
        Map<String, BatchCreateParams.Metadata> refused = Map.of(
                "object_above_max_properties", seventeen.build(),
                "invalid_type",
                        BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("tags", JsonValue.from(List.of("a")))
                                .build(),
                "string_above_max_length",
                        BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("long", JsonValue.from("v".repeat(513)))
                                .build());

        refused.forEach((code, metadata) -> assertThatThrownBy(() ->
                        client.batches().create(batchOf(file).metadata(metadata).build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.code()).contains(code);
                    assertThat(e.param().orElseThrow()).startsWith("metadata");
                }));
        assertThat(client.batches().list().data()).isEmpty();
    }

    @Test
    void batchesAreListedNewestFirstPageByPage() {
        String fileId = upload("in.jsonl", ChatLines.of(1)).id();
        List<String> ids =
                IntStream.range(0, 5).mapToObj(_ -> create(fileId).id()).toList();

        BatchListPage page =
                client.batches().list(BatchListParams.builder().limit(2).build());

        assertThat(page.data()).extracting(Batch::id).containsExactly(ids.get(4), ids.get(3));
        assertThat(page.hasMore()).contains(true);
        assertThat(page.autoPager().stream().map(Batch::id)).isEqualTo(ids.reversed());
    }

    @Test
    void cancelStopsABatchAndSaysWhatDidNotRun() throws IOException {
        Batch batch = create(upload("in.jsonl", ChatLines.of(100)).id());
        clock.advance(Duration.ofSeconds(20 + 60));

        Batch cancelling = client.batches().cancel(batch.id()).validate();
        clock.advance(LONG_ENOUGH);
        Batch cancelled = client.batches().retrieve(batch.id()).validate();

        assertThat(cancelling.status()).isEqualTo(Batch.Status.CANCELLING);
        assertThat(cancelled.status()).isEqualTo(Batch.Status.CANCELLED);
        ResultLines done = ResultLines.parse(content(cancelled.outputFileId().orElseThrow()));
        ResultLines undone = ResultLines.parse(content(cancelled.errorFileId().orElseThrow()));
        assertThat(done.customIds()).isNotEmpty();
        assertThat(undone.errorCodes()).isNotEmpty().containsOnly("batch_cancelled");
        assertThat(IntStream.of(done.customIds().size(), undone.customIds().size())
                        .sum())
                .isEqualTo(100);
        assertThat(simulator.billingBook().summary().linesBilled())
                .isEqualTo(done.customIds().size());
        assertThat(client.batches().cancel(batch.id()).status()).isEqualTo(Batch.Status.CANCELLED);
    }

    @Test
    void aCompletedBatchCannotBeCancelled() {
        Batch batch = create(upload("in.jsonl", ChatLines.of(1)).id());
        clock.advance(LONG_ENOUGH);

        assertThatThrownBy(() -> client.batches().cancel(batch.id()))
                .isInstanceOfSatisfying(
                        UnexpectedStatusCodeException.class,
                        e -> assertThat(e.statusCode()).isEqualTo(409))
                .hasMessageContaining("Cannot cancel a batch with status 'completed'.");
    }

    @Test
    void errorsAreTheVendors() {
        FileObject file = upload("in.jsonl", ChatLines.of(1));

        assertThatThrownBy(() -> client.batches().retrieve("batch_none"))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("No batch found with id 'batch_none'");
        assertThatThrownBy(() -> client.batches()
                        .create(batchOf(file.id())
                                .endpoint(BatchCreateParams.Endpoint.of("/v1/none"))
                                .build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.code()).contains("invalid_value");
                    assertThat(e.param()).contains("endpoint");
                    assertThat(e.type()).contains("invalid_request_error");
                });
        assertThatThrownBy(() -> upload("in.txt", ChatLines.of(1)))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("Invalid file format for Batch API. Must be .jsonl");
        OpenAIClient stranger = clientWith("sk-strange");
        assertThatThrownBy(() -> stranger.batches().list())
                .isInstanceOfSatisfying(
                        UnauthorizedException.class, e -> assertThat(e.code()).contains("invalid_api_key"));
    }

    @Test
    void anotherAccountSeesNothing() {
        FileObject file = upload("in.jsonl", ChatLines.of(1));
        Batch batch = create(file.id());

        OpenAIClient other = clientWith("sk-two");
        assertThat(other.files().list().data()).isEmpty();
        assertThat(other.batches().list().data()).isEmpty();
        assertThatThrownBy(() -> other.batches().retrieve(batch.id())).isInstanceOf(NotFoundException.class);
        Batch theirs = other.batches().create(batchOf(file.id()).build());
        assertThat(theirs.status()).isEqualTo(Batch.Status.VALIDATING);
        clock.advance(LONG_ENOUGH);
        Batch failed = other.batches().retrieve(theirs.id()).validate();
        assertThat(failed.status()).isEqualTo(Batch.Status.FAILED);
        assertThat(failed.errors().orElseThrow().data().orElseThrow())
                .singleElement()
                .satisfies(error -> {
                    assertThat(error.code()).contains("invalid_request");
                    assertThat(error.param()).contains("file_id");
                    assertThat(error.line()).isEmpty();
                });
    }
}

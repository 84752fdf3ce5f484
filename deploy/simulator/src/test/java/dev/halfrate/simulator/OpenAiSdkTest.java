package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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

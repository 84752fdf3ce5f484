package dev.halfrate.processor.provider;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FindOutcome.Absent;
import dev.halfrate.processor.provider.FindOutcome.Found;
import dev.halfrate.processor.provider.Provider.Create;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.Provider.Upload;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.ResultLine.Answered;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger worker relies on, whoever the vendor is that takes a stored file. */
public abstract class ProviderContract {
    private static final String ENDPOINT = "/v1/chat/completions";
    private static final String TAG = "abcdefgh234567ab";
    private static final String OTHER_TAG = "zzzzzzzz222222zz";
    private static final int POLLS_MAX = 1_000;

    @TempDir
    private Path dir = Path.of("");

    protected abstract Provider provider();

    /** Lets the vendor's time pass, not ours. */
    protected abstract void pass(Duration time);

    protected abstract Instant vendorNow();

    protected abstract long createsReceived();

    protected abstract long linesBilled();

    @Test
    void everyLineIsAnsweredOnceUnderItsIdWithBodyAndUsage() throws Exception {
        var created = created(create(TAG, upload(lines(TAG, 40))));

        var ended = ended(created.id());

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertThat(ended.counts()).isEqualTo(new RemoteBatch.Counts(40, 40, 0));
        assertThat(ended.errorHandle()).isNull();
        var answers = new HashMap<String, Answered>();
        assertThat(provider().results(handle(ended), FilePosition.START, (line, _) -> {
                    var answered = (Answered) line;
                    assertThat(answers.put(answered.upstreamId(), answered)).isNull();
                }))
                .isEqualTo(new ResultsOutcome.Complete(40));
        assertThat(answers.keySet())
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 40)
                        .mapToObj(item -> new UpstreamId(TAG, item).text())
                        .toList());
        assertThat(answers.values()).allSatisfy(answered -> {
            assertThat(answered.succeeded()).isTrue();
            assertThat(new String(answered.body(), UTF_8)).startsWith("{").endsWith("}");
            assertThat(answered.usage())
                    .isNotNull()
                    .satisfies(usage -> assertThat(usage.inputTokens()).isPositive());
        });
    }

    @Test
    void aCreateIsSentOnceAndFoundByItsTagAndByItsInput() throws IOException {
        var input = upload(lines(TAG, 1));
        var created = created(create(TAG, input));
        created(create(OTHER_TAG, upload(lines(OTHER_TAG, 1))));

        assertThat(found(new Search(TAG, "file-unknown", "", vendorNow()))).containsExactly(created.id());
        assertThat(found(new Search("unknown", input, "", vendorNow()))).containsExactly(created.id());
        assertThat(provider().find(new Search("unknown", "file-unknown", "", vendorNow())))
                .isEqualTo(new Absent());
        assertThat(createsReceived()).isEqualTo(2);
    }

    @Test
    void twinsAreFoundBothTheOldestFirst() throws IOException {
        var input = upload(lines(TAG, 1));
        var first = created(create(TAG, input));
        pass(Duration.ofSeconds(5));
        var second = created(create(TAG, input));

        assertThat(found(new Search(TAG, input, "", vendorNow()))).containsExactly(first.id(), second.id());
    }

    @Test
    void anAttemptIsFoundBehindManyOthers() throws IOException {
        var since = vendorNow();
        var input = upload(lines(TAG, 1));
        var created = created(create(TAG, input));
        var others = upload(lines(OTHER_TAG, 1));
        for (var i = 0; i < 105; i++) {
            created(create(OTHER_TAG, others));
        }

        assertThat(found(new Search(TAG, input, "", since))).containsExactly(created.id());
    }

    @Test
    void aDeadlineThatHasPassedMakesNoBatch() throws IOException {
        var input = upload(lines(TAG, 1));

        assertThat(provider().create(new Create(TAG, "b-1", ENDPOINT, "", List.of(), "24h", input, null, () -> true)))
                .isInstanceOf(CreateOutcome.Refused.class);

        assertThat(provider().find(new Search(TAG, input, "", vendorNow()))).isEqualTo(new Absent());
        assertThat(createsReceived()).isZero();
    }

    @Test
    void aCreateWhoseInputWasDeletedRunsNothing() throws IOException {
        var input = upload(lines(TAG, 3));
        assertThat(provider().deleteInput(input)).isEqualTo(new DeleteOutcome.Deleted());
        assertThat(provider().deleteInput(input)).isEqualTo(new DeleteOutcome.Deleted());

        switch (create(TAG, input)) {
            case CreateOutcome.Created(var remote) -> {
                var ended = ended(remote.id());
                assertThat(ended.status()).isEqualTo(Status.FAILED);
                assertThat(ended.errors())
                        .extracting(RemoteBatch.BatchError::kind)
                        .containsExactly(Kind.NOT_FOUND);
            }
            case CreateOutcome.Refused _ -> {}
            case CreateOutcome.InDoubt(var reason) -> throw new AssertionError(reason);
        }
        assertThat(linesBilled()).isZero();
    }

    @Test
    void aBadLineIsNamed() throws IOException {
        var bytes = new String(lines(TAG, 2), UTF_8) + "{\"custom_id\":\n";

        var ended = ended(created(create(TAG, upload(bytes.getBytes(UTF_8)))).id());

        assertThat(ended.status()).isEqualTo(Status.FAILED);
        assertThat(ended.errors()).hasSize(1).first().satisfies(error -> {
            assertThat(error.kind()).isEqualTo(Kind.BAD_REQUEST);
            assertThat(error.code()).isEqualTo("invalid_json_line");
            assertThat(error.line()).isEqualTo(3);
        });
    }

    @Test
    void linesOfACancelledBatchAreAnsweredOrSaySo() throws Exception {
        var created = created(create(TAG, upload(lines(TAG, 10))));
        pass(Duration.ofMinutes(1)); // it is validated, then

        assertThat(provider().cancel(created.id())).isInstanceOf(CancelOutcome.Cancelling.class);
        var ended = ended(created.id());

        assertThat(ended.status()).isEqualTo(Status.CANCELLED);
        var lines = new ArrayList<ResultLine>();
        for (var handle : new String[] {ended.outputHandle(), ended.errorHandle()}) {
            if (handle != null) {
                assertThat(provider().results(handle, FilePosition.START, (line, _) -> lines.add(line)))
                        .isInstanceOf(ResultsOutcome.Complete.class);
            }
        }
        assertThat(lines).isNotEmpty().allSatisfy(line -> {
            switch (line) {
                case Answered answered -> assertThat(answered.succeeded()).isTrue();
                case ResultLine.NotExecuted notExecuted ->
                    assertThat(notExecuted.cause()).isEqualTo(ResultLine.Cause.CANCELLED);
                case ResultLine.Corrupt _, ResultLine.TooLong _ -> throw new AssertionError(line);
            }
        });
    }

    @Test
    void anEndedBatchCannotBeCancelled() throws IOException {
        var created = created(create(TAG, upload(lines(TAG, 1))));
        ended(created.id());

        assertThat(provider().cancel(created.id())).isInstanceOf(CancelOutcome.Refused.class);
    }

    @Test
    void whatIsNotThereIsRefusedAsThat() throws InterruptedException {
        assertThat(provider().poll("batch_unknown"))
                .isInstanceOfSatisfying(
                        PollOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));
        assertThat(provider().cancel("batch_unknown"))
                .isInstanceOfSatisfying(
                        CancelOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));
        assertThat(provider().results("file-unknown", FilePosition.START, (_, _) -> {}))
                .isInstanceOfSatisfying(
                        ResultsOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void anEndpointThatCannotBeBatchedIsADefiniteNo() throws IOException {
        var input = upload(lines(TAG, 1));

        assertThat(provider()
                        .create(new Create(TAG, "b-1", "/v1/unknown", "", List.of(), "24h", input, null, () -> false)))
                .isInstanceOfSatisfying(
                        CreateOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.BAD_REQUEST));
    }

    private String upload(byte[] lines) throws IOException {
        var spool = Files.write(dir.resolve("spool"), lines);
        var outcome = provider().upload(new Upload(spool, TAG + ".jsonl"));
        assertThat(outcome).isInstanceOf(UploadOutcome.Uploaded.class);
        return ((UploadOutcome.Uploaded) outcome).inputFileId();
    }

    private CreateOutcome create(String tag, String inputFileId) {
        return provider()
                .create(new Create(tag, "b-1", ENDPOINT, "", List.of(), "24h", inputFileId, null, () -> false));
    }

    private static RemoteBatch created(CreateOutcome outcome) {
        assertThat(outcome).isInstanceOf(CreateOutcome.Created.class);
        return ((CreateOutcome.Created) outcome).remote();
    }

    private List<String> found(Search search) {
        var outcome = provider().find(search);
        assertThat(outcome).isInstanceOf(Found.class);
        return ((Found) outcome).remotes().stream().map(RemoteBatch::id).toList();
    }

    private RemoteBatch ended(String id) {
        for (var poll = 0; poll < POLLS_MAX; poll++) {
            if (provider().poll(id) instanceof PollOutcome.Seen(var remote)
                    && remote.status().terminal()) {
                return remote;
            }
            pass(Duration.ofMinutes(2));
        }
        throw new AssertionError(id + " does not end");
    }

    private static String handle(RemoteBatch ended) {
        var handle = ended.outputHandle();
        if (handle == null) {
            throw new AssertionError("no output file: " + ended);
        }
        return handle;
    }

    private byte[] lines(String tag, int count) {
        var format = provider().capabilities().lineFormat();
        var all = new ByteArrayOutputStream();
        for (var item = 0; item < count; item++) {
            var body = """
                    {"model":"gpt-4o-mini",
                     "messages":[{"role":"user","content":"Grüße, number %d"}]}""".formatted(item);
            all.writeBytes(format.encode(new UpstreamId(tag, item), ENDPOINT, ByteBuffer.wrap(body.getBytes(UTF_8))));
        }
        return all.toByteArray();
    }
}

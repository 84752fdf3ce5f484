package dev.halfrate.processor.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FindOutcome.Absent;
import dev.halfrate.processor.provider.FindOutcome.Found;
import dev.halfrate.processor.provider.Provider.Create;
import dev.halfrate.processor.provider.Provider.Search;
import dev.halfrate.processor.provider.Provider.Upload;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is more, where a create names a stored file and can be found for sure. */
public abstract class StoredFileContract extends ProviderContract {
    private static final String ENDPOINT = "/v1/chat/completions";

    protected StoredFileContract() {
        super(ENDPOINT, "gpt-4o-mini");
    }

    @Override
    protected CreateOutcome create(String tag, Path lines, Deadline deadline) {
        return create(tag, upload(tag, lines), ENDPOINT, deadline);
    }

    @Test
    void aCreateIsSentOnceAndFoundByItsTagAndByItsInput() throws IOException {
        var input = upload(TAG, 1);
        var created = created(create(TAG, input));
        created(create(OTHER_TAG, upload(OTHER_TAG, 1)));

        assertThat(found(new Search(TAG, "file-unknown", "", vendorNow()))).containsExactly(created.id());
        assertThat(found(new Search("unknown", input, "", vendorNow()))).containsExactly(created.id());
        assertThat(provider().find(new Search("unknown", "file-unknown", "", vendorNow())))
                .isEqualTo(new Absent());
        assertThat(createsReceived()).isEqualTo(2);
    }

    @Test
    void twinsAreFoundBothTheOldestFirst() throws IOException {
        var input = upload(TAG, 1);
        var first = created(create(TAG, input));
        pass(Duration.ofSeconds(5));
        var second = created(create(TAG, input));

        assertThat(found(new Search(TAG, input, "", vendorNow()))).containsExactly(first.id(), second.id());
    }

    @Test
    void anAttemptIsFoundBehindManyOthers() throws IOException {
        var since = vendorNow();
        var input = upload(TAG, 1);
        var created = created(create(TAG, input));
        var others = upload(OTHER_TAG, 1);
        for (var i = 0; i < 105; i++) {
            created(create(OTHER_TAG, others));
        }

        assertThat(found(new Search(TAG, input, "", since))).containsExactly(created.id());
    }

    @Test
    void aCreateWhoseInputWasDeletedRunsNothing() throws IOException {
        var input = upload(TAG, 3);
        assertThat(provider().deleteFile(input)).isEqualTo(new DeleteOutcome.Deleted());
        assertThat(provider().deleteFile(input)).isEqualTo(new DeleteOutcome.Deleted());

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
        var lines = Files.writeString(lines(TAG, 2), "{\"custom_id\":\n", StandardOpenOption.APPEND);

        var ended = ended(created(create(TAG, upload(TAG, lines))).id());

        assertThat(ended.status()).isEqualTo(Status.FAILED);
        assertThat(ended.errors()).hasSize(1).first().satisfies(error -> {
            assertThat(error.kind()).isEqualTo(Kind.BAD_REQUEST);
            assertThat(error.code()).isEqualTo("invalid_json_line");
            assertThat(error.line()).isEqualTo(3);
        });
    }

    @Test
    void anEndpointThatCannotBeBatchedIsADefiniteNo() throws IOException {
        var input = upload(TAG, 1);

        assertThat(create(TAG, input, "/v1/unknown", () -> false))
                .isInstanceOfSatisfying(
                        CreateOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.BAD_REQUEST));
    }

    private String upload(String tag, int count) throws IOException {
        return upload(tag, lines(tag, count));
    }

    private String upload(String tag, Path lines) {
        var outcome = provider().upload(new Upload(lines, tag + ".jsonl"));
        assertThat(outcome).isInstanceOf(UploadOutcome.Uploaded.class);
        return ((UploadOutcome.Uploaded) outcome).inputFileId();
    }

    private CreateOutcome create(String tag, String inputFileId) {
        return create(tag, inputFileId, ENDPOINT, () -> false);
    }

    private CreateOutcome create(String tag, String inputFileId, String endpoint, Deadline deadline) {
        return provider()
                .create(new Create(tag, "b-1", endpoint, "gpt-4o", "", List.of(), "24h", inputFileId, null, deadline));
    }

    private List<String> found(Search search) {
        var outcome = provider().find(search);
        assertThat(outcome).isInstanceOf(Found.class);
        return ((Found) outcome).remotes().stream().map(RemoteBatch::id).toList();
    }
}

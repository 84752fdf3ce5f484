package dev.halfrate.processor.provider;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
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

/** What the ledger worker relies on, whoever the vendor is. */
public abstract class ProviderContract extends CallContract {
    protected static final String TAG = "abcdefgh234567ab";
    protected static final String OTHER_TAG = "zzzzzzzz222222zz";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int POLLS_MAX = 1_000;

    @TempDir
    private Path dir = Path.of("");

    protected ProviderContract(String endpoint, String model) {
        super(endpoint, model);
    }

    /** Lets the vendor's time pass, not ours. */
    protected final void pass(Duration time) {
        vendorTime.updateAndGet(now -> now.plus(time));
    }

    protected final Instant vendorNow() {
        return vendorTime.get();
    }

    protected final long createsReceived() {
        return simulator.billingBook().summary().createsReceived();
    }

    protected final long linesBilled() {
        return simulator.billingBook().summary().linesBilled();
    }

    /** Sends lines in the vendor's way. */
    protected abstract CreateOutcome create(String tag, Path lines, Deadline deadline);

    @Test
    void everyLineIsAnsweredOnceUnderItsIdWithBodyAndUsage() throws Exception {
        var created = created(TAG, 40);

        var ended = ended(created.id());

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertThat(ended.counts()).isEqualTo(new RemoteBatch.Counts(40, 40, 0));
        var errorFile = ended.errorHandle();
        if (errorFile != null) {
            assertThat(provider().results(errorFile, FilePosition.START, (line, _) -> {
                        throw new AssertionError(line);
                    }))
                    .isEqualTo(new ResultsOutcome.Complete(0));
        }
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
    void aKeyIsTriedForNothing() {
        assertThat(provider().access())
                .isInstanceOfSatisfying(
                        AccessOutcome.Granted.class,
                        granted -> assertThat(granted.date()).isNotNull());

        assertThat(createsReceived()).isZero();
        assertThat(linesBilled()).isZero();
    }

    @Test
    void aDeadlineThatHasPassedMakesNoBatch() throws IOException {
        assertThat(create(TAG, lines(TAG, 1), () -> true)).isInstanceOf(CreateOutcome.Refused.class);

        assertThat(createsReceived()).isZero();
    }

    @Test
    void linesOfACancelledBatchAreAnsweredOrSaySo() throws Exception {
        var created = created(TAG, 10);
        pass(Duration.ofMinutes(1)); // it is validated, then

        assertThat(provider().cancel(created.id())).isInstanceOf(CancelOutcome.Cancelling.class);
        var ended = ended(created.id());

        assertThat(ended.status()).isIn(Status.CANCELLED, Status.COMPLETED);
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
    void aRequestFaresAloneAsItDoesInABatch() throws Exception {
        var bodies = List.of(body(0), wrong());
        var ended = ended(created(create(TAG, lines(TAG, bodies), () -> false)).id());
        var lines = new HashMap<String, Answered>();
        for (var handle : new String[] {ended.outputHandle(), ended.errorHandle()}) {
            if (handle != null) {
                provider().results(handle, FilePosition.START, (line, _) -> {
                    var answered = (Answered) line;
                    lines.put(answered.upstreamId(), answered);
                });
            }
        }

        for (var item = 0; item < bodies.size(); item++) {
            var alone = answered(call(bodies.get(item)));

            var inBatch = requireNonNull(lines.get(new UpstreamId(TAG, item).text()));
            assertThat(alone.httpStatus()).isEqualTo(inBatch.httpStatus());
            assertThat(alone.usage()).isEqualTo(inBatch.usage());
            assertThat(alone.error()).isEqualTo(inBatch.error());
            assertThat(textOf(alone)).isEqualTo(textOf(inBatch));
        }
    }

    /** What the model says, empty if it was not asked. */
    private static String textOf(Answered answered) throws IOException {
        var body = JSON.readTree(answered.body());
        return body.at("/choices/0/message/content")
                .asText(body.at("/content/0/text").asText());
    }

    @Test
    void anEndedBatchCannotBeCancelled() throws IOException {
        var created = created(TAG, 1);
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

    protected final RemoteBatch created(String tag, int count) throws IOException {
        return created(create(tag, lines(tag, count), () -> false));
    }

    protected static RemoteBatch created(CreateOutcome outcome) {
        assertThat(outcome).isInstanceOf(CreateOutcome.Created.class);
        return ((CreateOutcome.Created) outcome).remote();
    }

    protected final RemoteBatch ended(String id) {
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

    /** @return a spool file */
    protected final Path lines(String tag, int count) throws IOException {
        return lines(tag, IntStream.range(0, count).mapToObj(this::body).toList());
    }

    private Path lines(String tag, List<String> bodies) throws IOException {
        var format = provider().capabilities().lineFormat();
        var all = new ByteArrayOutputStream();
        for (var item = 0; item < bodies.size(); item++) {
            var body = ByteBuffer.wrap(bodies.get(item).getBytes(UTF_8));
            all.writeBytes(format.encode(new UpstreamId(tag, item), endpoint, body));
        }
        return Files.write(dir.resolve("spool"), all.toByteArray());
    }
}

package dev.halfrate.processor.provider;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One upstream account: its batch API, and its endpoints for single requests.
 *
 * <p>Methods block; call them on virtual threads. A vendor's "no" is a return value; exceptions are for bugs
 * and interruption. An interrupted create is in doubt like any other that got no answer: methods that do not throw
 * {@link InterruptedException} return an outcome and leave the thread interrupted. Nothing in here tries anything twice: whoever calls counts attempts and survives restarts.
 * Implementations are safe for use by many threads.
 */
public interface Provider extends AutoCloseable {
    Capabilities capabilities();

    /** Asks whether the key lets us in, and whose it is. Costs nothing and changes nothing. */
    AccessOutcome access();

    /** Stores a spool file upstream; only where {@link Capabilities.Ingest#FILE}. Costs nothing and may be repeated. */
    UploadOutcome upload(Upload upload);

    /** The one call that costs money. Sent once. */
    CreateOutcome create(Create create);

    /** Looks for what an attempt may have made. One full listing. */
    FindOutcome find(Search search);

    /**
     * What is the newest remote batch now, so that what an attempt makes is newer; only where
     * {@link Capabilities.SearchQuality#PROBABLE}.
     */
    MarkerOutcome marker();

    /** Lists the remote batches that were made since, whosesoever they are. One full listing. */
    SweepOutcome sweep(Instant since);

    PollOutcome poll(String remoteBatchId);

    /**
     * One remote batch as {@link #sweep} would list it: whose it is; only where {@link Capabilities.SearchQuality#EXACT}.
     * Of none if there is no such batch.
     */
    SweepOutcome lookUp(String remoteBatchId);

    /**
     * Streams one result file; {@code handle} is an output or error handle of a {@link RemoteBatch}.
     *
     * @param from where an earlier download of it broke off; the vendor may begin at the file's start nevertheless
     * @param lines called for each line, in the order of the file, on the calling thread; may block
     */
    ResultsOutcome results(String handle, FilePosition from, ResultLines lines) throws InterruptedException;

    CancelOutcome cancel(String remoteBatchId);

    /** Deletes a file; a late create that names it as its input fails then. */
    DeleteOutcome deleteFile(String fileId);

    /** Sends one request to the normal endpoint, once. It costs the full price. */
    CallOutcome call(Call call);

    @Override
    void close();

    /** Receives the lines of a result file. */
    @FunctionalInterface
    interface ResultLines {
        void accept(ResultLine line, RawLine raw) throws InterruptedException;
    }

    /**
     * A spool file to store.
     *
     * @param fileName of [A-Za-z0-9._-], ending .jsonl; unique to the attempt, so that the file can be recognised in
     *     a listing
     */
    record Upload(Path lines, String fileName) {
        public Upload {
            if (!fileName.matches("[A-Za-z0-9._-]{1,120}\\.jsonl")) {
                throw new IllegalArgumentException("file name '" + fileName + "'");
            }
        }
    }

    /**
     * A remote batch to create.
     *
     * @param tag of the attempt; goes into the metadata where the vendor has some
     * @param batchId likewise
     * @param endpoint path, e.g. /v1/chat/completions
     * @param model of its requests; of one of them where a batch may hold several models
     * @param apiVersion, betas of the lane, empty where the vendor has none
     * @param inputFileId from {@link #upload}, empty where {@link Capabilities.Ingest#INLINE}
     * @param lines the spool file, null where {@link Capabilities.Ingest#FILE}
     * @param deadline checked before every buffer of the body and before the last one is let go
     */
    record Create(
            String tag,
            String batchId,
            String endpoint,
            String model,
            String apiVersion,
            List<String> betas,
            String completionWindow,
            String inputFileId,
            @Nullable Path lines,
            Deadline deadline) {
        public Create {
            betas = List.copyOf(betas);
        }
    }

    /**
     * A request to send alone.
     *
     * @param endpoint one of {@link Capabilities#endpoints}
     * @param apiVersion, betas empty where the vendor has none, or its default does
     * @param body JSON object in UTF-8, sent as it is
     * @param timeout until the whole answer is there
     */
    record Call(String endpoint, String apiVersion, List<String> betas, byte[] body, Duration timeout) {
        public Call {
            betas = List.copyOf(betas);
        }
    }

    /**
     * What to look for.
     *
     * @param inputFileId empty where {@link Capabilities.Ingest#INLINE}
     * @param marker what {@link #marker} said before the attempt: what it made is newer; empty if there was nothing
     * @param since when the attempt started; older remote batches need not be listed, with a generous margin
     */
    record Search(String tag, String inputFileId, String marker, Instant since) {}
}

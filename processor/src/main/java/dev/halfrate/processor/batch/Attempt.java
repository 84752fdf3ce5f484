package dev.halfrate.processor.batch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One try to create a remote batch.
 *
 * @param number from 1
 * @param tag unique among all attempts of all batches; in the upstream custom_ids, the file name and the metadata
 * @param epoch of the owner that committed CREATING, 0 before
 * @param startedAt when CREATING was committed, null before
 * @param createTimeout how long after that a byte of the create may leave, zero before
 * @param inputFileId empty before the upload
 * @param remoteBatchId empty before it is known
 */
public record Attempt(
        int number,
        String tag,
        Outcome outcome,
        long epoch,
        @Nullable Instant startedAt,
        Duration createTimeout,
        String inputFileId,
        String remoteBatchId) {

    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int TAG_CHARS = 16;

    /** How an attempt ended, as far as it is known. */
    public enum Outcome {
        OPEN,
        CREATED,
        REFUSED,
        DOUBTFUL,
        ABSENT,
        REVOKED,
        RELEASED
    }

    /** The {@code number}th attempt of a batch. Its tag depends on nothing else, so that a new owner writes the same lines. */
    public static Attempt open(String batchId, int number) {
        return new Attempt(number, tag(batchId + "/" + number), Outcome.OPEN, 0, null, Duration.ZERO, "", "");
    }

    Attempt ended(Outcome newOutcome) {
        return new Attempt(number, tag, newOutcome, epoch, startedAt, createTimeout, inputFileId, remoteBatchId);
    }

    Attempt uploaded(String newInputFileId) {
        return new Attempt(number, tag, outcome, epoch, startedAt, createTimeout, newInputFileId, remoteBatchId);
    }

    Attempt started(long newEpoch, Instant now, Duration newCreateTimeout) {
        return new Attempt(number, tag, Outcome.OPEN, newEpoch, now, newCreateTimeout, inputFileId, remoteBatchId);
    }

    Attempt created(String newRemoteBatchId) {
        return new Attempt(
                number, tag, Outcome.CREATED, epoch, startedAt, createTimeout, inputFileId, newRemoteBatchId);
    }

    /** 80 bits of a SHA-256 as base 32. */
    private static String tag(String text) {
        byte[] hash;
        try {
            hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
        var tag = new StringBuilder(TAG_CHARS);
        for (var i = 0; i < TAG_CHARS; i++) {
            var bit = i * 5;
            var pair = (hash[bit / 8] & 0xff) << 8 | (hash[bit / 8 + 1] & 0xff);
            tag.append(ALPHABET.charAt(pair >> (11 - bit % 8) & 31));
        }
        return tag.toString();
    }
}

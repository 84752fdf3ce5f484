package dev.halfrate.processor.batch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
 * @param marker what was the newest remote batch before it, where that helps to find it; else empty
 * @param remoteBatchId empty before it is known
 * @param disproved remote batches that were taken for this attempt's until their lines showed that they are not
 */
public record Attempt(
        int number,
        String tag,
        Outcome outcome,
        long epoch,
        @Nullable Instant startedAt,
        Duration createTimeout,
        String inputFileId,
        String marker,
        String remoteBatchId,
        List<String> disproved) {

    public Attempt {
        disproved = List.copyOf(disproved);
    }

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
        return new Attempt(
                number, tag(batchId + "/" + number), Outcome.OPEN, 0, null, Duration.ZERO, "", "", "", List.of());
    }

    Attempt ended(Outcome newOutcome) {
        return new Attempt(
                number,
                tag,
                newOutcome,
                epoch,
                startedAt,
                createTimeout,
                inputFileId,
                marker,
                remoteBatchId,
                disproved);
    }

    Attempt uploaded(String newInputFileId) {
        return new Attempt(
                number,
                tag,
                outcome,
                epoch,
                startedAt,
                createTimeout,
                newInputFileId,
                marker,
                remoteBatchId,
                disproved);
    }

    Attempt started(long newEpoch, Instant now, Duration newCreateTimeout, String newMarker) {
        return new Attempt(
                number,
                tag,
                Outcome.OPEN,
                newEpoch,
                now,
                newCreateTimeout,
                inputFileId,
                newMarker,
                remoteBatchId,
                disproved);
    }

    /** @return whether {@link #remoteBatchId} was taken for its own, and nothing has proven it: also of one that was given up, or is on hold */
    public boolean guess() {
        return !remoteBatchId.isEmpty()
                && switch (outcome) {
                    case DOUBTFUL, ABSENT, REVOKED, RELEASED -> true;
                    case OPEN, CREATED, REFUSED -> false;
                };
    }

    Attempt created(String newRemoteBatchId) {
        return of(newRemoteBatchId).ended(Outcome.CREATED);
    }

    /** Still a doubt, but this may be its remote batch. */
    Attempt perhaps(String candidate) {
        return of(candidate);
    }

    /** The remote batch that was taken for this attempt's is not. */
    Attempt disprovedCandidate() {
        var strangers = new ArrayList<>(disproved);
        strangers.add(remoteBatchId);
        return new Attempt(
                number, tag, Outcome.DOUBTFUL, epoch, startedAt, createTimeout, inputFileId, marker, "", strangers);
    }

    private Attempt of(String newRemoteBatchId) {
        return new Attempt(
                number,
                tag,
                outcome,
                epoch,
                startedAt,
                createTimeout,
                inputFileId,
                marker,
                newRemoteBatchId,
                disproved);
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

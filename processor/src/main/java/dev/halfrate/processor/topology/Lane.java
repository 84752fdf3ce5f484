package dev.halfrate.processor.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.lane.LaneCore;
import dev.halfrate.processor.lane.LaneState;
import dev.halfrate.processor.lane.TokenRatio;
import dev.halfrate.processor.lane.Turnarounds;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.LaneId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;

/** One lane at work: its identity, and where it stands. */
final class Lane {
    /** No beta is written like that. */
    private static final String TAG = "tag:";

    private static final int KEY_BYTES = 16;

    private final Bytes key;
    private final String pool;
    private final LaneId id;
    private final AccountLimits account;
    private final LaneCore core;
    private final LaneMetrics.Level level;
    private LaneState state = LaneState.NEW;
    private LaneTotals totals = LaneTotals.NONE;
    private Turnarounds turnarounds = Turnarounds.NONE;
    private long inBatches;
    private long bytesInFlight;
    private TokenRatio ratio = TokenRatio.UNKNOWN;
    private int estimateErrorPermille;
    private long gap;
    private long gapTold;
    private Instant changedAt;
    private Instant firstDeadline = Instant.MAX;
    private long lookedUntil;
    private Instant firstSeen = Instant.MAX;

    Lane(
            Bytes key,
            String pool,
            LaneId id,
            AccountLimits account,
            LaneCore core,
            LaneMetrics.Level level,
            Instant createdAt) {
        this.key = key;
        this.pool = pool;
        this.id = id;
        this.account = account;
        this.core = core;
        this.level = level;
        changedAt = createdAt;
    }

    /** @return the key of a lane's state, of constant size */
    static Bytes key(String pool, LaneId lane) {
        var parts = new ArrayList<>(List.of(
                pool,
                lane.getAccount(),
                lane.getEndpoint(),
                lane.getModel(),
                lane.getApiVersion(),
                lane.getCompletionWindow()));
        parts.addAll(lane.getBetas());
        if (!lane.getTag().isEmpty()) {
            parts.add(TAG);
            parts.add(lane.getTag());
        }
        return hash(parts.toArray(String[]::new));
    }

    /** @return 16 bytes; parts are hashed one by one, so no two lists of them are written alike */
    static Bytes hash(String... parts) {
        try {
            var sha256 = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                update(sha256, part);
            }
            return Bytes.wrap(Arrays.copyOf(sha256.digest(), KEY_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void update(MessageDigest digest, String part) {
        var bytes = part.getBytes(UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    /**
     * Unique forever, even if all state is lost (by the time), within the millisecond (by the number), and
     * among lanes and partitions.
     */
    String batchId(Instant sealedAt, int inboxPartition, long number) {
        var lane = ByteBuffer.wrap(key.get()).getLong() >>> 24;
        return "b-%s-%s-%d-%d"
                .formatted(Long.toString(sealedAt.toEpochMilli(), 32), Long.toString(lane, 32), inboxPartition, number);
    }

    Bytes key() {
        return key;
    }

    String pool() {
        return pool;
    }

    LaneId id() {
        return id;
    }

    AccountLimits account() {
        return account;
    }

    LaneCore core() {
        return core;
    }

    LaneState state() {
        return state;
    }

    void state(LaneState next, Instant at) {
        level.change(state, next);
        state = next;
        changedAt = at;
    }

    /** @return no deadline of what waits is before that */
    Instant firstDeadline() {
        return firstDeadline;
    }

    /** More waits, with such a deadline. */
    void addDeadline(Instant deadline) {
        firstDeadline = earlier(deadline, firstDeadline);
    }

    /** @return the chunk at which the next look at deadlines goes on */
    long lookedUntil() {
        return lookedUntil;
    }

    /**
     * Some of what waits was looked at; the first deadline is known once all of it was.
     *
     * @param untilSeq the next chunk that is to be looked at
     * @param first deadline of those that stay
     */
    void looked(long untilSeq, Instant first) {
        firstSeen = earlier(first, firstSeen);
        lookedUntil = untilSeq;
        if (untilSeq == state.queue().nextSeq()) {
            firstDeadline = firstSeen;
            firstSeen = Instant.MAX;
            lookedUntil = 0;
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    Turnarounds turnarounds() {
        return turnarounds;
    }

    void turnarounds(Turnarounds next) {
        turnarounds = next;
        level.turnarounds(next);
    }

    LaneTotals totals() {
        return totals;
    }

    void add(LaneTotals more) {
        totals = totals.plus(more);
        level.add(more);
    }

    /** @param more requests that are in a batch now; below 0 for those that have left one */
    void addInBatches(long more) {
        inBatches += more;
        level.addInBatches(more);
    }

    /** @return whether its batches count against a quota of enqueued tokens */
    boolean isEnqueued() {
        return !AtOnce.is(id);
    }

    /** @return encoded bytes of sealed batches that have not settled */
    long bytesInFlight() {
        return bytesInFlight;
    }

    void addBytesInFlight(long more) {
        bytesInFlight += more;
    }

    TokenRatio ratio() {
        return ratio;
    }

    /** @return by how much the last batch's estimate was off, in thousandths */
    int estimateErrorPermille() {
        return estimateErrorPermille;
    }

    void learned(TokenRatio known, int errorPermille) {
        ratio = known;
        estimateErrorPermille = errorPermille;
    }

    /**
     * A batch is over of which the vendor has reported this.
     *
     * @param estimated tokens that were expected of what was answered
     */
    void answered(long estimated, long bytes, long inputTokens, long answers, long outputTokens) {
        if (inputTokens > 0) {
            ratio = ratio.plus(bytes, inputTokens, answers, outputTokens);
            var error = (double) (estimated - inputTokens) / inputTokens;
            estimateErrorPermille = Math.clamp(Math.round(error * 1000), -1_000, 1_000_000);
            level.estimated(Math.abs(error));
        }
    }

    /** @return requests of which nothing was known at the last look */
    long gap() {
        return gap;
    }

    /** @return whether the gap is one that lasts, and was not told before */
    boolean looksLikeAGap() {
        var now = totals.gap((long) state.queue().items() + state.delayed() + inBatches);
        var lasts = now != 0 && now == gap && now != gapTold;
        level.addGap(now - gap);
        gap = now;
        if (lasts || now == 0) {
            gapTold = now;
        }
        return lasts;
    }

    /** @return whether it is empty and was so at that time already */
    boolean isIdleSince(Instant at) {
        return state.isEmpty() && !changedAt.isAfter(at);
    }

    /** Takes it off the gauges. */
    void close() {
        level.change(state, LaneState.NEW);
        level.add(LaneTotals.NONE.minus(totals));
        level.addInBatches(-inBatches);
        level.addGap(-gap);
        level.leave();
    }
}

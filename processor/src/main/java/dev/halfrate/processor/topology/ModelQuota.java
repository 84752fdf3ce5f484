package dev.halfrate.processor.topology;

import dev.halfrate.processor.lane.FairShares;
import dev.halfrate.processor.lane.Purse;
import dev.halfrate.processor.lane.Quota;
import dev.halfrate.processor.lane.Room;
import dev.halfrate.processor.lane.TokenRatio;
import dev.halfrate.schemas.internal.LearnedRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;

/**
 * What the lanes of one model in one pool share: the vendor's quota of enqueued tokens, and how many tokens its requests
 * have. Tokens of sealed batches are reserved until those have settled, by what is known of them now.
 */
final class ModelQuota {
    /** A vendor raises its limits without telling; to find out costs one refused batch. */
    static final Duration LIMIT_LEARNED_FOR = Duration.ofDays(7);

    /** For a model that is not used. */
    static final Duration KEPT_FOR = Duration.ofDays(30);

    private final Bytes key;
    private final String pool;
    private final String model;
    private final LaneMetrics.Enqueued level;
    private final TreeMap<Bytes, Lane> lanes = new TreeMap<>();
    private TokenRatio ratio = TokenRatio.UNKNOWN;
    private Quota quota = Quota.NONE;
    private Instant limitAt = Instant.EPOCH;
    private Instant changedAt;

    ModelQuota(String pool, String model, LaneMetrics.Enqueued level, Instant createdAt) {
        this.key = key(pool, model);
        this.pool = pool;
        this.model = model;
        this.level = level;
        this.changedAt = createdAt;
    }

    static Bytes key(String pool, String model) {
        return Lane.hash(pool, model);
    }

    Bytes key() {
        return key;
    }

    void restore(LearnedRecord learned) {
        ratio = new TokenRatio(
                learned.getLearnedBytes(),
                learned.getLearnedInputTokens(),
                learned.getLearnedAnswers(),
                learned.getLearnedOutputTokens());
        quota = new Quota(quota.configured(), learned.getLimitTokens(), learned.getSharePermille());
        limitAt = Instant.ofEpochMilli(learned.getLimitAt());
        changedAt = Instant.ofEpochMilli(learned.getChangedAt());
    }

    LearnedRecord record() {
        return new LearnedRecord(
                pool,
                model,
                ratio.bytes(),
                ratio.inputTokens(),
                ratio.answers(),
                ratio.outputTokens(),
                quota.learned(),
                limitAt.toEpochMilli(),
                quota.sharePermille(),
                changedAt.toEpochMilli());
    }

    void join(Lane lane) {
        lanes.put(lane.key(), lane);
        quota = quota.configuredAs(lanes.values().stream()
                .mapToLong(each -> each.account().configured().enqueuedTokensOf(model))
                .filter(tokens -> tokens > 0)
                .min()
                .orElse(0));
    }

    void leave(Lane lane) {
        lanes.remove(lane.key());
    }

    /** @return its lanes, always in the same order */
    Collection<Lane> lanes() {
        return Collections.unmodifiableCollection(lanes.values());
    }

    boolean isUnusedSince(Instant at) {
        return lanes.isEmpty() && !changedAt.isAfter(at);
    }

    boolean bounds(Lane lane) {
        return quota.isBounded() && lane.isEnqueued();
    }

    /** @return what is free for a lane */
    Room room(Lane lane) {
        if (!bounds(lane)) {
            return Room.unbounded(ratio(lane));
        }
        var reserved = reserved();
        return new Room(
                ratio(lane), 1, Math.max(0, quota.usable() - reserved), quota.crumb(), reserved == 0, Purse.UNBOUNDED);
    }

    FairShares.Want want(Lane lane) {
        var ratio = ratio(lane);
        return new FairShares.Want(
                ratio.tokens(lane.bytesInFlight()),
                ratio.tokens(lane.state().queue().bytes()));
    }

    /** A lane that has had no answers yet is taken to be like the others. */
    TokenRatio ratio(Lane lane) {
        return lane.ratio().isKnown() ? lane.ratio() : ratio;
    }

    private long reserved() {
        return lanes.values().stream()
                .filter(Lane::isEnqueued)
                .mapToLong(lane -> ratio(lane).tokens(lane.bytesInFlight()))
                .sum();
    }

    /**
     * A batch is over of which the vendor has reported this.
     *
     * @param enqueued whether it counted against the quota
     * @param knew whether anything was known of its lane before
     */
    void answered(
            boolean enqueued,
            boolean knew,
            long bytes,
            long inputTokens,
            long answers,
            long outputTokens,
            Instant now) {
        ratio = ratio.plus(bytes, inputTokens, answers, outputTokens);
        if (enqueued && inputTokens > 0) {
            // What was refused before was no estimate yet.
            quota = knew ? quota.fitted() : quota.trusting();
        }
        changedAt = now;
    }

    /** The vendor has refused a batch. */
    void refused(long limit, Instant now) {
        quota = quota.refused(limit, reserved());
        limitAt = now;
        changedAt = now;
    }

    /** @return whether something has changed */
    boolean forgetLimit(Instant now) {
        if (quota.learned() == 0 || limitAt.plus(LIMIT_LEARNED_FOR).isAfter(now)) {
            return false;
        }
        quota = quota.forgotten();
        return true;
    }

    void show() {
        level.show(quota.isBounded() ? quota.usable() : 0, quota.isBounded() ? reserved() : 0);
    }

    void close() {
        level.leave();
    }
}

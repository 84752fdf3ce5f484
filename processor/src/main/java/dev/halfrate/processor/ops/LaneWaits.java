package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.BelowMin;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Holdings.LaneFacts;
import dev.halfrate.processor.ops.LaneView.Tokens;
import dev.halfrate.processor.ops.LaneView.Wait;
import dev.halfrate.processor.ops.LaneView.Why;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Why lanes that have something do not seal it, as far as what is stored and configured tells. Safe for threads. */
public final class LaneWaits {
    private static final String AT_ONCE = "@sync";
    private static final int PERMILLE = 1_000;
    private static final int SHARE_UNKNOWN = 970;

    /** Less than such a part of a limit is left waiting. */
    private static final int CRUMBS = 20;

    private final HalfrateConfig config;

    public LaneWaits(HalfrateConfig config) {
        this.config = config;
    }

    /**
     * @param pausedHere why calls of this process wait for an account, by its name
     * @return lanes with all that keeps them, the busiest first
     */
    public List<LaneView> of(Holdings holdings, Function<String, List<String>> pausedHere, Instant now) {
        var pauses = holdings.pauses();
        var budgets = holdings.budgets(config.money().budgets(), now);
        return holdings.laneFacts().stream()
                .map(facts -> {
                    var lane = facts.view();
                    var tokens = tokens(facts).orElse(null);
                    var waits = new ArrayList<>(paused(lane, pauses));
                    if (isClosed(facts, tokens, now)) {
                        waits.addAll(noRoom(lane, tokens, budgets));
                    } else if (isOldEnough(lane, now)) {
                        waits.add(Wait.of(Why.FEW, ""));
                    }
                    if (lane.waiting() + lane.delayed() + lane.batchesInFlight() > 0) {
                        pausedHere.apply(lane.account()).forEach(reason -> waits.add(Wait.of(Why.ACCOUNT, reason)));
                    }
                    return lane.with(tokens, List.copyOf(waits));
                })
                .toList();
    }

    private static List<Wait> paused(LaneView lane, List<Status.Pause> pauses) {
        var name = lane.lane().endsWith(AT_ONCE)
                ? lane.lane().substring(0, lane.lane().length() - AT_ONCE.length())
                : lane.lane();
        return pauses.stream()
                .filter(pause -> pause.name().equals(lane.account())
                        || pause.name().equals(lane.lane())
                        || pause.name().equals(name))
                .map(pause -> new Wait(
                        pause.name().equals(lane.account()) ? Why.ACCOUNT_PAUSED : Why.PAUSED,
                        "",
                        pause.since(),
                        pause.by()))
                .toList();
    }

    private Optional<Tokens> tokens(LaneFacts facts) {
        var lane = facts.view();
        if (lane.lane().endsWith(AT_ONCE)) {
            return Optional.empty();
        }
        var model = facts.model();
        var learned = model == null ? 0 : model.getLimitTokens();
        var configured = config.accounts().stream()
                .filter(account -> account.pool().equals(lane.pool()))
                .mapToLong(account -> account.limits().enqueuedTokensOf(lane.model()))
                .filter(tokens -> tokens > 0)
                .min()
                .orElse(0);
        var limit = configured == 0 || learned == 0 ? Math.max(configured, learned) : Math.min(configured, learned);
        if (limit == 0) {
            return Optional.empty();
        }
        var permille = model == null ? SHARE_UNKNOWN : model.getSharePermille();
        var max = limit / PERMILLE * permille + limit % PERMILLE * permille / PERMILLE;
        return Optional.of(new Tokens(
                facts.waitingTokens(),
                max,
                Math.max(0, max - facts.enqueuedTokens()),
                learned > 0 && learned == limit));
    }

    private boolean isClosed(LaneFacts facts, @Nullable Tokens tokens, Instant now) {
        var lane = facts.view();
        if (lane.waiting() == 0) {
            return false;
        }
        var lanes = config.lanes();
        var full = lane.waiting() >= requestsMax(lane) || lane.waitingBytes() >= bytesMax(lane);
        var manyTokens = (lanes.tokensMax() > 0 && facts.waitingTokens() >= lanes.tokensMax())
                || (tokens != null && tokens.waiting() >= Math.max(tokens.free(), tokens.max() / CRUMBS));
        return facts.flushed() || full || manyTokens || (isOldEnough(lane, now) && !isKeptSmall(lane, now));
    }

    private boolean isOldEnough(LaneView lane, Instant now) {
        var oldest = lane.oldestAt();
        return oldest != null
                && (lane.lane().endsWith(AT_ONCE)
                        || !oldest.plus(config.lanes().ageMax()).isAfter(now));
    }

    private boolean isKeptSmall(LaneView lane, Instant now) {
        var lanes = config.lanes();
        var oldest = lane.oldestAt();
        return oldest != null
                && !lane.lane().endsWith(AT_ONCE)
                && lane.waiting() < lanes.requestsMin()
                && lanes.belowMin() != BelowMin.SYNC
                && oldest.plus(lanes.belowMinAgeMax()).isAfter(now);
    }

    private long requestsMax(LaneView lane) {
        var configured = account(lane).map(it -> it.limits().requestsMax()).orElse(0);
        var max = config.lanes().requestsMax();
        return configured == 0 ? max : Math.min(configured, max);
    }

    private long bytesMax(LaneView lane) {
        var configured = account(lane).map(it -> it.limits().bytesMax()).orElse(0L);
        var max = config.lanes().bytesMax();
        return configured == 0 ? max : Math.min(configured, max);
    }

    private Optional<AccountConfig> account(LaneView lane) {
        return config.accounts().stream()
                .filter(account -> account.name().equals(lane.account()))
                .findFirst();
    }

    private List<Wait> noRoom(LaneView lane, @Nullable Tokens tokens, List<Status.Budget> budgets) {
        var waits = new ArrayList<Wait>();
        if (lane.batchesInFlight() >= config.lanes().batchesInFlightMax()) {
            waits.add(Wait.of(Why.IN_FLIGHT, ""));
        }
        if (tokens != null
                && tokens.free() < tokens.max()
                && tokens.free() < tokens.max() / CRUMBS
                && tokens.free() < tokens.waiting()) {
            waits.add(Wait.of(Why.TOKENS, ""));
        }
        var binding = config.money().budgets().stream()
                .filter(budget -> budget.binds(lane.pool(), lane.tag()))
                .map(budget -> budget.name())
                .toList();
        budgets.stream()
                .filter(budget -> binding.contains(budget.name()) && !budget.rejects() && isSpent(budget))
                .forEach(budget -> waits.add(Wait.of(Why.BUDGET, budget.name())));
        return waits;
    }

    private static boolean isSpent(Status.Budget budget) {
        var free = budget.usd().picos()
                - budget.spent().picos()
                - budget.reserved().picos();
        return free <= 0
                || (budget.reserved().picos() > 0 && free < budget.usd().picos() / CRUMBS);
    }
}

package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.BatchView;
import dev.halfrate.processor.ops.LaneView;
import dev.halfrate.processor.ops.LaneWaits;
import dev.halfrate.processor.ops.ReportDocument;
import dev.halfrate.processor.ops.Status;
import java.net.URI;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the application's processes have to do, have done, and were paid for; whichever of them is asked. */
final class StateAnswers {
    private static final int PAGE = 100;
    private static final int PAGE_MAX = 500;
    private static final int DOUBTS_MAX = 500;

    /**
     * How far a window fills: it closes when one of these is reached. Vendors' limits hold as well.
     *
     * @param tokensMax by estimate, 0 for no such limit
     * @param ageMaxMs of its oldest request
     * @param batchesInFlightMax of a lane; further windows wait, and get fuller
     */
    record Window(int requestsMax, long bytesMax, long tokensMax, long ageMaxMs, int batchesInFlightMax) {}

    /**
     * All lanes.
     *
     * @param asOf when everything that was committed had been read
     * @param windows by account, as configured here
     */
    record Lanes(Instant asOf, Map<String, Window> windows, List<LaneView> lanes) {}

    /** @param next for `after`; empty if that is all */
    record Batches(Instant asOf, List<BatchView> batches, String next) {}

    record OneBatch(Instant asOf, BatchView batch) {}

    /** @param doing what happens next, and what an operator can do */
    record Doubt(String doing, BatchView batch) {}

    record Doubts(Instant asOf, List<Doubt> doubts) {}

    record Money(Instant asOf, List<Status.Budget> budgets, ReportDocument report) {}

    /**
     * One account.
     *
     * @param waiting requests in its lanes, those to be tried again later included
     * @param batches that are not over, by state
     * @param pausedHere why calls of this process wait for it
     * @param pausedBy the operator who has paused it, empty for nobody
     */
    record Account(
            String account,
            String provider,
            URI baseUrl,
            String pool,
            List<String> models,
            List<String> topics,
            String mode,
            String completionWindow,
            long waiting,
            long inBatches,
            Map<String, Integer> batches,
            long doubts,
            List<String> pausedHere,
            String pausedBy,
            @Nullable Instant pausedSince) {}

    record Accounts(Instant asOf, List<Account> accounts) {}

    /**
     * Where a request is.
     *
     * @param places in every pool that knows it; none if it has ended otherwise than with success, long ago, or never came
     * @param unanswered why some lanes could not be asked, by their pool
     * @param look for a request that is in no place any more
     */
    record RequestPlaces(String customId, List<RequestPlace> places, Map<String, String> unanswered, String look) {}

    /** @param batch null while it waits, or if it is over for long */
    record RequestPlace(
            RequestSearch.Sighting sighting, @Nullable BatchView batch) {}

    /**
     * Who asks.
     *
     * @param tokens whether one has to bear a token; otherwise everybody on this machine is as good
     */
    record Me(String name, Role role, boolean tokens) {}

    /**
     * What operators have asked for last; llm.audit has all of it.
     *
     * @param readable whether Kafka lets this process read it
     */
    record Audits(Instant asOf, boolean readable, List<AuditTrail.Wished> wishes) {}

    private final Views views;
    private final LaneWaits waits;

    StateAnswers(Views views) {
        this.views = views;
        this.waits = new LaneWaits(views.config());
    }

    private Instant asOf() {
        return views.holdings()
                .readAt()
                .orElseThrow(() -> ProblemException.notReady("ledger and lanes are still being read"));
    }

    static Answer me(Call call) {
        var caller = call.caller();
        return Answer.Json.ok(new Me(caller.name(), caller.role(), caller.bearer()));
    }

    Answer audits() {
        return Answer.Json.ok(
                new Audits(asOf(), views.audits().isReadable(), views.audits().last()));
    }

    Answer lanes() {
        var asOf = asOf();
        var windows = views.config().accounts().stream()
                .collect(Collectors.toMap(AccountConfig::name, this::window, (one, _) -> one, TreeMap::new));
        return Answer.Json.ok(new Lanes(asOf, windows, waits.of(views.holdings(), this::paused, Instant.now())));
    }

    private Window window(AccountConfig account) {
        var lanes = views.config().lanes();
        var limits = account.limits();
        return new Window(
                limits.requestsMax() == 0 ? lanes.requestsMax() : Math.min(limits.requestsMax(), lanes.requestsMax()),
                limits.bytesMax() == 0 ? lanes.bytesMax() : Math.min(limits.bytesMax(), lanes.bytesMax()),
                lanes.tokensMax(),
                lanes.ageMax().toMillis(),
                lanes.batchesInFlightMax());
    }

    Answer batches(Call call) {
        var asOf = asOf();
        var limit = call.number("limit", PAGE, PAGE_MAX);
        var after = call.query("after").map(StateAnswers::cursor);
        var state = call.query("state");
        var account = call.query("account");
        var matching = views.holdings().batches().stream()
                .filter(batch -> state.isEmpty() || batch.isIn(state.get()))
                .filter(batch -> account.isEmpty() || batch.account().equals(account.get()))
                .filter(batch -> after.isEmpty() || after.get().isBefore(batch))
                .limit(limit + 1L)
                .toList();
        var page = matching.subList(0, Math.min(limit, matching.size()));
        var next = matching.size() > limit ? Cursor.of(page.getLast()).text() : "";
        return Answer.Json.ok(new Batches(asOf, page, next));
    }

    /** Of a page's last batch; it need not be there any more. */
    private record Cursor(long sealedAt, String batchId) {
        private static Cursor of(BatchView batch) {
            return new Cursor(batch.sealedAt().toEpochMilli(), batch.batchId());
        }

        private String text() {
            return sealedAt + "~" + batchId;
        }

        private boolean isBefore(BatchView batch) {
            var at = batch.sealedAt().toEpochMilli();
            return at < sealedAt || (at == sealedAt && batch.batchId().compareTo(batchId) < 0);
        }
    }

    private static Cursor cursor(String text) {
        var parts = text.split("~", 2);
        if (parts.length < 2 || !parts[0].matches("[0-9]{1,18}")) {
            throw ProblemException.badRequest("after must be `next` of a page");
        }
        return new Cursor(Long.parseLong(parts[0]), parts[1]);
    }

    Answer batch(Call call) {
        var asOf = asOf();
        var batch = views.holdings()
                .batch(call.variable("id"))
                .orElseThrow(() -> ProblemException.notFound(
                        "no batch of this id is under way, or settled within a day; llm.batches may still have it"
                                .replace("llm.batches", views.config().topics().batches())));
        return Answer.Json.ok(new OneBatch(asOf, batch));
    }

    Answer doubts() {
        var asOf = asOf();
        return Answer.Json.ok(new Doubts(
                asOf,
                views.holdings().batches().stream()
                        .filter(batch -> batch.doubt() || batch.hold() || batch.hasLiveTwin())
                        .limit(DOUBTS_MAX)
                        .map(batch -> new Doubt(batch.doing(), batch))
                        .toList()));
    }

    Answer money(Call call) {
        var asOf = asOf();
        var by = List.copyOf(new LinkedHashSet<>(
                Arrays.stream(call.query("by").orElse("account,model").split(",", -1))
                        .map(StateAnswers::by)
                        .toList()));
        var since = day(call, "since");
        var until = day(call, "until");
        var spends = views.holdings().spends().stream()
                .filter(batch -> (since == null || !batch.day().isBefore(since))
                        && (until == null || !batch.day().isAfter(until)))
                .toList();
        return Answer.Json.ok(new Money(asOf, budgets(), ReportDocument.of(spends, by)));
    }

    private List<Status.Budget> budgets() {
        return views.holdings().budgets(views.config().money().budgets(), Instant.now());
    }

    private static Report.By by(String word) {
        return Arrays.stream(Report.By.values())
                .filter(by -> by.name().equalsIgnoreCase(word.strip()))
                .findFirst()
                .orElseThrow(() -> ProblemException.badRequest("by must be of account, model, lane, day, tag"));
    }

    private static @Nullable LocalDate day(Call call, String name) {
        try {
            return call.query(name).map(LocalDate::parse).orElse(null);
        } catch (DateTimeParseException _) {
            throw ProblemException.badRequest(name + " must be a day such as 2026-11-01");
        }
    }

    Answer accounts() {
        var asOf = asOf();
        var lanes = views.holdings().lanes();
        var batches = views.holdings().batches();
        return Answer.Json.ok(new Accounts(
                asOf,
                views.config().accounts().stream()
                        .map(account -> account(account, lanes, batches))
                        .toList()));
    }

    private Account account(AccountConfig account, List<LaneView> allLanes, List<BatchView> allBatches) {
        var name = account.name();
        var lanes =
                allLanes.stream().filter(lane -> lane.account().equals(name)).toList();
        var batches = allBatches.stream()
                .filter(batch -> batch.account().equals(name))
                .toList();
        var states = new TreeMap<String, Integer>();
        batches.stream()
                .filter(batch -> batch.isIn("open"))
                .forEach(batch -> states.merge(batch.state(), 1, Integer::sum));
        var pause = views.holdings().pauses().stream()
                .filter(each -> each.name().equals(name))
                .findFirst();
        return new Account(
                name,
                account.provider(),
                account.baseUrl(),
                account.pool(),
                account.models(),
                account.topics(),
                account.mode().name().toLowerCase(Locale.ROOT),
                account.completionWindow(),
                lanes.stream()
                        .mapToLong(lane -> lane.waiting() + lane.delayed())
                        .sum(),
                lanes.stream().mapToLong(LaneView::inBatches).sum(),
                states,
                batches.stream().filter(BatchView::doubt).count(),
                paused(name),
                pause.map(Status.Pause::by).orElse(""),
                pause.map(Status.Pause::since).orElse(null));
    }

    private List<String> paused(String account) {
        return views.meters().find("halfrate.account.paused").tag("account", account).gauges().stream()
                .filter(gauge -> gauge.value() > 0)
                .map(gauge -> String.valueOf(gauge.getId().getTag("reason")))
                .sorted()
                .toList();
    }

    Answer request(Call call) throws InterruptedException {
        var customId = call.variable("custom_id");
        var here = call.query("here").orElse("false").equals("true");
        var found = views.requests().find(customId, !here, call.authorization());
        var topics = String.join(" or ", views.config().resultTopics().all());
        return Answer.Json.ok(new RequestPlaces(
                customId,
                found.sightings().stream()
                        .map(sighting -> new RequestPlace(
                                sighting,
                                views.holdings().batch(sighting.batchId()).orElse(null)))
                        .toList(),
                found.unanswered(),
                "A request that has ended has its result in %s under its custom_id as key.".formatted(topics)));
    }
}

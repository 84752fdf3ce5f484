package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.Audit;
import dev.halfrate.processor.config.AdminConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.processor.ops.Status;
import dev.halfrate.processor.ops.StatusDesk;
import dev.halfrate.processor.ops.StatusDocument;
import dev.halfrate.schemas.internal.AttemptOutcome;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LearnedRecord;
import dev.halfrate.schemas.internal.LedgerAttempt;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.PauseRecord;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.SpendRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** An application for the page to show, all of its processes in one memory. */
final class PageScene implements AutoCloseable {
    private static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: "127.0.0.1:1"}
            accounts:
              - {name: openai, key: {env: KEY}, models: ["gpt-*"]}
              - {name: anthropic, provider: anthropic, key: {env: KEY}, models: ["claude-*"]}
            lanes: {requests-max: 20000, age-max: 15m}
            money:
              budgets:
                - {name: everything, pool: openai, usd: 500}
                - {name: research, pool: anthropic, usd: 120, at-limit: reject}
            """, Map.of("KEY", "sk-CANARY"));

    private static final long PICOS = 1_000_000_000_000L;
    static final LaneId MINI = new LaneId("openai", "/v1/chat/completions", "gpt-4o-mini", "", List.of(), "24h", "");
    static final LaneId LARGE = new LaneId("openai", "/v1/responses", "gpt-4.1", "", List.of(), "24h", "reviews");
    static final LaneId CLAUDE =
            new LaneId("anthropic", "/v1/messages", "claude-haiku-4-5", "2023-06-01", List.of(), "24h", "");

    private final Instant start = Instant.now();
    private final Holdings holdings = new Holdings();
    private final AuditTrail audits = new AuditTrail();
    private final AdminServer server;
    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private volatile List<String> refusals = List.of();

    PageScene(AdminConfig access) {
        var meters = new SimpleMeterRegistry();
        var views = new Views(
                CONFIG,
                List::of,
                () -> "",
                meters,
                holdings,
                audits,
                new StatusDesk(CONFIG, holdings, InstantSource.system()),
                (customId, _, _) -> new RequestSearch.Found(
                        customId.equals("order/17 ä")
                                ? List.of(new RequestSearch.Sighting(
                                        RequestSearch.Place.IN_BATCH, "openai", "", id(7), 1_204))
                                : List.of(),
                        Map.of()),
                new Commands(CONFIG, () -> producer, InstantSource.system()));
        var routes = new ArrayList<>(Routes.of(views));
        // Kafka, which a status asks, is not there.
        routes.replaceAll(route -> route.path().equals("/api/status")
                ? Route.get(
                        route.path(),
                        route.role(),
                        route.summary(),
                        List.of(),
                        route.answer(),
                        _ -> Answer.Json.ok(status()))
                : route);
        server = AdminServer.start(access, routes, meters);
        tick();
    }

    String address() {
        return "http://127.0.0.1:%d/".formatted(server.port());
    }

    /** What was committed has been read. */
    void tick() {
        holdings.complete(Instant.now());
    }

    /** What owners were told, one of each wish. */
    List<Command> told() {
        return producer.history().stream()
                .filter(sent -> sent.topic().equals(CONFIG.topics().laneInbox()))
                .map(sent -> InternalFormat.COMMAND.decode(sent.value()))
                .filter(command -> command.getPool().equals("openai"))
                .toList();
    }

    /** Kafka takes nothing from now on. */
    void deaf() {
        producer.commitTransactionException = new KafkaException("away");
    }

    /** Owners of lanes do what they were told, and what was written down can be read. */
    void obey() {
        for (var command : told()) {
            var account = command.getArguments().getOrDefault(CommandArguments.ACCOUNT, "");
            var lane = command.getArguments().getOrDefault(CommandArguments.LANE, "");
            switch (command.getKind()) {
                case PAUSE -> pause(account, lane, command.getBy());
                case RESUME -> takePause(account, lane, null);
                default -> {}
            }
        }
        producer.history().stream()
                .filter(sent -> sent.topic().equals(CONFIG.topics().audit()))
                .forEach(sent -> audits.take(sent.value()));
        producer.clear();
        tick();
    }

    void pause(String account, String lane, String by) {
        takePause(
                account,
                lane,
                InternalFormat.PAUSE_RECORD.encode(new PauseRecord(
                        account, account, lane, start.minusSeconds(600).toEpochMilli(), by)));
    }

    private void takePause(String account, String lane, byte @Nullable [] record) {
        holdings.take(
                Holdings.Part.PAUSES,
                0,
                "%1$s %1$s %2$s".formatted(account, lane).getBytes(UTF_8),
                record,
                Instant.now());
    }

    /** The vendor has said how many tokens of a model it takes. */
    void learned(LaneId lane, long limitTokens) {
        var record = new LearnedRecord(
                lane.getAccount(),
                lane.getModel(),
                4_000L,
                1_000L,
                10L,
                100L,
                limitTokens,
                start.toEpochMilli(),
                970,
                0L);
        holdings.take(
                Holdings.Part.LEARNED,
                0,
                lane.getModel().getBytes(UTF_8),
                InternalFormat.LEARNED_RECORD.encode(record),
                Instant.now());
    }

    /** What operators did before. */
    void wished(String by, String action, String account, String lane, String batchId, Duration ago) {
        audits.take(new Audit(start.minus(ago), by, action, account, lane, batchId, "", "", 0, "", by + action + ago)
                .toRecord("")
                .value());
    }

    /** Somebody has been at it. */
    void steered() {
        pause("openai", "openai/gpt-4.1/v1/responses#reviews", "ada");
        wished("ada", "pause", "", "openai/gpt-4.1/v1/responses#reviews", "", Duration.ofMinutes(10));
        wished("oidc:grace", "flush", "anthropic", "", "", Duration.ofMinutes(52));
        wished("ada", "cancel", "", "", id(3), Duration.ofMinutes(130));
        tick();
    }

    /** Lanes that have to wait. */
    void kept() {
        pause("openai", "", "ada");
        learned(CLAUDE, 2_000_000);
        tick();
    }

    void alarm(String refusal) {
        refusals = List.of(refusal);
    }

    static String id(int number) {
        return "openai-0-%013d-%02d".formatted(1_763_800_000_000L + number * 61_337L, number);
    }

    private StatusDocument status() {
        var lanes = holdings.lanes().stream()
                .map(lane -> new Status.Lane(lane.lane(), lane.totals(), lane.waiting(), lane.inBatches()))
                .toList();
        var arrived = lanes.stream().mapToLong(lane -> lane.totals().arrived()).sum();
        var dead = arrived > 0 ? 12 : 0;
        var counts = new ReadCounts(arrived + dead + 31, 0, arrived, dead == 0 ? 0 : 31, dead, true);
        var holds = holdings.batches().stream()
                .filter(batch -> batch.hold())
                .map(batch -> new Status.Hold(
                        batch.batchId(),
                        batch.lane(),
                        batch.requests(),
                        batch.changedAt(),
                        batch.reason(),
                        batch.attempts().size()))
                .toList();
        var status = new Status(
                Instant.now(),
                2,
                List.of(new Status.Partition("llm.requests", 0, counts, arrived > 0 ? 1_840 : 0, true)),
                List.of(),
                lanes,
                holdings.pauses(),
                new Status.InTransit(0, true),
                new Status.Ledger(Map.of(), 0, holds, 0, 0, 0, 0, 0, 0, 0, Report.total(holdings.spends())),
                holdings.budgets(CONFIG.money().budgets(), Instant.now()),
                List.of(),
                refusals);
        return StatusDocument.of(status, List.of());
    }

    /** A busy afternoon. */
    void busy() {
        lane(
                MINI,
                13_480,
                Duration.ofMinutes(6),
                new LaneTotals(2_418_220, 2_417_904, 316, 0, 2_349_860, 1_904, 212, 88));
        lane(LARGE, 1_906, Duration.ofMinutes(11), new LaneTotals(184_100, 184_096, 0, 4, 162_004, 188, 0, 0));
        lane(CLAUDE, 20_000, Duration.ofMinutes(9), new LaneTotals(611_400, 611_400, 0, 0, 551_392, 8, 0, 0, 0));
        batch(7, MINI, LedgerState.RUNNING, Duration.ofMinutes(24), 20_000, 0, 0);
        batch(6, CLAUDE, LedgerState.RUNNING, Duration.ofMinutes(51), 20_000, 0, 0);
        batch(5, MINI, LedgerState.COLLECTING, Duration.ofMinutes(48), 20_000, 13_604, 21);
        batch(9, MINI, LedgerState.UPLOADED, Duration.ofMinutes(1), 20_000, 0, 0);
        batch(8, LARGE, LedgerState.CREATING, Duration.ofMinutes(2), 20_000, 0, 0);
        for (var number = 4; number > 0; number--) {
            batch(
                    number,
                    number == 3 ? CLAUDE : MINI,
                    LedgerState.SETTLED,
                    Duration.ofMinutes(60L * (5 - number)),
                    20_000,
                    19_988,
                    12);
        }
        spend("openai", 212.4);
        spend("anthropic", 111.8);
        tick();
    }

    /** A create without an answer, and a batch on hold. */
    void doubts() {
        batch(10, LARGE, LedgerState.QUIESCING, Duration.ofMinutes(4), 8_000, 0, 0);
        put(record(11, CLAUDE, LedgerState.HOLD, Duration.ofMinutes(190), 20_000, 0, 0)
                .setReason("3 attempts got no answer, and none can be proven absent"));
        tick();
    }

    void lane(LaneId id, int waiting, Duration oldest, LaneTotals totals) {
        var lane = LaneRecord.newBuilder()
                .setPool(id.getAccount())
                .setLane(id)
                .setFirstSeq(0)
                .setSkip(0)
                .setNextSeq(1)
                .setWaiting(waiting)
                .setWaitingBytes(waiting * 900L)
                .setHeadArrivedAt(waiting == 0 ? 0 : start.minus(oldest).toEpochMilli())
                .setHeadExpiresAt(0)
                .setFlushedUntil(0)
                .setNextBatch(1)
                .setInFlight(id.equals(MINI) ? 3 : 1)
                .setDelayed(id.equals(MINI) ? 214 : 0)
                .setArrived(totals.arrived())
                .setAccepted(totals.accepted())
                .setAbsorbed(totals.absorbed())
                .setConflicts(totals.conflicts())
                .setSucceeded(totals.succeeded())
                .setFailed(totals.failed())
                .setExpired(totals.expired())
                .setCancelled(totals.cancelled())
                .setTurnaroundsMs(
                        id.equals(LARGE)
                                ? List.of()
                                : List.of(1_260_000L, 1_500_000L, 1_980_000L, 2_100_000L, 2_460_000L, 2_640_000L))
                .build();
        holdings.take(Holdings.Part.LANES, 0, key(id), InternalFormat.LANE_RECORD.encode(lane), Instant.now());
    }

    void batch(int number, LaneId lane, LedgerState state, Duration age, int requests, int succeeded, int failed) {
        put(record(number, lane, state, age, requests, succeeded, failed));
    }

    private LedgerRecord.Builder record(
            int number, LaneId lane, LedgerState state, Duration age, int requests, int succeeded, int failed) {
        var sealed = start.minus(age);
        var made = switch (state) {
            case RUNNING, COLLECTING, SETTLED -> sealed.plusSeconds(40);
            default -> Instant.EPOCH;
        };
        var ended = state == LedgerState.COLLECTING || state == LedgerState.SETTLED;
        var tried = state != LedgerState.UPLOADED;
        var outcome = made.equals(Instant.EPOCH) ? AttemptOutcome.DOUBTFUL : AttemptOutcome.CREATED;
        var remote = made.equals(Instant.EPOCH) ? "" : "batch_68f0c2a9" + number;
        var batch = Ledgers.batch(id(number), lane.getAccount(), state, sealed)
                .setLane(lane)
                .setItems(requests)
                .setBytes(requests * 910L)
                .setSucceededCount(succeeded)
                .setFailedCount(failed)
                .setChangedAt(
                        (ended ? made.plusSeconds(2_160) : tried ? sealed.plusSeconds(40) : sealed).toEpochMilli())
                .setCreatedAt(made.toEpochMilli())
                .setEndedAt(ended ? made.plusSeconds(2_100).toEpochMilli() : 0)
                .setRemoteStatus(ended ? "completed" : "")
                .setAttempts(
                        tried
                                ? List.of(new LedgerAttempt(
                                        1,
                                        "t",
                                        outcome,
                                        1L,
                                        sealed.plusSeconds(38).toEpochMilli(),
                                        60_000L,
                                        "file-8Hq2",
                                        "",
                                        remote,
                                        List.of()))
                                : List.of());
        if (succeeded > 0) {
            batch.setAnsweredCount(succeeded)
                    .setInputTokens(succeeded * 410L)
                    .setOutputTokens(succeeded * 190L)
                    .setCostPicos(succeeded * PICOS / 700)
                    .setSynchronousPicos(succeeded * PICOS / 350)
                    .setUncachedPicos(succeeded * PICOS / 700);
        }
        return batch;
    }

    private void put(LedgerRecord.Builder batch) {
        Ledgers.put(holdings, batch, Instant.now());
        var open = batch.getState() != LedgerState.SETTLED;
        var sealed = SealedBatch.newBuilder()
                .setOrdinal(0)
                .setLane(new Hash(key(batch.getLane())))
                .setItems(batch.getItems())
                .setChunks(1)
                .setSettledAt(open ? null : 1L)
                .setSucceeded(ByteBuffer.allocate(0))
                .setReturned(ByteBuffer.allocate(0))
                .setReservedPicos(open ? 8 * PICOS : 0)
                .setBytes(batch.getBytes())
                .build();
        holdings.take(
                Holdings.Part.SEALED,
                0,
                batch.getBatchId().getBytes(UTF_8),
                InternalFormat.SEALED_BATCH.encode(sealed),
                Instant.now());
    }

    /** Of a lane: as long as a hash. */
    private static byte[] key(LaneId lane) {
        return Arrays.copyOf(lane.getModel().getBytes(UTF_8), 16);
    }

    private void spend(String pool, double usd) {
        var day = LocalDate.ofInstant(start, ZoneOffset.UTC).toEpochDay();
        var record = new SpendRecord(pool, "", day, (long) (usd * PICOS));
        holdings.take(
                Holdings.Part.SPEND,
                0,
                pool.getBytes(UTF_8),
                InternalFormat.SPEND_RECORD.encode(record),
                Instant.now());
    }

    @Override
    public void close() {
        server.close();
    }
}

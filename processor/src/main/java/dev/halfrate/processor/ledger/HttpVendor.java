package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.batch.Twin;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.flight.CollectEvent;
import dev.halfrate.processor.flight.CreateEvent;
import dev.halfrate.processor.flight.SpoolEvent;
import dev.halfrate.processor.flight.UploadEvent;
import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Carries out effects on virtual threads, one per effect. What bounds them is the account's gate, the manifests
 * that may be in memory and the disk that spool files may take.
 */
final class HttpVendor implements Vendor {
    private static final Logger LOG = LoggerFactory.getLogger(HttpVendor.class);

    /** Items of one letter where no vendor's lines are carried. */
    private static final int REPORTED_AT_ONCE_MAX = 1_000;

    /** Of them in memory at once. */
    private static final int LETTERS_MAX = 2;

    private static final Duration UNEXPECTED_DELAY = Duration.ofSeconds(10);

    private final int partition;
    private final Workshop workshop;
    private final Mailbox mailbox;
    private final ActorClock clock;
    private final ThreadFactory threads;

    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final Map<String, SpoolFile> spools = new ConcurrentHashMap<>();

    /** By sealed batch, the attempt that its lines are wanted for. */
    private final Map<String, Integer> wanted = new ConcurrentHashMap<>();

    private final Map<String, AccountGate> permits = new ConcurrentHashMap<>();
    private final Map<String, Download> downloads = new ConcurrentHashMap<>();
    private final CallDesk desk;
    private volatile boolean closed;

    HttpVendor(int partition, Workshop workshop, Mailbox mailbox, ActorClock clock) {
        this.partition = partition;
        this.workshop = workshop;
        this.mailbox = mailbox;
        this.clock = clock;
        this.threads = Thread.ofVirtual().name("work-" + partition + "-", 0).factory();
        this.desk = new CallDesk(workshop, mailbox, clock, (batch, call) -> onThread(batch, call::run));
    }

    @Override
    public void start(Batch batch, Effect effect) {
        if (batch.state() instanceof BatchState.Sealed) {
            wanted.put(batch.id(), batch.attempt().number());
        } else {
            wanted.remove(batch.id());
        }
        switch (effect) {
            case Effect.Spool _ -> onThread(batch, () -> spool(batch));
            case Effect.DiscardSpool _ -> discardSpool(batch.id());
            case Effect.Upload _ -> onThread(batch, () -> upload(batch));
            case Effect.AcquirePermit _ -> onThread(batch, () -> acquirePermit(batch));
            case Effect.Create _ -> onThread(batch, () -> create(batch));
            case Effect.TakeMarker _ -> onThread(batch, () -> takeMarker(batch));
            case Effect.Cancel _ -> onThread(batch, () -> cancel(batch));
            case Effect.EndTwin(var remoteBatchId) -> onThread(batch, () -> endTwin(batch, remoteBatchId));
            case Effect.ReleasePermit _ -> releasePermit(batch.id());
            case Effect.Find _ -> onThread(batch, () -> find(batch));
            case Effect.DeleteInput _ -> onThread(batch, () -> deleteInput(batch));
            case Effect.DeleteFiles _ -> onThread(batch, () -> deleteFiles(batch));
            case Effect.Poll _ -> onThread(batch, () -> poll(batch, false));
            case Effect.PollAlone _ -> onThread(batch, () -> poll(batch, true));
            case Effect.Collect _ -> onThread(batch, () -> collect(batch));
            case Effect.ReportMissing _ ->
                onThread(
                        batch,
                        () -> reportOpen(
                                batch,
                                item -> SeenItem.without(
                                        item,
                                        ItemReport.Finding.MISSING,
                                        "missing",
                                        "the vendor's result files have no line for this request")));
            case Effect.ReportRefused(var code, var message) -> {
                discardSpool(batch); // the upload may be what was refused
                onThread(
                        batch,
                        () -> reportOpen(
                                batch,
                                item -> SeenItem.without(item, ItemReport.Finding.FAILED_FOR_GOOD, code, message)));
            }
            case Effect.ReportUnexecuted(var code, var message) -> {
                discardSpool(batch);
                onThread(
                        batch,
                        () -> reportOpen(
                                batch,
                                item -> SeenItem.without(
                                        item, ItemReport.Finding.NOT_EXECUTED_EXPIRED, code, message)));
            }
            case Effect.ReportRefusedLines(var lines) -> onThread(batch, () -> reportRefused(batch, lines));
            case Effect.PrepareCalls _ -> onThread(batch, () -> prepareCalls(batch));
            case Effect.PrepareHedges(var until) -> onThread(batch, () -> prepareHedges(batch, until));
            case Effect.PreparePrimers(var groupsFrom) -> onThread(batch, () -> preparePrimers(batch, groupsFrom));
            case Effect.Call(var items, var at) -> desk.call(batch, items, at);
            case Effect.DropCalls _ -> desk.drop(batch.id());
            case Effect.ReportUnanswered(var items) -> onThread(batch, () -> reportUnanswered(batch, items));
            case Effect.ReportWithdrawn(var items) -> onThread(batch, () -> reportWithdrawn(batch, items));
            case Effect.StartTimer _ -> throw new IllegalArgumentException("timers are the actor's");
        }
    }

    private void spool(Batch batch) throws InterruptedException {
        discardSpool(batch);
        discardSpool(batch.header().parentId());
        // A paused account must not fill the disk that others need.
        if (gate(batch).provider().capabilities().ingest() == Capabilities.Ingest.INLINE) {
            gate(batch).awaitOpenForCreate(batch.header().model());
        } else {
            gate(batch).awaitOpenForUpload();
        }
        var kilobytes =
                (int) Math.min(workshop.spoolKilobytesMax(), batch.header().bytes() / 1024 + 1);
        workshop.spoolKilobytes().acquire(kilobytes);
        // Its own name for each time a partition is owned: an earlier owner may still be writing.
        var path = workshop.spoolDir()
                .resolve("%s-%d-%x.jsonl".formatted(batch.id(), batch.attempt().number(), System.nanoTime()));
        var spool = new SpoolFile(path, kilobytes, batch.attempt().number());
        if (!keep(batch.id(), spool)) {
            discard(spool);
            return;
        } else if (closed) {
            discardSpool(batch);
            return;
        }
        try {
            withManifest(batch, items -> {
                var event =
                        new SpoolEvent(batch.id(), items.size(), batch.header().bytes());
                var written = Spool.write(batch, items, format(batch), path, workshop.bodies());
                event.commit();
                var gone = written.gone().stream()
                        .map(
                                item -> SeenItem.without(
                                        item,
                                        ItemReport.Finding.BODY_GONE,
                                        "body_gone",
                                        "the request's record is no longer in its topic, or is another one: keep it at least until the batch is uploaded (topic retention)"))
                        .toList();
                if (written.lines() == 0) {
                    discardSpool(batch);
                }
                post(batch, new BatchEvent.SpoolWritten(written.lines(), reports(gone)), gone);
            });
        } catch (IOException | BodyReader.BodiesUnavailableException e) {
            BatchLog.line(LOG, Level.WARN, batch).log("{}: cannot write {}: {}", batch.id(), path, e.getMessage());
            discardSpool(batch);
            mailbox.post(batch, new BatchEvent.SpoolFailed(String.valueOf(e.getMessage())));
        } finally {
            if (closed) {
                delete(path); // it may have come into being after close had swept
            }
        }
    }

    private void upload(Batch batch) throws InterruptedException {
        var lines = lines(batch);
        if (lines == null) {
            throw new IllegalStateException("no spool file of " + batch.id());
        }
        var fileName = "halfrate-" + batch.attempt().tag() + ".jsonl";
        var event = new UploadEvent(batch.id(), batch.items(), batch.header().bytes());
        var outcome = gate(batch).upload(provider -> provider.upload(new Provider.Upload(lines, fileName)));
        event.commit();
        if (outcome instanceof UploadOutcome.Uploaded) {
            discardSpool(batch);
        }
        CrashPoint.UPLOAD_ANSWERED.reached();
        mailbox.post(batch, new BatchEvent.UploadEnded(outcome));
    }

    private void acquirePermit(Batch batch) throws InterruptedException {
        var gate = gate(batch);
        gate.acquireForCreate(batch.header().model());
        if (permits.putIfAbsent(batch.id(), gate) != null) {
            gate.release(); // asked for twice; one is enough
        }
        if (closed) {
            releasePermit(batch.id());
        } else {
            mailbox.post(batch, new BatchEvent.PermitGranted());
        }
    }

    /** Within the permit of the create that it is for. */
    private void takeMarker(Batch batch) throws InterruptedException {
        MarkerOutcome outcome;
        try {
            outcome = gate(batch).callPermitted(Provider::marker);
        } catch (RuntimeException e) {
            BatchLog.line(LOG, Level.ERROR, batch).setCause(e).log("{}: no marker can be taken", batch.id());
            outcome = new MarkerOutcome.NoAnswer(e.getClass().getSimpleName());
        }
        mailbox.post(batch, new BatchEvent.MarkerTaken(outcome));
    }

    private void create(Batch batch) {
        var event = new CreateEvent(batch.id(), batch.items(), batch.header().bytes());
        var outcome = sendOnce(batch);
        event.commit();
        if (!(outcome instanceof CreateOutcome.Refused)) {
            discardSpool(batch);
        }
        // Before the letter: what follows from it may ask for the next permit.
        releasePermit(batch.id());
        mailbox.post(batch, new BatchEvent.CreateEnded(outcome));
    }

    private CreateOutcome sendOnce(Batch batch) {
        try {
            var header = batch.header();
            var attempt = batch.attempt();
            return gate(batch)
                    .create(
                            header.model(),
                            new Provider.Create(
                                    attempt.tag(),
                                    batch.id(),
                                    header.endpoint(),
                                    header.model(),
                                    header.apiVersion(),
                                    header.betas(),
                                    header.completionWindow(),
                                    attempt.inputFileId(),
                                    lines(batch),
                                    deadline(attempt)));
        } catch (RuntimeException | Error e) {
            BatchLog.line(LOG, Level.ERROR, batch).setCause(e).log("{}: create failed unexpectedly", batch.id());
            return new CreateOutcome.InDoubt(e.getClass().getSimpleName());
        }
    }

    /** @return the lines of the batch's present attempt, if they are here */
    private @Nullable Path lines(Batch batch) {
        var spool = spools.get(batch.id());
        return spool == null || spool.attempt != batch.attempt().number() ? null : spool.path;
    }

    /**
     * Over when either clock says so (a suspended machine stops the monotonic one), or the partition is not ours any
     * more. The wall clock counts from what was committed: this thread may have been kept from its start for hours.
     */
    private Deadline deadline(Attempt attempt) {
        var nanos = clock.nanos();
        var startedAt = attempt.startedAt();
        var end = (startedAt == null ? clock.now() : startedAt).plus(attempt.createTimeout());
        return () -> closed
                || clock.nanos() - nanos > attempt.createTimeout().toNanos()
                || clock.now().isAfter(end);
    }

    private void find(Batch batch) throws InterruptedException {
        var attempt = batch.attempt();
        var since = attempt.startedAt() == null ? batch.header().sealedAt() : attempt.startedAt();
        var outcome = gate(batch)
                .call(provider -> provider.find(
                        new Provider.Search(attempt.tag(), attempt.inputFileId(), attempt.marker(), since)));
        mailbox.post(batch, new BatchEvent.FindEnded(outcome));
    }

    private void deleteInput(Batch batch) throws InterruptedException {
        var inputFileId = batch.attempt().inputFileId();
        var outcome = gate(batch).call(provider -> provider.deleteFile(inputFileId));
        mailbox.post(batch, new BatchEvent.DeleteEnded(outcome));
    }

    /** What cannot be deleted is left to the vendor's own retention. */
    private void deleteFiles(Batch batch) throws InterruptedException {
        var files = new ArrayList<String>();
        var left = 0;
        batch.attempts().stream()
                .map(Attempt::inputFileId)
                .filter(id -> !id.isEmpty())
                .forEach(files::add);
        // What was only taken for ours may be somebody else's.
        var guesses = batch.attempts().stream()
                .filter(Attempt::guess)
                .map(Attempt::remoteBatchId)
                .toList();
        for (var remoteBatchId : batch.remoteBatchIds()
                .distinct()
                .filter(id -> !guesses.contains(id))
                .toList()) {
            if (gate(batch).callAside(provider -> provider.poll(remoteBatchId))
                    instanceof PollOutcome.Seen(var remote)) {
                Stream.of(remote.outputHandle(), remote.errorHandle())
                        .flatMap(Stream::ofNullable)
                        .forEach(files::add);
            } else {
                left++;
            }
        }
        for (var file : files) {
            CrashPoint.FILE_DELETED.reached();
            if (!(gate(batch).callAside(provider -> provider.deleteFile(file)) instanceof DeleteOutcome.Deleted)) {
                left++;
            }
        }
        if (left > 0) {
            BatchLog.line(LOG, Level.WARN, batch)
                    .log("{}: {} of its files at the vendor could not be deleted", batch.id(), left);
        }
    }

    private void cancel(Batch batch) throws InterruptedException {
        var remoteBatchId = batch.attempt().remoteBatchId();
        var outcome = gate(batch).call(provider -> provider.cancel(remoteBatchId));
        BatchLog.line(LOG, Level.WARN, batch)
                .log(
                        "{}: cancel of {} ended {}",
                        batch.id(),
                        remoteBatchId,
                        outcome.getClass().getSimpleName());
    }

    /** Whatever becomes of it, the batch itself is not taken up anew for it. */
    private void endTwin(Batch batch, String remoteBatchId) throws InterruptedException {
        PollOutcome seen;
        try {
            var outcome = gate(batch).call(provider -> provider.cancel(remoteBatchId));
            seen = outcome instanceof CancelOutcome.Cancelling(var remote)
                    ? new PollOutcome.Seen(remote)
                    : gate(batch).call(provider -> provider.poll(remoteBatchId));
        } catch (RuntimeException e) {
            BatchLog.line(LOG, Level.ERROR, batch)
                    .setCause(e)
                    .log("{}: its twin {} cannot be ended", batch.id(), remoteBatchId);
            seen = new PollOutcome.NoAnswer(e.getClass().getSimpleName());
        }
        mailbox.post(batch, new BatchEvent.TwinSeen(remoteBatchId, seen));
    }

    private void poll(Batch batch, boolean alone) throws InterruptedException {
        discardSpool(batch); // of an attempt that was overtaken by what an earlier one had made
        var remoteBatchId = batch.attempt().remoteBatchId();
        var gate = gate(batch);
        var startedAt = batch.attempt().startedAt();
        var outcome = alone
                ? gate.call(provider -> provider.poll(remoteBatchId))
                : gate.poll(remoteBatchId, startedAt == null ? batch.header().sealedAt() : startedAt);
        if (outcome instanceof PollOutcome.Seen(var remote) && startedAt != null) {
            gate.saw(remote, batch.header().model(), startedAt);
        }
        mailbox.post(batch, new BatchEvent.Polled(outcome));
    }

    private void collect(Batch batch) throws InterruptedException {
        if (!(batch.state() instanceof BatchState.Ended ended)) {
            throw new IllegalStateException(batch.id() + " is " + batch.state().word());
        }
        gate(batch).awaitOpen();
        try {
            with(workshop.downloads(), batch, items -> {
                // What may be another's is read as a whole each time: its lines are counted. Else what was read is kept
                // once all of it is on its way; before, it could make the next try pass something over.
                var provisional = ended.standing() == BatchState.Standing.PROVISIONAL;
                var known = downloads.remove(batch.id());
                var download = known == null || provisional ? new Download() : known;
                var price = workshop.pricing().of(batch.header().model(), ended.endedAt());
                var event = new CollectEvent(batch.id());
                var collector = new Collector(
                        batch, items, price, workshop.outputs(), download, workshop.letterBytes(), mailbox, clock);
                for (var file : files(ended)) {
                    download.read(file, !provisional, from -> results(batch, file, from, collector));
                }
                var ours = collector.ours();
                var foreign = collector.foreign();
                var corrupt = collector.corrupt();
                for (var twin : batch.twins()) {
                    collectTwin(batch, twin, collector);
                }
                collector.flush();
                event.commit(collector.ours());
                collector.warn();
                var outcome = download.end();
                if (!provisional && !(outcome instanceof ResultsOutcome.Complete)) {
                    downloads.put(batch.id(), download);
                }
                mailbox.post(batch, new BatchEvent.FilesRead(outcome, ours, foreign, corrupt));
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Both, whatever status the remote batch ended in. */
    private static List<String> files(BatchState.Ended ended) {
        return Stream.of(ended.outputHandle(), ended.errorHandle())
                .flatMap(Stream::ofNullable)
                .distinct()
                .toList();
    }

    /** What was paid for twice is at least used where it comes first; nothing depends on it. */
    private void collectTwin(Batch batch, Twin twin, Collector collector) throws InterruptedException {
        if (twin.lines() > 0
                && gate(batch).callNow(provider -> provider.poll(twin.remoteBatchId()))
                        instanceof PollOutcome.Seen(var remote)
                && remote.outputHandle() != null) {
            results(batch, remote.outputHandle(), FilePosition.START, collector);
        }
    }

    private ResultsOutcome results(Batch batch, String file, FilePosition from, Collector collector)
            throws InterruptedException {
        collector.begin(file);
        return gate(batch).callNow(provider -> provider.results(file, from, collector));
    }

    private void reportOpen(Batch batch, Function<ManifestItem, SeenItem> see) throws InterruptedException {
        report(batch, item -> !batch.done().has(item.item()), see, BatchEvent.Reported::new);
    }

    /** Some at a time, however many they are. */
    private void report(
            Batch batch,
            Predicate<ManifestItem> which,
            Function<ManifestItem, SeenItem> see,
            Function<List<ItemReport>, BatchEvent> event)
            throws InterruptedException {
        try {
            withManifest(batch, items -> {
                var letters = new Semaphore(LETTERS_MAX);
                var some = items.stream().filter(which).toList();
                for (var from = 0; from < some.size(); from += REPORTED_AT_ONCE_MAX) {
                    var seen = some.subList(from, Math.min(some.size(), from + REPORTED_AT_ONCE_MAX)).stream()
                            .map(see)
                            .toList();
                    letters.acquire();
                    mailbox.post(new Mailbox.Letter(batch, event.apply(reports(seen)), seen, letters::release));
                }
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void reportRefused(Batch batch, List<Effect.RefusedLine> refused) throws InterruptedException {
        try {
            withManifest(batch, items -> {
                var lines = SpoolOrder.of(batch, items);
                var seen = refused.stream()
                        .map(refusal -> SeenItem.without(
                                lines.get(refusal.line() - 1),
                                ItemReport.Finding.FAILED_FOR_GOOD,
                                refusal.code(),
                                refusal.message()))
                        .toList();
                post(batch, new BatchEvent.Reported(reports(seen)), seen);
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void prepareCalls(Batch batch) throws InterruptedException {
        desk.prepare(
                batch, itemsMax -> uncalled(batch).stream().limit(itemsMax).toList(), BatchEvent.CallsPrepared::new);
    }

    private void preparePrimers(Batch batch, int groupsFrom) throws InterruptedException {
        var begun = desk.prepare(
                batch,
                itemsMax -> SpoolOrder.alike(uncalled(batch)).stream()
                        .filter(group -> group.size() >= groupsFrom)
                        .map(List::getFirst)
                        .limit(itemsMax)
                        .toList(),
                (items, _) -> new BatchEvent.PrimersPrepared(items));
        if (!begun) {
            postponed(batch);
        }
    }

    private void postponed(Batch batch) {
        mailbox.post(batch, new BatchEvent.CallsNotPrepared("others are being got ready"));
    }

    private void prepareHedges(Batch batch, Instant until) throws InterruptedException {
        var later = new TreeMap<Integer, Instant>();
        var begun = desk.prepare(
                batch,
                itemsMax -> {
                    var near = new ArrayList<ManifestItem>();
                    for (var item : uncalled(batch)) {
                        var deadline = Instant.ofEpochMilli(item.ref().getDeadline());
                        if (item.ref().getDeadline() > 0) {
                            later.put(item.item(), deadline);
                            if (!deadline.isAfter(until) && near.size() < itemsMax) {
                                near.add(item);
                            }
                        }
                    }
                    return near;
                },
                (items, gone) -> {
                    items.forEach(later::remove);
                    var bodiless = gone.stream().map(ItemReport::item).toList();
                    bodiless.forEach(later::remove);
                    return new BatchEvent.HedgesPrepared(
                            items,
                            bodiless,
                            later.values().stream()
                                    .min(Comparator.naturalOrder())
                                    .orElse(null));
                });
        if (!begun) {
            postponed(batch);
        }
    }

    /** Read in the room for manifests, and kept outside: turns are waited for with them, and others need the room. */
    private List<ManifestItem> uncalled(Batch batch) throws InterruptedException {
        var uncalled = new ArrayList<ManifestItem>();
        try {
            withManifest(batch, items -> batch.uncalled().mapToObj(items::get).forEach(uncalled::add));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return uncalled;
    }

    private void reportUnanswered(Batch batch, List<Integer> called) throws InterruptedException {
        try {
            withManifest(batch, items -> {
                var seen = called.stream()
                        .map(item -> CallDesk.unanswered(items.get(item), "its owner was cut off"))
                        .toList();
                post(batch, new BatchEvent.CallsEnded(reports(seen)), seen);
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void reportWithdrawn(Batch batch, List<Integer> unwanted) throws InterruptedException {
        var withdrawn = new HashSet<>(unwanted);
        report(
                batch,
                item -> withdrawn.contains(item.item()),
                HttpVendor::withdrawn,
                BatchEvent.WithdrawalsReported::new);
    }

    static SeenItem withdrawn(ManifestItem item) {
        return SeenItem.without(
                item, ItemReport.Finding.WITHDRAWN, "cancelled", "the request was cancelled as it was asked for");
    }

    private List<ItemReport> reports(List<SeenItem> seen) {
        var now = clock.now();
        return seen.stream().map(item -> item.report(now)).toList();
    }

    private void post(Batch batch, BatchEvent event, List<SeenItem> seen) {
        mailbox.post(new Mailbox.Letter(batch, event, seen, () -> {}));
    }

    private void withManifest(Batch batch, ManifestUse use) throws IOException, InterruptedException {
        with(workshop.manifests(), batch, use);
    }

    private void with(ManifestRoom room, Batch batch, ManifestUse use) throws IOException, InterruptedException {
        var taken = room.enter(batch.items());
        try {
            use.with(workshop.manifestReader().read(partition, batch.header()));
        } finally {
            room.leave(taken);
        }
    }

    private AccountGate gate(Batch batch) {
        return workshop.gate(batch.header().account());
    }

    private LineFormat format(Batch batch) {
        return gate(batch).provider().capabilities().lineFormat();
    }

    private void releasePermit(String batchId) {
        var permit = permits.remove(batchId);
        if (permit != null) {
            permit.release();
        }
    }

    /** @return whether it is of use: a thread may come so late that its batch has gone on */
    private boolean keep(String batchId, SpoolFile spool) {
        var kept = spools.compute(batchId, (_, present) -> {
            if (!Objects.equals(wanted.get(batchId), spool.attempt)) {
                return present;
            }
            discard(present);
            return spool;
        });
        return spool.equals(kept);
    }

    /** Not that of a later attempt. */
    private void discardSpool(Batch batch) {
        spools.computeIfPresent(batch.id(), (_, present) -> {
            if (present.attempt > batch.attempt().number()) {
                return present;
            }
            discard(present);
            return null;
        });
    }

    private void discardSpool(String batchId) {
        discard(spools.remove(batchId));
    }

    private void discard(@Nullable SpoolFile spool) {
        if (spool != null) {
            delete(spool.path);
            workshop.spoolKilobytes().release(spool.kilobytes);
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("cannot delete {}: {}", path, e.getMessage());
        }
    }

    /** @return whether it will run */
    private boolean onThread(Batch batch, Work work) {
        if (closed) {
            return false;
        }
        var thread = threads.newThread(() -> {
            try {
                work.run();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error e) {
                if (closed) {
                    return; // being interrupted looks like many things
                }
                BatchLog.line(LOG, Level.ERROR, batch)
                        .setCause(e)
                        .log(
                                "{}: {} failed, taken up again in {}",
                                batch.id(),
                                batch.state().word(),
                                UNEXPECTED_DELAY);
                takeUpLater(batch);
            } finally {
                running.remove(Thread.currentThread());
            }
        });
        running.add(thread);
        thread.start();
        return true;
    }

    /** A bug, a missing account, an outage of Kafka: this batch waits, visibly, and the others go on. */
    private void takeUpLater(Batch batch) {
        try {
            Thread.sleep(UNEXPECTED_DELAY);
            mailbox.post(batch, new BatchEvent.Taken());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        running.forEach(Thread::interrupt);
        List.copyOf(permits.keySet()).forEach(this::releasePermit);
        List.copyOf(spools.keySet()).forEach(this::discardSpool);
        desk.close();
    }

    private record SpoolFile(Path path, int kilobytes, int attempt) {}

    @FunctionalInterface
    private interface Work {
        void run() throws InterruptedException;
    }

    @FunctionalInterface
    private interface ManifestUse {
        void with(List<ManifestItem> items) throws IOException, InterruptedException;
    }
}

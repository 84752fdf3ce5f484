package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.AccessOutcome;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.RawLine;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A provider that answers as it is told to. */
final class VirtualHttp implements Provider {
    final List<String> uploads = new CopyOnWriteArrayList<>();
    final Map<String, List<ResultLine>> files = new ConcurrentHashMap<>();

    /** Files whose next download ends like this, once. */
    final Map<String, ResultsOutcome.BrokenOff> brokenOff = new ConcurrentHashMap<>();

    final List<String> deleted = new CopyOnWriteArrayList<>();
    final List<FilePosition> positions = new CopyOnWriteArrayList<>();
    final AtomicInteger sweeps = new AtomicInteger();
    final AtomicInteger polls = new AtomicInteger();
    volatile CountDownLatch beforeSweep = new CountDownLatch(0);
    volatile UploadOutcome uploaded = new UploadOutcome.Uploaded("file-1");
    volatile SweepOutcome swept = new SweepOutcome.CannotTell("nothing is told");
    volatile PollOutcome polled = new PollOutcome.NoAnswer("nothing is told");
    volatile Function<Create, CreateOutcome> onCreate = create -> new CreateOutcome.InDoubt("nothing is told");

    volatile LineFormat format = Refs.FORMAT;
    final List<Call> called = new CopyOnWriteArrayList<>();
    volatile Function<Call, CallOutcome> onCall = call -> new CallOutcome.NoAnswer("nothing is told");

    @Override
    public Capabilities capabilities() {
        return new Capabilities(
                "virtual",
                10,
                1 << 20,
                1 << 20,
                Set.of(),
                List.of("24h"),
                Capabilities.Ingest.FILE,
                Capabilities.SearchQuality.EXACT,
                false,
                false,
                format);
    }

    @Override
    public UploadOutcome upload(Upload upload) {
        try {
            uploads.add(Files.readString(upload.lines()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return uploaded;
    }

    @Override
    public CreateOutcome create(Create create) {
        return onCreate.apply(create);
    }

    @Override
    public ResultsOutcome results(String handle, FilePosition from, ResultLines lines) throws InterruptedException {
        positions.add(from);
        if (brokenOff.containsKey(handle)) {
            return deliver(handle, brokenOff.remove(handle), lines);
        }
        var file = files.get(handle);
        if (file == null) {
            return new ResultsOutcome.BrokenOff("no such file");
        }
        return deliver(handle, new ResultsOutcome.Complete(file.size()), lines);
    }

    private ResultsOutcome deliver(String handle, ResultsOutcome outcome, ResultLines lines)
            throws InterruptedException {
        var file = files.getOrDefault(handle, List.of());
        for (var i = 0; i < file.size(); i++) {
            lines.accept(file.get(i), RawLine.of(i + 1, new byte[0], 0));
        }
        return outcome;
    }

    @Override
    public FindOutcome find(Search search) {
        return new FindOutcome.Absent();
    }

    @Override
    public AccessOutcome access() {
        return new AccessOutcome.Granted("", null);
    }

    @Override
    public MarkerOutcome marker() {
        return new MarkerOutcome.NoAnswer("nothing is told");
    }

    @Override
    public SweepOutcome sweep(Instant since) {
        sweeps.incrementAndGet();
        try {
            beforeSweep.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return swept;
    }

    @Override
    public PollOutcome poll(String remoteBatchId) {
        polls.incrementAndGet();
        return polled;
    }

    @Override
    public SweepOutcome lookUp(String remoteBatchId) {
        return swept;
    }

    @Override
    public CancelOutcome cancel(String remoteBatchId) {
        throw new UnsupportedOperationException("no batch is cancelled yet");
    }

    @Override
    public DeleteOutcome deleteFile(String fileId) {
        deleted.add(fileId);
        return new DeleteOutcome.Deleted();
    }

    @Override
    public CallOutcome call(Call call) {
        called.add(call);
        return onCall.apply(call);
    }

    @Override
    public void close() {}
}

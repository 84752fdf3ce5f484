package dev.halfrate.processor.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.BatchError;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.ResultLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenAI's batch API as far as a create can go wrong: what is stored, executed, billed and listed, and when. */
final class VirtualVendor {
    /** How long a new batch may be missing from the listings. */
    static final Duration LISTING_LAG_MAX = Duration.ofSeconds(45);

    private static final Duration VALIDATION_MAX = Duration.ofMinutes(20);
    private static final Duration EXECUTION_MAX = Duration.ofMinutes(90);

    /** One line of an uploaded file. */
    record Line(String upstreamId, String batchId, int item, String customId) {}

    private static final class InputFile {
        private final List<Line> lines;
        private boolean deleted;

        private InputFile(List<Line> lines) {
            this.lines = List.copyOf(lines);
        }
    }

    private static final class Remote {
        private final String id;
        private final String tag;
        private final String batchId;
        private final String inputFileId;
        private final Duration listedFrom;
        private Status status = Status.VALIDATING;
        private List<BatchError> errors = List.of();
        private @Nullable String output;
        private @Nullable String errorFile;

        private Remote(String id, String tag, String batchId, String inputFileId, Duration listedFrom) {
            this.id = id;
            this.tag = tag;
            this.batchId = batchId;
            this.inputFileId = inputFileId;
            this.listedFrom = listedFrom;
        }

        private RemoteBatch seen() {
            return new RemoteBatch(
                    id,
                    status,
                    status.name().toLowerCase(Locale.ROOT),
                    inputFileId,
                    output,
                    errorFile,
                    RemoteBatch.Counts.NONE,
                    errors);
        }
    }

    private final VirtualTime time;
    private final Faults faults;
    private final Dice dice;
    private final Invariants invariants;
    private final BillingBook book;

    /** Whether a create that names a deleted file is executed all the same. */
    private final boolean takesDeletedFiles;

    private final Map<String, InputFile> inputs = new HashMap<>();
    private final Map<String, Remote> remotes = new LinkedHashMap<>();
    private final Map<String, List<ResultLine>> results = new HashMap<>();
    private final List<ResultLine> strangers = new ArrayList<>();
    private int ids;
    private int onTheWay;

    VirtualVendor(VirtualTime time, Faults faults, Invariants invariants, BillingBook book) {
        this.time = time;
        this.faults = faults;
        this.dice = faults.dice;
        this.invariants = invariants;
        this.book = book;
        this.takesDeletedFiles = faults.hit(0.05);
    }

    String store(List<Line> lines) {
        var id = "file-" + ++ids;
        inputs.put(id, new InputFile(lines));
        return id;
    }

    void delete(String inputFileId) {
        var input = inputs.get(inputFileId);
        if (input != null) {
            input.deleted = true;
        }
    }

    List<Line> lines(String inputFileId) {
        return input(inputFileId).lines;
    }

    private InputFile input(String inputFileId) {
        var input = inputs.get(inputFileId);
        if (input == null) {
            throw new AssertionError("nobody uploaded " + inputFileId);
        }
        return input;
    }

    /** A create that nobody can call back. */
    void arrives(String tag, String batchId, String inputFileId, Duration later) {
        onTheWay++;
        time.after(later, () -> {
            onTheWay--;
            create(tag, batchId, inputFileId);
        });
    }

    RemoteBatch create(String tag, String batchId, String inputFileId) {
        var lag = dice.between(Duration.ZERO, LISTING_LAG_MAX);
        var remote = new Remote(
                "batch_" + ++ids, tag, batchId, inputFileId, time.passed().plus(lag));
        remotes.put(remote.id, remote);
        var live = !input(inputFileId).deleted;
        if (live) {
            invariants.remoteBatchLives(batchId);
        }
        time.after(dice.between(Duration.ofSeconds(1), VALIDATION_MAX), () -> validate(remote, live));
        return remote.seen();
    }

    private void validate(Remote remote, boolean live) {
        var input = input(remote.inputFileId);
        if (input.deleted && !takesDeletedFiles) {
            remote.errors = List.of(new BatchError(Refusal.Kind.NOT_FOUND, "invalid_request", "no such file", null));
        } else if (faults.hit(0.08)) {
            remote.errors = validationErrors(input);
            if (remote.errors.isEmpty()) {
                remote.errors = List.of(new BatchError(Refusal.Kind.QUEUE_FULL, "token_limit_exceeded", "full", null));
            }
        }
        if (!remote.errors.isEmpty()) {
            remote.status = Status.FAILED;
            if (live) {
                invariants.remoteBatchFailed(remote.batchId);
            }
            return;
        }
        remote.status = Status.IN_PROGRESS;
        time.after(dice.between(Duration.ofMinutes(1), EXECUTION_MAX), () -> end(remote, input, live));
    }

    private List<BatchError> validationErrors(InputFile input) {
        return switch (dice.between(0, 4)) {
            case 0, 1 -> List.of();
            case 2 -> List.of(new BatchError(Refusal.Kind.CREDIT, "billing_hard_limit_reached", "no credit", null));
            case 3 -> List.of(new BatchError(Refusal.Kind.BAD_REQUEST, "invalid_request", "bad", null));
            default ->
                List.of(new BatchError(
                        Refusal.Kind.BAD_REQUEST, "invalid_json_line", "bad", dice.between(1, input.lines.size())));
        };
    }

    private void end(Remote remote, InputFile input, boolean live) {
        remote.status = faults.hit(0.1) ? Status.EXPIRED : faults.hit(0.03) ? Status.CANCELLED : Status.COMPLETED;
        var output = new ArrayList<ResultLine>();
        var errors = new ArrayList<ResultLine>();
        for (var line : input.lines) {
            execute(remote, line, !live, output, errors);
        }
        if (!output.isEmpty()) {
            remote.output = "out-" + ++ids;
            results.put(remote.output, garnished(output));
        }
        if (!errors.isEmpty()) {
            remote.errorFile = "err-" + ++ids;
            results.put(remote.errorFile, garnished(errors));
        }
        strangers.add(output.isEmpty() ? errors.getFirst() : output.getFirst());
    }

    private void execute(Remote remote, Line line, boolean revoked, List<ResultLine> output, List<ResultLine> errors) {
        if (remote.status != Status.COMPLETED && dice.chance(0.5)) {
            var cause = remote.status == Status.EXPIRED ? ResultLine.Cause.EXPIRED : ResultLine.Cause.CANCELLED;
            errors.add(new ResultLine.NotExecuted(line.upstreamId, cause, error("not_executed", false)));
            return;
        }
        var body = line.customId.getBytes(UTF_8);
        if (faults.hit(0.08)) {
            var permanent = dice.chance(0.5);
            errors.add(new ResultLine.Answered(
                    line.upstreamId, permanent ? 400 : 500, body, null, error("failed", permanent)));
            return;
        }
        book.charge(line, revoked);
        output.add(new ResultLine.Answered(line.upstreamId, 200, body, null, null));
    }

    private static ResultLine.LineError error(String code, boolean permanent) {
        return new ResultLine.LineError(code, "no", permanent);
    }

    /** In no order, some twice, some not at all, some of others. */
    private List<ResultLine> garnished(List<ResultLine> lines) {
        var all = new ArrayList<ResultLine>();
        for (var line : lines) {
            if (faults.hit(0.03)) {
                all.add(new ResultLine.Corrupt(all.size() + 1, "not JSON"));
            } else {
                all.add(line);
            }
            if (faults.hit(0.1)) {
                all.add(line);
            }
        }
        if (!strangers.isEmpty() && faults.hit(0.2)) {
            all.add(dice.oneOf(strangers));
        }
        return dice.shuffled(all);
    }

    List<ResultLine> content(String handle) {
        return results.getOrDefault(handle, List.of());
    }

    /** Whether any result file has a readable line for an item. */
    boolean hasLine(String remoteBatchId, String upstreamId) {
        var remote = remotes.get(remoteBatchId);
        if (remote == null) {
            return false;
        }
        for (var handle : new String[] {remote.output, remote.errorFile}) {
            for (var line : handle == null ? List.<ResultLine>of() : content(handle)) {
                var id = switch (line) {
                    case ResultLine.Answered answered -> answered.upstreamId();
                    case ResultLine.NotExecuted not -> not.upstreamId();
                    case ResultLine.TooLong tooLong -> tooLong.upstreamId();
                    case ResultLine.Corrupt _ -> "";
                };
                if (id.equals(upstreamId)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Nullable
    RemoteBatch batch(String id) {
        var remote = remotes.get(id);
        return remote == null ? null : remote.seen();
    }

    FindOutcome list(String tag, String inputFileId) {
        var found = remotes.values().stream()
                .filter(remote -> remote.listedFrom.compareTo(time.passed()) <= 0)
                .filter(remote -> remote.tag.equals(tag) || remote.inputFileId.equals(inputFileId))
                .map(Remote::seen)
                .toList();
        return found.isEmpty() ? new FindOutcome.Absent() : new FindOutcome.Found(found);
    }

    /** @return whether nothing more happens at the vendor's by itself */
    boolean rests() {
        return onTheWay == 0 && remotes.values().stream().allMatch(remote -> remote.status.terminal());
    }
}

package dev.halfrate.processor.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.BatchError;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.SweepOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A batch API as far as a create can go wrong: what is stored, executed, billed and listed, and when. Either OpenAI's
 * way, where an attempt's batch can be told from all others, or Anthropic's, where others are only older or newer.
 */
final class VirtualVendor {
    /** How long a new batch may be missing from the listings. */
    static final Duration LISTING_LAG_MAX = Duration.ofSeconds(45);

    private static final Duration VALIDATION_MAX = Duration.ofMinutes(20);
    private static final Duration EXECUTION_MAX = Duration.ofMinutes(90);
    private static final Duration STUCK = Duration.ofHours(40);

    /** The vendor's word for lines that it does not take. */
    static final String POISONED = "invalid_lines";

    /** One line of an uploaded file. */
    record Line(String upstreamId, String windowId, int item, String customId) {}

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
        private final int total;
        private int completed;
        private boolean excused;
        private boolean live;
        private Status status = Status.VALIDATING;
        private List<BatchError> errors = List.of();
        private @Nullable String output;
        private @Nullable String errorFile;

        private Remote(String id, String tag, String batchId, String inputFileId, Duration listedFrom, int total) {
            this.id = id;
            this.tag = tag;
            this.batchId = batchId;
            this.inputFileId = inputFileId;
            this.listedFrom = listedFrom;
            this.total = total;
        }

        /** Whether it is one of those of which a batch may have one. */
        private boolean counts() {
            return live && !excused && !batchId.isEmpty();
        }

        private RemoteBatch seen() {
            return new RemoteBatch(
                    id,
                    status,
                    status.name().toLowerCase(Locale.ROOT),
                    inputFileId,
                    output,
                    errorFile,
                    new RemoteBatch.Counts(total, completed, 0),
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

    /** Whether a listing shows whose batch is which. */
    final boolean exact;

    /** Whether a create carries its requests, instead of naming a file. */
    final boolean inline;

    private final Set<String> givenUp = new HashSet<>();
    private final Set<String> poison = new HashSet<>();
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
        this.exact = dice.chance(0.5);
        this.inline = !exact || dice.chance(0.2);
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
        return create(tag, batchId, inputFileId, false);
    }

    /** Something between us and the vendor sends a create once more. */
    void createsAgain(String tag, String batchId, String inputFileId) {
        create(tag, batchId, inputFileId, true);
    }

    /** Somebody else's batch, in a workspace that should be ours alone. */
    void strangerCreates() {
        var lines = new ArrayList<Line>();
        for (var item = 0; item < dice.between(1, 12); item++) {
            lines.add(new Line("stranger-" + ids + "-" + item, "stranger-" + ids, item, "strange"));
        }
        create("stranger-" + ids, "", store(lines), true);
    }

    private RemoteBatch create(String tag, String batchId, String inputFileId, boolean surplus) {
        var lag = dice.between(Duration.ZERO, LISTING_LAG_MAX);
        var remote = new Remote(
                "batch_" + ++ids,
                tag,
                batchId,
                inputFileId,
                time.passed().plus(lag),
                input(inputFileId).lines.size());
        remotes.put(remote.id, remote);
        remote.excused = surplus || givenUp.contains(tag);
        remote.live = !input(inputFileId).deleted;
        if (remote.counts()) {
            invariants.remoteBatchLives(batchId);
        }
        time.after(dice.between(Duration.ofSeconds(1), VALIDATION_MAX), () -> validate(remote));
        return remote.seen();
    }

    private void validate(Remote remote) {
        var input = input(remote.inputFileId);
        if (remote.status != Status.VALIDATING) {
            return;
        }
        if (input.deleted && !takesDeletedFiles) {
            remote.errors = List.of(new BatchError(Refusal.Kind.NOT_FOUND, "invalid_request", "no such file", null));
        } else if (!inline && poisoned(input.lines)) {
            remote.errors = List.of(new BatchError(Refusal.Kind.BAD_REQUEST, POISONED, "bad", null));
        } else if (exact && faults.hit(0.08)) {
            remote.errors = validationErrors(input);
        }
        if (!remote.errors.isEmpty()) {
            remote.status = Status.FAILED;
            if (remote.counts()) {
                invariants.remoteBatchFailed(remote.batchId);
            }
            return;
        }
        remote.status = Status.IN_PROGRESS;
        var stuck = faults.hit(0.01);
        var execution = stuck ? STUCK : dice.between(Duration.ofMinutes(1), EXECUTION_MAX);
        time.after(execution, () -> end(remote, input));
    }

    /** @return whether the vendor refuses these lines as a whole, and does not say which of them is bad */
    boolean poisoned(List<Line> lines) {
        return lines.stream().map(Line::customId).anyMatch(poison::contains);
    }

    boolean poisoned(String customId) {
        return poison.contains(customId);
    }

    void poison(String customId) {
        poison.add(customId);
    }

    RemoteBatch cancel(String id) {
        var remote = known(id);
        if (!remote.status.terminal() && remote.status != Status.CANCELLING) {
            remote.status = Status.CANCELLING;
            time.after(
                    dice.between(Duration.ofSeconds(20), Duration.ofMinutes(10)),
                    () -> end(remote, input(remote.inputFileId)));
        }
        return remote.seen();
    }

    private Remote known(String id) {
        var remote = remotes.get(id);
        if (remote == null) {
            throw new AssertionError("there is no " + id);
        }
        return remote;
    }

    private List<BatchError> validationErrors(InputFile input) {
        return switch (dice.between(0, 3)) {
            case 0 -> List.of(new BatchError(Refusal.Kind.QUEUE_FULL, "token_limit_exceeded", "full", null));
            case 1 -> List.of(new BatchError(Refusal.Kind.QUEUE_FULL, "token_limit_exceeded", "full", null, 900_000));
            case 2 -> List.of(new BatchError(Refusal.Kind.CREDIT, "billing_hard_limit_reached", "no credit", null));
            default ->
                List.of(new BatchError(
                        Refusal.Kind.BAD_REQUEST, "invalid_json_line", "bad", dice.between(1, input.lines.size())));
        };
    }

    private void end(Remote remote, InputFile input) {
        if (remote.status.terminal()) {
            return;
        }
        remote.status = remote.status == Status.CANCELLING
                ? Status.CANCELLED
                : faults.hit(0.1) ? Status.EXPIRED : faults.hit(0.03) ? Status.CANCELLED : Status.COMPLETED;
        var output = new ArrayList<ResultLine>();
        var errors = new ArrayList<ResultLine>();
        for (var line : input.lines) {
            execute(remote, line, output, errors);
        }
        if (!output.isEmpty()) {
            remote.output = "out-" + ++ids;
            results.put(remote.output, garnished(output));
        }
        if (!errors.isEmpty()) {
            remote.errorFile = "err-" + ++ids;
            results.put(remote.errorFile, garnished(errors));
        }
        if (output.isEmpty() && errors.isEmpty()) {
            return;
        }
        strangers.add(output.isEmpty() ? errors.getFirst() : output.getFirst());
    }

    private void execute(Remote remote, Line line, List<ResultLine> output, List<ResultLine> errors) {
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
        if (!remote.batchId.isEmpty()) {
            book.charge(line, remote.excused || !remote.live);
        }
        remote.completed++;
        output.add(new ResultLine.Answered(line.upstreamId, 200, body, null, null));
    }

    /** A request that comes alone; whether its answer gets anywhere is another question. */
    CallOutcome.Answered call(Line line) {
        var body = line.customId.getBytes(UTF_8);
        if (faults.hit(0.08)) {
            var permanent = dice.chance(0.5);
            return new CallOutcome.Answered(
                    new ResultLine.Answered("", permanent ? 400 : 500, body, null, error("failed", permanent)));
        }
        invariants.charged(line.windowId);
        return new CallOutcome.Answered(new ResultLine.Answered("", 200, body, null, null));
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

    /** @return id of the newest remote batch that is listed, empty if there is none */
    String newest() {
        return listed().map(remote -> remote.id).reduce("", (_, id) -> id);
    }

    private Stream<Remote> listed() {
        return remotes.values().stream().filter(remote -> remote.listedFrom.compareTo(time.passed()) <= 0);
    }

    List<SweepOutcome.Listed> all() {
        return listed().map(remote ->
                        new SweepOutcome.Listed(remote.seen(), exact ? remote.batchId : "", exact ? remote.tag : ""))
                .toList();
    }

    /** A batch is tried again without proof that nothing came of its last attempt. */
    void givenUp(String tag, Duration lastListing) {
        givenUp.add(tag);
        for (var remote : remotes.values()) {
            if (remote.tag.equals(tag) && remote.counts() && remote.status != Status.FAILED) {
                if (remote.listedFrom.compareTo(lastListing) <= 0) {
                    throw Invariants.broken("I4", remote.batchId + " is given up though its remote batch was listed");
                }
                remote.excused = true;
                invariants.remoteBatchFailed(remote.batchId);
                input(remote.inputFileId).lines.forEach(book::excuse);
            }
        }
    }

    /**
     * Of a create that was sent once more, the remote batch that was found was refused, and the other is the surplus one:
     * whoever looked could not see it yet.
     */
    void superseded(String tag, String refusedRemoteBatchId) {
        if (!known(refusedRemoteBatchId).excused) {
            return;
        }
        for (var remote : remotes.values()) {
            if (remote.tag.equals(tag) && remote.counts() && remote.status != Status.FAILED) {
                remote.excused = true;
                invariants.remoteBatchFailed(remote.batchId);
                input(remote.inputFileId).lines.forEach(book::excuse);
            }
        }
    }

    /** @return remote batches that came into being because a create was sent once more, and were not refused */
    List<String> surplus() {
        return remotes.values().stream()
                .filter(remote -> remote.excused && !remote.batchId.isEmpty() && !givenUp.contains(remote.tag))
                .filter(remote -> remote.status != Status.FAILED)
                .map(remote -> remote.id)
                .toList();
    }

    FindOutcome newerThan(String marker) {
        var newer = new ArrayList<RemoteBatch>();
        var past = marker.isEmpty();
        for (var remote : remotes.values()) {
            if (past && remote.listedFrom.compareTo(time.passed()) <= 0) {
                newer.add(remote.seen());
            }
            past |= remote.id.equals(marker);
        }
        return newer.isEmpty() ? new FindOutcome.Absent() : new FindOutcome.Candidates(newer);
    }

    FindOutcome list(String tag, String inputFileId) {
        var found = listed().filter(remote -> remote.tag.equals(tag) || remote.inputFileId.equals(inputFileId))
                .map(Remote::seen)
                .toList();
        return found.isEmpty() ? new FindOutcome.Absent() : new FindOutcome.Found(found);
    }

    /** @return whether nothing more happens at the vendor's by itself */
    boolean rests() {
        return onTheWay == 0 && remotes.values().stream().allMatch(remote -> remote.status.terminal());
    }
}

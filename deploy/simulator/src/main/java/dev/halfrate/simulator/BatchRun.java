package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.BatchObject.RequestCounts;
import dev.halfrate.simulator.BillingBook.BilledLine;
import dev.halfrate.simulator.LineInput.ValidLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Executes the lines of one batch in a shuffled order, evenly over its time in progress, and writes their results.
 * What it does until a given time does not depend on how often it is asked. Not safe for use by many threads.
 */
final class BatchRun {

    /** A chunk is written once it has reached this. */
    private static final int CHUNK_BYTES_MIN = 1 << 20;

    private final Batch.Identity batch;
    private final LineInput input;
    private final ResultForm form;
    private final BatchWork work;
    private final Instant startedAt;
    private final Duration duration;
    private final int[] order;
    private final int executable;
    private final Path output;
    private final Path errors;

    private int written;
    private int completed;
    private int failed;
    private Usage usage = Usage.NONE;
    private long outputBytes;
    private long errorBytes;

    BatchRun(
            Batch.Identity batch,
            LineInput input,
            ResultForm form,
            BatchWork work,
            Instant startedAt,
            Duration duration,
            Path directory) {
        this.batch = batch;
        this.input = input;
        this.form = form;
        this.work = work;
        this.startedAt = startedAt;
        this.duration = duration;
        this.output = directory.resolve("output.jsonl");
        this.errors = directory.resolve("errors.jsonl");
        this.order = new int[input.lines()];
        this.executable = fillOrder();
    }

    /** Shuffles, and puts the lines that will not finish last; returns how many will. */
    private int fillOrder() {
        SplittableRandom random = work.seed().random("order", batch.draw());
        for (int i = 0; i < order.length; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        int finishing = 0;
        for (int i = 0; i < order.length; i++) {
            if (!work.seed()
                    .hits(
                            "unfinished",
                            attempt(order[i]),
                            work.config().lineErrorRates().unfinished())) {
                int line = order[i];
                order[i] = order[finishing];
                order[finishing++] = line;
            }
        }
        return finishing;
    }

    /** Executes every line that is due. */
    void executeUntil(Instant now) throws IOException {
        int due = Math.min(executable, dueAt(now));
        while (written < due) {
            write(due, this::execute);
        }
    }

    boolean finished() {
        return written == order.length;
    }

    /** When the last line is due, if all of them ever are. */
    Instant end() {
        return startedAt.plus(duration);
    }

    /** Reports the rest as not executed. */
    void abandon(ResultForm.Unexecuted reason) throws IOException {
        while (!finished()) {
            write(
                    order.length,
                    (number, line, _, chunk) -> chunk.addUnexecuted(form.unexecuted(line, reason, attempt(number))));
        }
    }

    /** Forgets so many of the lines that succeeded last, which have been billed nevertheless. */
    void lose(int lines) throws IOException {
        int lost = Math.min(lines, completed);
        outputBytes = FileTail.startOfLast(output, outputBytes, lost);
        FileTail.write(output, outputBytes, ByteBuffer.allocate(0));
        completed -= lost;
    }

    RequestCounts counts() {
        return new RequestCounts(order.length, completed, failed);
    }

    Usage usage() {
        return usage;
    }

    boolean hasOutput() {
        return outputBytes > 0;
    }

    boolean hasErrors() {
        return errorBytes > 0;
    }

    Path output() {
        return output;
    }

    Path errors() {
        return errors;
    }

    private int dueAt(Instant now) {
        if (!now.isBefore(end())) {
            return order.length;
        }
        double share = (double) Duration.between(startedAt, now).toNanos() / duration.toNanos();
        return Math.clamp((long) (order.length * share), 0, order.length - 1);
    }

    private Instant executedAt(int position) {
        return startedAt.plus(duration.multipliedBy(position + 1).dividedBy(order.length));
    }

    private long attempt(int line) {
        return batch.draw() + line;
    }

    private void execute(int number, ValidLine line, Instant at, Chunk chunk) throws IOException {
        Optional<LineFault> fault = work.lineFaults().next(line.customId());
        if (fault.isPresent() && fault.get().status() == 0) {
            chunk.addFailed(form.unexecuted(line, ResultForm.Unexecuted.TIMED_OUT, attempt(number)));
            return;
        }
        LineAnswer answer =
                fault.isPresent() ? form.error(fault.get().status()) : form.answer(line, attempt(number), at);
        ObjectNode result = form.answered(line, answer, attempt(number));
        if (!answer.succeeded()) {
            chunk.addFailed(result);
            return;
        }
        chunk.addCompleted(
                result,
                answer.usage(),
                BilledLine.ofLine(batch, line.customId(), form.model(line), line.content(), answer.usage(), at));
    }

    /** Writes the next results, at most up to {@code end}. If that fails, nothing has happened. */
    private void write(int end, LineWriter writer) throws IOException {
        Chunk chunk = new Chunk(form.errorsApart());
        int position = written;
        try (FileChannel channel = FileChannel.open(input.file())) {
            for (; position < end && chunk.hasRoom(); position++) {
                int number = order[position];
                writer.write(number, input.read(channel, number), executedAt(position), chunk);
            }
        }
        FileTail.write(output, outputBytes, ByteBuffer.wrap(chunk.output.toByteArray()));
        FileTail.write(errors, errorBytes, ByteBuffer.wrap(chunk.errors.toByteArray()));
        work.book().bill(chunk.billed);
        written = position;
        outputBytes += chunk.output.size();
        errorBytes += chunk.errors.size();
        completed += chunk.billed.size();
        failed += chunk.failed;
        usage = usage.plus(chunk.usage);
    }

    @FunctionalInterface
    private interface LineWriter {
        void write(int number, ValidLine line, Instant executedAt, Chunk chunk) throws IOException;
    }

    /** Results that are written together. */
    private static final class Chunk {

        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        private final ByteArrayOutputStream unsuccessful;
        private final List<BilledLine> billed = new ArrayList<>();
        private Usage usage = Usage.NONE;
        private int failed;

        Chunk(boolean errorsApart) {
            unsuccessful = errorsApart ? errors : output;
        }

        boolean hasRoom() {
            return output.size() + errors.size() < CHUNK_BYTES_MIN;
        }

        void addCompleted(ObjectNode result, Usage used, BilledLine bill) throws IOException {
            addLine(output, result);
            usage = usage.plus(used);
            billed.add(bill);
        }

        void addFailed(ObjectNode result) throws IOException {
            addLine(unsuccessful, result);
            failed++;
        }

        void addUnexecuted(ObjectNode result) throws IOException {
            addLine(unsuccessful, result);
        }

        private static void addLine(ByteArrayOutputStream lines, ObjectNode result) throws IOException {
            lines.write(Json.RESULT_LINES.writeValueAsBytes(result));
            lines.write('\n');
        }
    }
}

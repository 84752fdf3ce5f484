package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.BatchObject.RequestCounts;
import dev.halfrate.simulator.BillingBook.BilledLine;
import dev.halfrate.simulator.ValidInput.ValidLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Executes the lines of one batch in a shuffled order, evenly over its time in progress, and writes their results.
 * What it does until a given time does not depend on how often it is asked. Not safe for use by many threads.
 */
final class BatchRun {

    /** A chunk is written once it has reached this. */
    private static final int CHUNK_BYTES_MIN = 1 << 20;

    /** Why the vendor did not execute a line. */
    enum Unexecuted {
        EXPIRED("batch_expired", "This request could not be executed before the completion window expired."),
        CANCELLED("batch_cancelled", "This request was not executed because the batch was cancelled.");

        private final String code;
        private final String message;

        Unexecuted(String code, String message) {
            this.code = code;
            this.message = message;
        }
    }

    private final Batch.Identity batch;
    private final ValidInput input;
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
            ValidInput input,
            BatchWork work,
            Instant startedAt,
            Duration duration,
            Path directory) {
        this.batch = batch;
        this.input = input;
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
    void abandon(Unexecuted reason) throws IOException {
        while (!finished()) {
            write(order.length, (number, line, _, chunk) -> {
                ObjectNode result = result(number, line).putNull("response");
                result.putObject("error").put("code", reason.code).put("message", reason.message);
                chunk.addUnexecuted(result);
            });
        }
    }

    RequestCounts counts() {
        return new RequestCounts(order.length, completed, failed);
    }

    Usage usage() {
        return usage;
    }

    String model() {
        return input.model();
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

    private ObjectNode result(int number, ValidLine line) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", "batch_req_" + Ids.hex(work.seed().random("result", attempt(number))))
                .put("custom_id", line.customId());
    }

    private void execute(int number, ValidLine line, Instant at, Chunk chunk) throws IOException {
        LineAnswer answer = work.models()
                .answer(
                        batch.endpoint(),
                        line.body(),
                        HexFormat.fromHexDigitsToLong(line.content()),
                        attempt(number),
                        at);
        ObjectNode result = result(number, line);
        result.putObject("response")
                .put("status_code", answer.status())
                .put("request_id", "req_" + Ids.hex(work.seed().random("request", attempt(number))))
                .set("body", answer.body());
        result.putNull("error");
        if (!answer.succeeded()) {
            chunk.addFailed(result);
            return;
        }
        chunk.addCompleted(
                result,
                new BilledLine(
                        batch.account(),
                        batch.id(),
                        batch.inputFileId(),
                        line.customId(),
                        batch.endpoint().path(),
                        line.content(),
                        answer.usage().inputTokens(),
                        answer.usage().outputTokens(),
                        at.getEpochSecond()));
    }

    /** Writes the next results, at most up to {@code end}. If that fails, nothing has happened. */
    private void write(int end, LineWriter writer) throws IOException {
        Chunk chunk = new Chunk();
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
        for (BilledLine line : chunk.billed) {
            usage = usage.plus(new Usage(line.inputTokens(), line.outputTokens()));
        }
    }

    @FunctionalInterface
    private interface LineWriter {
        void write(int number, ValidLine line, Instant executedAt, Chunk chunk) throws IOException;
    }

    /** Results that are written together. */
    private static final class Chunk {

        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        private final List<BilledLine> billed = new ArrayList<>();
        private int failed;

        boolean hasRoom() {
            return output.size() + errors.size() < CHUNK_BYTES_MIN;
        }

        void addCompleted(ObjectNode result, BilledLine bill) throws IOException {
            addLine(output, result);
            billed.add(bill);
        }

        void addFailed(ObjectNode result) throws IOException {
            addLine(errors, result);
            failed++;
        }

        void addUnexecuted(ObjectNode result) throws IOException {
            addLine(errors, result);
        }

        private static void addLine(ByteArrayOutputStream lines, ObjectNode result) throws IOException {
            lines.write(Json.RESULT_LINES.writeValueAsBytes(result));
            lines.write('\n');
        }
    }
}

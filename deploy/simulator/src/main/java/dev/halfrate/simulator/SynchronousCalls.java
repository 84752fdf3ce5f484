package dev.halfrate.simulator;

import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Answers what does not wait for a batch: with what a line of the same content gets, at the full price. */
final class SynchronousCalls {

    static final int BODY_BYTES_MAX = 64 << 20;

    /** One vendor's models. */
    @FunctionalInterface
    interface Answering {
        LineAnswer answer(Execution execution);
    }

    private final BatchWork work;
    private final VirtualClock clock;
    private final AtomicLong calls = new AtomicLong();

    SynchronousCalls(BatchWork work, VirtualClock clock) {
        this.work = work;
        this.clock = clock;
    }

    /** @param body exactly as it was sent */
    LineAnswer answer(Call call, String endpoint, String model, byte[] body, Answering answering) throws IOException {
        Habits habits = work.habits().get();
        Exchange.pause(habits.callMs());
        Instant now = clock.now();
        String content = BillingBook.contentOf(endpoint, body);
        long attempt = work.seed().random("call", calls.incrementAndGet()).nextLong();
        LineAnswer answer = answering.answer(new Execution(
                call.account(),
                HexFormat.fromHexDigitsToLong(content),
                attempt,
                habits.callsFailed(),
                habits.oddOutputs(),
                habits.answerBytesMin(),
                now));
        if (answer.succeeded()) {
            work.book()
                    .bill(List.of(BillingBook.BilledLine.ofCall(call, endpoint, model, content, answer.usage(), now)));
        }
        return answer;
    }

    static Reply reply(LineAnswer answer) throws IOException {
        return new Reply.Text(answer.status(), "application/json", Json.RESULT_LINES.writeValueAsString(answer.body()));
    }
}

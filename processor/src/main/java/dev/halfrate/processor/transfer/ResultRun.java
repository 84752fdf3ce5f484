package dev.halfrate.processor.transfer;

import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.codec.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads results and hands them on as lines: those that are there, those that come, or those of certain requests until each has
 * its own.
 */
public final class ResultRun {
    private static final Duration POLL = Duration.ofMillis(200);

    // Of a request that is waited for; what is zero or more is the place of its result.
    private static final long OPEN = WantedIds.OPEN;
    private static final long ANSWERED = OPEN - 1;

    /**
     * What is wanted.
     *
     * @param statuses of results that are handed on
     * @param wanted whose results are; null for everybody's
     * @param sentAgain whether the requests were sent after the reader was opened: of what was there before, only successes that
     *     were published at this time or later answer them, as their requests are absorbed; null if any result does
     * @param follow whether it goes on at the end of what is there
     * @param timeout after which it stops to go on; null for never
     */
    public record Settings(
            Set<Result.Status> statuses,
            @Nullable WantedIds wanted,
            @Nullable Instant sentAgain,
            boolean follow,
            @Nullable Duration timeout,
            ResultForm form) {
        public Settings {
            statuses = Set.copyOf(statuses);
        }
    }

    /** Takes lines. */
    public interface Sink {
        /** @param line without its line feed */
        void add(byte[] line);

        /** Nothing comes for now. */
        void flush();
    }

    /**
     * How far it is.
     *
     * @param written lines
     * @param statuses of results that were read, of those that are wanted
     * @param wanted 0 for everybody's
     * @param earlier of the results, those that were there before the reader was opened
     * @param unreadable records that are no results
     * @param withoutAnswer results whose answer is in parts that are gone
     */
    public record Counts(
            long written,
            Map<Result.Status, Long> statuses,
            long wanted,
            long earlier,
            long unreadable,
            long withoutAnswer,
            Duration elapsed) {
        /** Results of those that are wanted. */
        public long results() {
            return statuses.values().stream().mapToLong(Long::longValue).sum();
        }

        /** Requests whose result has not come. */
        public long missing() {
            return Math.max(0, wanted - results());
        }

        /** Results other than successes. */
        public long notSucceeded() {
            return results() - statuses.getOrDefault(Result.Status.SUCCEEDED, 0L);
        }
    }

    private final ResultReader reader;
    private final Settings settings;
    private final Sink sink;
    private final Consumer<Counts> screen;
    private final Map<Result.Status, Long> statuses = new EnumMap<>(Result.Status.class);
    private final long startedAt = System.nanoTime();
    private long written;
    private long earlier;
    private long unreadable;
    private long withoutAnswer;
    private volatile boolean stopped;

    public ResultRun(ResultReader reader, Settings settings, Sink sink, Consumer<Counts> screen) {
        this.reader = reader;
        this.settings = settings;
        this.sink = sink;
        this.screen = screen;
    }

    /** It returns soon. */
    public void stop() {
        stopped = true;
        reader.wakeup();
    }

    /** Whether somebody stopped it. */
    public boolean isStopped() {
        return stopped;
    }

    /**
     * Returns when everything wanted is there, when time is up, or when it is to stop.
     *
     * @throws dev.halfrate.processor.ops.StartupException if Kafka or the schema registry does not answer
     */
    public Counts run() throws InterruptedException {
        try {
            var wanted = settings.wanted;
            if (wanted == null) {
                all();
            } else {
                those(wanted.ids());
            }
        } catch (WakeupException e) {
            if (!stopped) {
                throw e;
            }
        }
        sink.flush();
        return counts();
    }

    private void all() throws InterruptedException {
        while (goesOn(!reader.isAtEnd())) {
            for (var received : poll()) {
                var result = decode(received);
                if (result != null) {
                    handOn(received, result);
                }
            }
        }
    }

    /** Of several results of a request the latest counts, so all that is there is looked through before any is handed on. */
    private void those(IdNumbers ids) throws InterruptedException {
        var found = 0;
        while (!stopped && !reader.isAtEnd()) {
            for (var received : poll()) {
                if (received.key() != null && ids.get(received.key()) != IdNumbers.NONE && answers(received)) {
                    found += ids.get(received.key()) == OPEN ? 1 : 0;
                    ids.put(received.key(), reader.place(received));
                }
            }
        }
        if (found > 0) {
            reader.mark();
            reader.again();
            while (!stopped && found > 0 && !reader.isAtEnd()) {
                for (var received : poll()) {
                    if (received.key() != null && ids.get(received.key()) == reader.place(received)) {
                        found--;
                        answer(ids, received);
                    }
                }
            }
            reader.toMark();
        }
        while (counts().missing() > 0 && goesOn(false)) {
            for (var received : poll()) {
                if (received.key() != null && ids.get(received.key()) == OPEN && answers(received)) {
                    answer(ids, received);
                }
            }
        }
    }

    private void answer(IdNumbers ids, ConsumerRecord<byte[], byte[]> received) throws InterruptedException {
        var result = decode(received);
        ids.put(received.key(), result == null ? OPEN : ANSWERED);
        if (result != null) {
            handOn(received, result);
        }
    }

    private boolean answers(ConsumerRecord<byte[], byte[]> received) throws InterruptedException {
        var sentAgain = settings.sentAgain;
        if (sentAgain == null || reader.isNew(received)) {
            return true;
        }
        var result = decode(received);
        return result != null
                && result.status() == Result.Status.SUCCEEDED
                && !result.publishedAt().isBefore(sentAgain);
    }

    private boolean goesOn(boolean moreIsThere) {
        var timeout = settings.timeout;
        return !stopped
                && (moreIsThere
                        || (settings.follow && (timeout == null || elapsed().compareTo(timeout) < 0)));
    }

    private Iterable<ConsumerRecord<byte[], byte[]>> poll() {
        var polled = reader.poll(POLL);
        if (polled.isEmpty()) {
            sink.flush();
        }
        screen.accept(counts());
        return polled;
    }

    private @Nullable Result decode(ConsumerRecord<byte[], byte[]> received) throws InterruptedException {
        try {
            return reader.decode(received);
        } catch (MalformedRecordException _) {
            unreadable++;
            return null;
        }
    }

    private void handOn(ConsumerRecord<?, ?> received, Result result) throws InterruptedException {
        earlier += reader.isNew(received) ? 0 : 1;
        statuses.merge(result.status(), 1L, Long::sum);
        if (settings.statuses.contains(result.status())) {
            var whole = reader.whole(result);
            withoutAnswer += whole.responseParts() == null ? 0 : 1;
            sink.add(settings.form.line(whole));
            written++;
        }
    }

    private Counts counts() {
        var wanted = settings.wanted;
        return new Counts(
                written,
                Map.copyOf(statuses),
                wanted == null ? 0 : wanted.size(),
                earlier,
                unreadable,
                withoutAnswer,
                elapsed());
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }
}

package dev.halfrate.processor.provider.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an answer, taken by one thread that never waits longer than it wants to. (The client's own time-out
 * ends with the headers, and its InputStream blocks for ever.)
 */
final class AnswerBody implements BodySubscriber<AnswerBody>, AutoCloseable {
    /**
     * Lists of buffers, of 16 KB each as a rule, that are asked for ahead and may lie here: to ask for each alone wakes the
     * client up each time.
     */
    private static final int AHEAD_MAX = 16;

    private sealed interface Event {
        record Bytes(List<ByteBuffer> buffers) implements Event {}

        record Failed(Throwable cause) implements Event {}

        record End() implements Event {}
    }

    /** Nobody could hold it. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(int bytesMax) {
            super("longer than " + bytesMax + " bytes");
        }
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private Flow.@Nullable Subscription subscription;
    private boolean closed;
    /** Asked for before there was a subscription. */
    private int early;
    /** Asked for and not taken. */
    private int ahead;

    /**
     * @return the next bytes, empty at the end
     * @throws HttpTimeoutException if none came in time
     * @throws IOException if the answer broke off
     */
    Optional<List<ByteBuffer>> next(long waitNanos) throws IOException, InterruptedException {
        if (ahead <= AHEAD_MAX / 2) {
            request(AHEAD_MAX - ahead);
            ahead = AHEAD_MAX;
        }
        return switch (events.poll(waitNanos, TimeUnit.NANOSECONDS)) {
            case null -> throw new HttpTimeoutException("no bytes");
            case Event.Bytes(var buffers) -> {
                ahead--;
                yield Optional.of(buffers);
            }
            case Event.Failed(var cause) -> throw new IOException(cause);
            case Event.End _ -> Optional.empty();
        };
    }

    /**
     * @throws TooLongException if it is longer than {@code bytesMax}
     * @throws IOException if it breaks off or takes longer than until {@code endNanos}
     */
    byte[] readAll(int bytesMax, long endNanos) throws IOException, InterruptedException {
        try (this) {
            var all = new ByteArrayOutputStream();
            for (var more = next(endNanos - System.nanoTime());
                    more.isPresent();
                    more = next(endNanos - System.nanoTime())) {
                for (var buffer : more.get()) {
                    if (all.size() + buffer.remaining() > bytesMax) {
                        throw new TooLongException(bytesMax);
                    }
                    var bytes = new byte[buffer.remaining()];
                    buffer.get(bytes);
                    all.writeBytes(bytes);
                }
            }
            return all.toByteArray();
        }
    }

    /** Drops what has not been taken, and the connection with it. */
    @Override
    public synchronized void close() {
        closed = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public CompletionStage<AnswerBody> getBody() {
        return CompletableFuture.completedStage(this);
    }

    /**
     * Nothing is asked for here: an answer that breaks off before its body was handed out would be lost with what had
     * come of it.
     */
    @Override
    public synchronized void onSubscribe(Flow.Subscription answer) {
        if (closed || subscription != null) {
            answer.cancel();
        } else {
            subscription = answer;
            if (early > 0) {
                answer.request(early);
            }
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        events.add(new Event.Bytes(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        ended(new Event.Failed(cause));
    }

    @Override
    public void onComplete() {
        ended(new Event.End());
    }

    /** A subscription that has ended is not cancelled: its connection may serve the next call already. */
    private synchronized void ended(Event event) {
        subscription = null;
        closed = true;
        events.add(event);
    }

    private synchronized void request(int lists) {
        if (subscription == null) {
            early += lists;
        } else {
            subscription.request(lists);
        }
    }
}

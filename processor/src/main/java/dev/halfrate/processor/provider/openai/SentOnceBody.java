package dev.halfrate.processor.provider.openai;

import dev.halfrate.processor.provider.Deadline;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The body of a create. It leaves at most once, and its last byte is held back until the deadline has been checked
 * one more time: a vendor that never gets it cannot have made a batch.
 *
 * <p>The HTTP client pulls the two buffers from its own threads, the second after the first was written.
 */
final class SentOnceBody implements Iterator<byte[]> {

    /** How much of the body was let go. */
    enum Sent {
        NOTHING,
        /** All but the last byte, which may still be missing because the connection broke. */
        PART,
        /** The deadline had passed: the last byte never left. */
        WITHHELD,
        ALL
    }

    private final byte[] body;
    private final Deadline deadline;
    private Sent sent = Sent.NOTHING;
    private boolean taken;
    private boolean shut;

    SentOnceBody(byte[] body, Deadline deadline) {
        this.body = body;
        this.deadline = deadline;
    }

    BodyPublisher publisher() {
        return BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(this::takeOnce), body.length);
    }

    /** Nothing more leaves from here on. */
    synchronized Sent shut() {
        shut = true;
        return sent;
    }

    @Override
    public synchronized boolean hasNext() {
        return sent != Sent.ALL;
    }

    @Override
    public synchronized byte[] next() {
        if (shut) {
            throw new IllegalStateException("nothing more may be sent");
        }
        if (deadline.passed()) {
            sent = Sent.WITHHELD;
            shut = true;
            throw new IllegalStateException("the deadline has passed");
        }
        return switch (sent) {
            case NOTHING -> {
                sent = Sent.PART;
                yield Arrays.copyOfRange(body, 0, body.length - 1);
            }
            case PART -> {
                sent = Sent.ALL;
                yield Arrays.copyOfRange(body, body.length - 1, body.length);
            }
            case WITHHELD, ALL -> throw new NoSuchElementException();
        };
    }

    /** A client that subscribes again wants to send again. */
    private synchronized Iterator<byte[]> takeOnce() {
        shut |= taken;
        taken = true;
        return this;
    }
}

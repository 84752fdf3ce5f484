package dev.halfrate.processor.provider.openai;

import dev.halfrate.processor.crash.CrashPoint;
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
 * <p>The HTTP client pulls one buffer ahead of what it has written. So the last byte follows a buffer of one byte: by
 * then all before these two is in the kernel's hands, and a connection that stalls is noticed in time.
 */
final class SentOnceBody implements Iterator<byte[]> {

    /** How much of the body was let go. */
    enum Sent {
        NOTHING,
        PART,
        /** The deadline had passed: the last byte never left. */
        WITHHELD,
        ALL
    }

    private final byte[] body;
    private final Deadline deadline;
    private Sent sent = Sent.NOTHING;
    private int at;
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
        return at < body.length;
    }

    @Override
    public synchronized byte[] next() {
        if (at == body.length) {
            throw new NoSuchElementException();
        }
        if (!shut && deadline.passed()) {
            shut = true;
            sent = Sent.WITHHELD;
        }
        if (shut) {
            throw new IllegalStateException("nothing more may be sent");
        }
        if (sent == Sent.PART) {
            CrashPoint.CREATE_HALF_SENT.reached();
        }
        var end = Math.max(at + 1, body.length - 2);
        var part = Arrays.copyOfRange(body, at, end);
        at = end;
        sent = at == body.length ? Sent.ALL : Sent.PART;
        return part;
    }

    /** A client that subscribes again wants to send again. */
    private synchronized Iterator<byte[]> takeOnce() {
        shut |= taken;
        taken = true;
        return this;
    }
}

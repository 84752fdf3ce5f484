package dev.halfrate.processor.provider.http;

import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.provider.Deadline;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The body of a create or a single call, of any size. It leaves at most once, and its last byte is held back until the deadline has been
 * checked one more time: a vendor that never gets it cannot have made a batch.
 *
 * <p>The HTTP client pulls one buffer ahead of what it has written. So the last byte follows a buffer of one byte: by
 * then all before these two is in the kernel's hands, and a connection that stalls is noticed in time.
 */
public final class SentOnceBody implements Iterator<byte[]> {
    private static final int BUFFER_BYTES = 64 << 10;

    /** How much of the body was let go. */
    public enum Sent {
        NOTHING,
        PART,
        /** The deadline had passed: the last byte never left. */
        WITHHELD,
        ALL
    }

    private final InputStream body;
    private final Deadline deadline;
    private final long length;
    private Sent sent = Sent.NOTHING;
    private long left;
    private boolean taken;
    private boolean shut;

    public SentOnceBody(byte[] body, Deadline deadline) {
        this(new ByteArrayInputStream(body), body.length, deadline);
    }

    /**
     * @param body the caller's to close, once this is shut
     * @param length of the whole body; one that ends earlier is never sent to its end
     */
    public SentOnceBody(InputStream body, long length, Deadline deadline) {
        this.body = body;
        this.deadline = deadline;
        this.length = length;
        this.left = length;
    }

    BodyPublisher publisher() {
        return BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(this::takeOnce), length);
    }

    /** Nothing more leaves from here on. */
    synchronized Sent shut() {
        shut = true;
        return sent;
    }

    @Override
    public synchronized boolean hasNext() {
        return left > 0;
    }

    @Override
    public synchronized byte[] next() {
        if (left == 0) {
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
        var part = read(left > 2 ? (int) Math.min(BUFFER_BYTES, left - 2) : 1);
        left -= part.length;
        sent = left == 0 ? Sent.ALL : Sent.PART;
        return part;
    }

    private byte[] read(int bytes) {
        try {
            var part = body.readNBytes(bytes);
            if (part.length < bytes) {
                throw new EOFException("the body is shorter than it was");
            }
            return part;
        } catch (IOException e) {
            shut = true;
            throw new UncheckedIOException(e);
        }
    }

    /** A client that subscribes again wants to send again. */
    private synchronized Iterator<byte[]> takeOnce() {
        shut |= taken;
        taken = true;
        return this;
    }
}

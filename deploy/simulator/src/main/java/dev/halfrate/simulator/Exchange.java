package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A call as the HTTP server sees it: where its answer is written to, whole, in part, slowly or not at all. */
record Exchange(Request request, Response response, Callback callback) {

    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    private static final int STEPS_PER_SECOND = 10;
    private static final int CONTENT_BUFFER_BYTES = 64 * 1024;

    /** @param ranges whether a part of a file may be had */
    void write(Reply reply, Fault fault, boolean ranges) {
        switch (reply) {
            case Reply.Json(int status, Object body) -> write(status, "application/json", Json.bytes(body));
            case Reply.Text(int status, String contentType, String body) ->
                write(status, contentType, body.getBytes(UTF_8));
            case Reply.Content content when fault.damagesFiles() -> writeDamaged(content, fault, ranges);
            case Reply.Content content -> {
                Optional<ByteRange> part = begin(content, content.bytes(), ranges);
                if (part.isPresent()) {
                    ByteRange range = part.get();
                    copy(content.file(), range.from(), range.to() - range.from());
                }
            }
        }
    }

    /** A reset, as a load balancer that gives up would send it. */
    void cut() {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        try {
            if (endPoint.getTransport() instanceof SocketChannel channel) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            log.debug("the client went away", e);
        }
        endPoint.close();
        callback.failed(new EofException("cut by a fault"));
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(int status, String contentType, byte[] body) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType).put(HttpHeader.CONTENT_LENGTH, body.length);
        response.write(true, ByteBuffer.wrap(body), callback);
    }

    private void copy(Path file, long from, long bytes) {
        ByteBufferPool pool = request.getComponents().getByteBufferPool();
        ByteBufferPool.Sized buffers = new ByteBufferPool.Sized(pool, false, CONTENT_BUFFER_BYTES);
        Content.copy(Content.Source.from(buffers, file, from, bytes), response, callback);
    }

    /** Writes the head of a file's answer; what is to follow, or empty if that was all. */
    private Optional<ByteRange> begin(Reply.Content content, long bytes, boolean ranges) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, content.contentType());
        ByteRange range = new ByteRange(0, bytes);
        if (ranges) {
            headers.put(HttpHeader.ETAG, quoted(content)).put(HttpHeader.ACCEPT_RANGES, "bytes");
            String asked = request.getHeaders().get(HttpHeader.RANGE);
            if (asked != null && ByteRange.isOne(asked) && isStill(content)) {
                Optional<ByteRange> found = ByteRange.of(asked, bytes);
                if (found.isEmpty()) {
                    headers.put(HttpHeader.CONTENT_RANGE, "bytes */" + bytes);
                    write(416, "text/plain", new byte[0]);
                    return Optional.empty();
                }
                range = found.get();
                response.setStatus(206);
                headers.put(HttpHeader.CONTENT_RANGE, range.contentRange(bytes));
            }
        }
        headers.put(HttpHeader.CONTENT_LENGTH, range.to() - range.from());
        return Optional.of(range);
    }

    private boolean isStill(Reply.Content content) {
        String expected = request.getHeaders().get(HttpHeader.IF_RANGE);
        return expected == null || expected.equals(quoted(content));
    }

    private static String quoted(Reply.Content content) {
        return "\"" + content.version() + "\"";
    }

    private void writeDamaged(Reply.Content reply, Fault fault, boolean ranges) {
        try {
            byte[] content = DamagedFile.read(reply.file(), reply.bytes(), fault);
            Optional<ByteRange> part = begin(versionOf(reply, fault, content), content.length, ranges);
            if (part.isEmpty()) {
                return;
            }
            int from = (int) part.get().from();
            int length = (int) part.get().to() - from;
            boolean breaks = fault.breaksAfter() > 0 && fault.breaksAfter() < length;
            int end = from + (breaks ? fault.breaksAfter() : length);
            drip(content, from, end, fault.bytesPerSecond());
            if (breaks) {
                cut();
            } else {
                callback.succeeded();
            }
        } catch (IOException e) {
            callback.failed(e);
        }
    }

    /** What has other bytes is another version: a part of it is no part of the whole one. */
    private static Reply.Content versionOf(Reply.Content whole, Fault fault, byte[] content) {
        return fault.changesFiles()
                ? new Reply.Content(
                        whole.file(), whole.bytes(), whole.contentType(), Fingerprint.of(whole.version(), content))
                : whole;
    }

    private void drip(byte[] content, int from, int end, int bytesPerSecond) throws IOException {
        int step = bytesPerSecond == 0 ? end - from : Math.max(1, bytesPerSecond / STEPS_PER_SECOND);
        OutputStream out = Content.Sink.asOutputStream(response);
        for (int at = from; at < end; at += step) {
            pause(at == from ? 0 : 1_000 / STEPS_PER_SECOND);
            out.write(content, at, Math.min(step, end - at));
            out.flush();
        }
        if (end == from + response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH)) {
            out.close();
        }
    }
}

package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** What is kept of a file of requests: its custom_ids, all of them of the same length. */
final class UploadedFile {
    private static final int BUFFER = 1 << 18;
    /** A line begins with its custom_id. */
    private static final int HEAD = 96;

    private final List<byte[]> ids = new ArrayList<>();
    private final byte[] head = new byte[HEAD];
    private int headBytes;
    private long bytes;

    private UploadedFile() {}

    /** @param body a multipart form, in which all lines that begin with a brace are requests */
    static UploadedFile read(InputStream body) throws IOException {
        var file = new UploadedFile();
        var buffer = new byte[BUFFER];
        for (var length = body.read(buffer); length >= 0; length = body.read(buffer)) {
            file.take(buffer, length);
        }
        return file;
    }

    private void take(byte[] buffer, int length) {
        bytes += length;
        for (var i = 0; i < length; i++) {
            var each = buffer[i];
            if (each == '\n') {
                endLine();
            } else if (headBytes < HEAD) {
                head[headBytes++] = each;
            }
        }
    }

    private void endLine() {
        if (headBytes > 0 && head[0] == '{') {
            var text = new String(head, 0, headBytes, ISO_8859_1);
            var from = text.indexOf('"', text.indexOf(':')) + 1;
            ids.add(text.substring(from, text.indexOf('"', from)).getBytes(ISO_8859_1));
        }
        headBytes = 0;
    }

    int lines() {
        return ids.size();
    }

    long bytes() {
        return bytes;
    }

    int idBytes() {
        return ids.isEmpty() ? 0 : ids.getFirst().length;
    }

    void writeId(int number, OutputStream out) throws IOException {
        out.write(ids.get(number));
    }
}

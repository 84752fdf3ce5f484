package dev.halfrate.processor.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.regex.Pattern;

/** A server that gives one answer to all requests, in two writes, and keeps its connections. */
final class Peer implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");

    private final ServerSocket server;
    private volatile byte[] head = {};
    private volatile byte[] body = {};

    Peer() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** @param headers each with its line end */
    void answers(int status, String headers, byte[] answer) {
        head = "HTTP/1.1 %d Word\r\n%sContent-Length: %d\r\n\r\n"
                .formatted(status, headers, answer.length)
                .getBytes(ISO_8859_1);
        body = answer;
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedInputStream(socket.getInputStream());
            for (var request = request(in); !request.isEmpty(); request = request(in)) {
                var length = LENGTH.matcher(request);
                in.skipNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
                var answer = new ByteArrayOutputStream();
                answer.writeBytes(head);
                var first = body.length / 3;
                answer.write(body, 0, first);
                socket.getOutputStream().write(answer.toByteArray());
                socket.getOutputStream().write(Arrays.copyOfRange(body, first, body.length));
            }
        } catch (IOException _) {
            // the other side is gone
        }
    }

    private static String request(InputStream in) throws IOException {
        var request = new ByteArrayOutputStream();
        for (var ends = 0; ends < 4; ) {
            var next = in.read();
            if (next < 0) {
                return "";
            }
            request.write(next);
            ends = next == "\r\n\r\n".charAt(ends) ? ends + 1 : next == '\r' ? 1 : 0;
        }
        return request.toString(ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

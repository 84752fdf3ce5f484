package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DownloadMemoryTest {
    private static final int MEGABYTE = 1 << 20;
    private static final byte[] PIECE = "x".repeat(MEGABYTE).getBytes(UTF_8);

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @Test
    void linesOfAnyLengthAreReadWithABoundedHeap() throws Exception {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            send(connection, "a", 300);
            send(connection, "b", 63);
            send(connection, "c", 1);
            connection.socket().close();
        });

        var child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Downloading.class.getName(),
                        vendor.account().baseUrl().toString())
                .redirectErrorStream(true)
                .start();
        child.getOutputStream().close();
        var printed = new String(child.getInputStream().readAllBytes(), UTF_8);

        assertThat(printed.lines()).containsExactly("a too long", "b 63", "c 1", "Complete[lines=3]");
    }

    private static void send(RawVendor.Connection connection, String id, int megabytes) throws IOException {
        connection.send("{\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"body\":{\"x\":\"".formatted(id));
        for (var i = 0; i < megabytes; i++) {
            connection.send(PIECE);
        }
        connection.send("\"}}}\n");
    }

    /** The other process: base URL. */
    static final class Downloading {
        private Downloading() {}

        public static void main(String[] args) throws InterruptedException {
            var account = RawVendor.account(args[0]);
            try (var provider = OpenAiProvider.of(account, RawVendor.timeouts(Duration.ofSeconds(20)))) {
                System.out.println(provider.results("file-2", FilePosition.START, (line, _) -> {
                    switch (line) {
                        case ResultLine.Answered answered ->
                            System.out.println(answered.upstreamId() + " " + answered.body().length / MEGABYTE);
                        case ResultLine.TooLong tooLong -> System.out.println(tooLong.upstreamId() + " too long");
                        case ResultLine.NotExecuted _, ResultLine.Corrupt _ -> System.out.println(line);
                    }
                }));
            }
        }
    }
}

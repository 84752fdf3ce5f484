package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.Provider.Upload;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadMemoryTest {
    private static final long FILE_BYTES = 209_715_200;

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @Test
    void theLargestFileGoesUpFromASmallHeap(@TempDir Path dir) throws Exception {
        var received = new CompletableFuture<Long>();
        vendor.does((request, connection) -> {
            var bytes = Long.parseLong(request.header("Content-Length"));
            connection.in().skipNBytes(bytes);
            received.complete(bytes);
            connection.answer(200, "{\"id\":\"file-1\"}");
        });
        var file = dir.resolve("spool.jsonl");
        try (var spool = new RandomAccessFile(file.toFile(), "rw")) {
            spool.setLength(FILE_BYTES);
        }

        var child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Uploading.class.getName(),
                        vendor.account().baseUrl().toString(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        child.getOutputStream().close();
        var printed = new String(child.getInputStream().readAllBytes(), UTF_8);

        assertThat(printed.strip()).isEqualTo("Uploaded[inputFileId=file-1]");
        assertThat(received.join()).isGreaterThan(FILE_BYTES);
    }

    /** The other process: base URL and file. */
    static final class Uploading {
        private Uploading() {}

        public static void main(String[] args) {
            var account = RawVendor.account(args[0]);
            try (var provider = OpenAiProvider.of(account, RawVendor.timeouts(Duration.ofSeconds(20)))) {
                System.out.println(provider.upload(new Upload(Path.of(args[1]), "spool.jsonl")));
            }
        }
    }
}

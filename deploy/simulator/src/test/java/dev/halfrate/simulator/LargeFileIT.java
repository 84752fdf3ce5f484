package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The largest files go through a simulator with a heap a third of their size. */
final class LargeFileIT {

    private static final int LINES = 200;

    @TempDir
    Path directory;

    private Process process;
    private RawClient client;

    @BeforeEach
    void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapSimulator.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        client = new RawClient(URI.create(output.readLine()), "sk-key");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        process.getOutputStream().close();
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void twoHundredMegabytesAreTakenInAndExecuted() {
        RawClient.Answer upload = upload(0);
        String id = client.create(upload.json().path("id").textValue(), "/v1/chat/completions");

        JsonNode batch = client.batch(id);

        assertThat(upload.json().path("bytes").longValue()).isEqualTo(FileUpload.BATCH_FILE_BYTES_MAX);
        assertThat(batch.path("status").textValue()).isEqualTo("completed");
        assertThat(batch.at("/request_counts/completed").intValue()).isEqualTo(LINES);
        assertThat(client.results(id, "output_file_id").customIds()).hasSize(LINES);
    }

    @Test
    void oneByteMoreIsRefused() throws IOException {
        RawClient.Answer answer = upload(1);

        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error("message"))
                .isEqualTo("The batch input file is larger than the 209715200 maximum for the gpt-4o-mini model");
        try (var files = Files.walk(directory)) {
            assertThat(files.filter(Files::isRegularFile).map(Path::getFileName))
                    .containsExactly(Path.of("billing.jsonl"));
        }
    }

    private RawClient.Answer upload(int bytesTooMany) {
        return client.form(BodyPublishers.ofInputStream(() -> form(bytesTooMany)));
    }

    /** A form whose file has just the size allowed, and then some; it is made while it is sent. */
    private static InputStream form(int bytesTooMany) {
        int lineBytes = (int) (FileUpload.BATCH_FILE_BYTES_MAX / LINES);
        List<InputStream> streams = new ArrayList<>();
        streams.add(text(RawClient.field("purpose", "batch")));
        streams.add(text(RawClient.filePart("large.jsonl", "").stripTrailing() + "\r\n\r\n"));
        IntStream.range(0, LINES).mapToObj(i -> lineOf(i, lineBytes)).forEach(streams::add);
        streams.add(text(" ".repeat(bytesTooMany)));
        streams.add(text("\r\n--" + RawClient.BOUNDARY + "--\r\n"));
        return new SequenceInputStream(Collections.enumeration(streams));
    }

    private static InputStream lineOf(int number, int bytes) {
        String frame = ChatLines.line("line-" + number, ChatLines.body("%s")) + "\n";
        String[] ends = frame.split("%s", -1);
        return new SequenceInputStream(Collections.enumeration(
                List.of(text(ends[0]), new Repeated('x', bytes - ends[0].length() - ends[1].length()), text(ends[1]))));
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One character many times. */
    private static final class Repeated extends InputStream {

        private final char character;
        private int left;

        Repeated(char character, int times) {
            this.character = character;
            this.left = times;
        }

        @Override
        public int read() {
            return left-- > 0 ? character : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int filled = Math.min(left, length);
            Arrays.fill(buffer, offset, offset + filled, (byte) character);
            left -= filled;
            return filled;
        }
    }
}

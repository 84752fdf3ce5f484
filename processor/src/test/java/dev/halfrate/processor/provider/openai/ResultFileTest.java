package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.ResultsOutcome.BrokenOff;
import dev.halfrate.processor.provider.ResultsOutcome.Complete;
import dev.halfrate.processor.provider.ResultsOutcome.Refused;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.processor.provider.http.ResultFile;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads, from a vendor that may send anything. */
class ResultFileTest {
    @AutoClose
    private final RawVendor vendor = new RawVendor();

    private final List<ResultLine> lines = new ArrayList<>();
    private final List<Long> numbers = new ArrayList<>();

    @Test
    void linesComeInTheOrderOfTheFile() throws InterruptedException {
        vendor.answers(
                200, IntStream.range(0, 5_000).mapToObj(i -> line(i) + "\n").collect(Collectors.joining()));

        assertThat(read()).isEqualTo(new Complete(5_000));
        assertThat(ids())
                .isEqualTo(IntStream.range(0, 5_000).mapToObj(String::valueOf).toList());
        var request = vendor.requests().getFirst();
        assertThat(request.line()).isEqualTo("GET /v1/files/file-2/content");
        assertThat(request.header("Accept-Encoding")).isEqualTo("identity");
        assertThat(request.header("Authorization")).isEqualTo("Bearer " + RawVendor.KEY);
    }

    @Test
    void aFileComesInPiecesOfAnySize() throws InterruptedException {
        var file = (line(1) + "\r\n\n  \n" + line(2)).getBytes(UTF_8);
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var b : file) {
                connection.send(new byte[] {'1', '\r', '\n', b, '\r', '\n'});
            }
            connection.send("0\r\n\r\n");
        });

        assertThat(read()).isEqualTo(new Complete(2));
        assertThat(ids()).containsExactly("1", "2");
    }

    @Test
    void anEmptyFileHasNoLines() throws InterruptedException {
        vendor.answers(200, "");

        assertThat(read()).isEqualTo(new Complete(0));
    }

    @Test
    void oneBadLineCostsNoOther() throws InterruptedException {
        vendor.answers(200, line(1) + "\n{\"custom_id\":\n\u0000\n" + line(2) + "\n");

        assertThat(read()).isEqualTo(new Complete(4));
        assertThat(lines.subList(1, 3)).containsExactly(new Corrupt(2, "not JSON"), new Corrupt(3, "not JSON"));
        assertThat(lines.getLast()).isInstanceOf(Answered.class);
    }

    @Test
    void anOverlongLineIsSkippedWithoutBeingHeld() throws InterruptedException {
        var piece = new byte[1 << 20];
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + line(1) + "\n");
            for (var sent = 0L; sent <= ResultFile.LINE_BYTES_MAX; sent += piece.length) {
                connection.send(piece);
            }
            connection.send("\n" + line(2) + "\n");
            connection.socket().close();
        });

        assertThat(read()).isEqualTo(new Complete(3));
        assertThat(lines.get(1)).isEqualTo(new Corrupt(2, "longer than 67108864 bytes"));
        assertThat(lines.getLast()).isInstanceOf(Answered.class);
    }

    @Test
    void anOverlongLineIsKnownByTheIdAtItsBeginning() throws Exception {
        var begin = "{\"id\":{\"custom_id\":\"b\"},\"custom_id\":\"a\",\"response\":{\"body\":\"";
        var piece = "x".repeat(1 << 20).getBytes(UTF_8);
        var sha256 = MessageDigest.getInstance("SHA-256");
        var bytes = begin.length() + 65L * piece.length + 3;
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + begin);
            sha256.update(begin.getBytes(UTF_8));
            for (var i = 0; i < 65; i++) {
                connection.send(piece);
                sha256.update(piece);
            }
            sha256.update("\"}}".getBytes(UTF_8));
            connection.send("\"}}\n");
            connection.socket().close();
        });
        var raws = new ArrayList<String>();

        try (var provider = OpenAiProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)))) {
            assertThat(provider.results("file-2", FilePosition.START, (line, raw) -> {
                        lines.add(line);
                        raws.add(raw.length() + " " + raw.sha256() + " " + (raw.bytes(100) == null));
                    }))
                    .isEqualTo(new Complete(1));
        }

        assertThat(lines).containsExactly(new ResultLine.TooLong("a", bytes));
        assertThat(raws).containsExactly(bytes + " " + HexFormat.of().formatHex(sha256.digest()) + " true");
    }

    @Test
    void tooManyLinesBreakOff() throws InterruptedException {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\n\r\n");
            var lineFeeds = "\n".repeat(10_000);
            while (true) {
                connection.send(lineFeeds);
            }
        });

        assertThat(read())
                .isInstanceOfSatisfying(
                        BrokenOff.class,
                        brokenOff -> assertThat(brokenOff.reason()).startsWith("more than 400000 lines"));
    }

    @Test
    void aFileShorterThanAnnouncedBreaksOffAfterItsLines() throws InterruptedException {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + line(1) + "\n");
            connection.socket().close();
        });

        assertThat(read()).isEqualTo(new BrokenOff("connection broke", after(line(1), "")));
        assertThat(ids()).containsExactly("1");
    }

    @Test
    void whatBrokeOffGoesOnWhereItsLastLineBegan() throws InterruptedException {
        var file = line(1) + "\n" + line(2) + "\n" + line(3) + "\n";
        var cut = line(1).length() + 20;
        vendor.does((request, connection) -> {
            connection.body(request);
            if (request.header("Range").isEmpty()) {
                connection.send(
                        "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5000\r\n\r\n" + file.substring(0, cut));
                connection.socket().close();
            } else {
                var from = Integer.parseInt(request.header("Range").replaceAll("\\D", ""));
                var rest = file.getBytes(UTF_8).length - from;
                connection.answer(
                        206,
                        new String(file.getBytes(UTF_8), from, rest, UTF_8),
                        "ETag: \"v1\"",
                        "Content-Range: bytes %d-%d/%d".formatted(from, from + rest - 1, from + rest));
            }
        });

        var brokenOff = (BrokenOff) read();
        assertThat(brokenOff).isEqualTo(new BrokenOff("connection broke", after(line(1), "\"v1\"")));
        assertThat(read(brokenOff.next())).isEqualTo(new Complete(2));

        assertThat(ids()).containsExactly("1", "2", "3");
        assertThat(numbers).containsExactly(1L, 2L, 3L);
        assertThat(vendor.requests().getLast().header("If-Range")).isEqualTo("\"v1\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            200 |                        | "v2" | 2
            206 | bytes 5-99/100         | "v1" | none
            206 | bytes %d-99/100        | "v2" | none
            206 |                        | "v1" | none
            416 |                        |      | none
            """)
    void anAnswerThatIsNotTheRestIsTheWholeFileOrNone(
            int status, @Nullable String range, @Nullable String tag, String read) throws InterruptedException {
        var from = after(line(1), "\"v1\"");
        vendor.answers(
                status,
                line(1) + "\n" + line(2) + "\n",
                "Content-Range: " + (range == null ? "" : range.formatted(from.bytes())),
                "ETag: " + (tag == null ? "" : tag));

        if (read.equals("none")) {
            assertThat(read(from)).isEqualTo(new BrokenOff("cannot be gone on with, so it is read anew"));
            assertThat(lines).isEmpty();
        } else {
            assertThat(read(from)).isEqualTo(new Complete(2));
            assertThat(ids()).containsExactly("1", "2");
        }
    }

    @Test
    void whatCannotBeReachedIsStillGoneOnWithLater() throws InterruptedException {
        var from = after(line(1), "");
        vendor.answers(502, "<html>");

        assertThat(read(from)).isEqualTo(new BrokenOff("HTTP 502", from));
    }

    private static FilePosition after(String line, String version) {
        return new FilePosition(line.getBytes(UTF_8).length + 1L, 1, version);
    }

    @Test
    void aFileThatEndsInsideALineBreaksOff() throws InterruptedException {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + line(1) + "\n" + "{\"custom_id\":\"2");
            connection.socket().close();
        });

        var brokenOff = (BrokenOff) read();
        assertThat(brokenOff).isEqualTo(new BrokenOff("ends inside a line", after(line(1), "")));
        assertThat(ids()).containsExactly("1");

        assertThat(read(brokenOff.next())).as("each time").isEqualTo(new Complete(2));
        assertThat(lines.getLast()).isEqualTo(new Corrupt(2, "not JSON"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "deflate, gzip"})
    void aCompressedFileIsNotRead(String encoding) throws InterruptedException {
        vendor.answers(200, "bomb", "Content-Encoding: " + encoding);

        assertThat(read()).isEqualTo(new BrokenOff("compressed"));
    }

    @Test
    void silenceBreaksOff() throws InterruptedException {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + line(1) + "\n");
            connection.in().read();
        });

        assertThat(read(timeouts(Duration.ofMillis(300), Duration.ofMinutes(1))))
                .isInstanceOfSatisfying(
                        BrokenOff.class,
                        brokenOff -> assertThat(brokenOff.reason()).startsWith("too slow"));
        assertThat(ids()).containsExactly("1");
    }

    @Test
    @Timeout(20)
    void aTrickleBreaksOffAlthoughItNeverStalls() throws Exception {
        var gone = new CompletableFuture<Boolean>();
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
            connection.socket().setSoTimeout(20); // the pace: a byte every 20 ms, until the client hangs up
            while (true) {
                try {
                    connection.send("x");
                    if (connection.in().read() < 0) {
                        gone.complete(true);
                        return;
                    }
                } catch (SocketTimeoutException _) {
                    // still there
                } catch (SocketException _) {
                    gone.complete(true);
                    return;
                }
            }
        });

        assertThat(read(timeouts(Duration.ofMillis(500), Duration.ofMinutes(1))))
                .isInstanceOf(BrokenOff.class);
        assertThat(gone.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theTimeTheReaderTakesIsNotTheVendors() throws InterruptedException {
        vendor.answers(200, line(1) + "\n" + line(2) + "\n" + line(3) + "\n");
        try (var provider =
                OpenAiProvider.of(vendor.account(), timeouts(Duration.ofMillis(100), Duration.ofMillis(100)))) {
            var busy = new CompletableFuture<Void>().orTimeout(200, TimeUnit.MILLISECONDS);

            assertThat(provider.results(
                            "file-2",
                            FilePosition.START,
                            (_, _) -> busy.exceptionally(_ -> null).join()))
                    .isEqualTo(new Complete(3));
        }
    }

    @Test
    void aFileThatIsGoneIsRefusedAndOthersBreakOff() throws InterruptedException {
        vendor.answers(404, "{\"error\":{\"message\":\"No such File\",\"type\":\"invalid_request_error\"}}");
        assertThat(read())
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));

        vendor.answers(502, "<html>");
        assertThat(read()).isEqualTo(new BrokenOff("HTTP 502"));

        vendor.answers(302, "", "Location: http://169.254.169.254/");
        assertThat(read()).isEqualTo(new BrokenOff("HTTP 302"));

        vendor.answers(206, line(1) + "\n");
        assertThat(read()).isEqualTo(new BrokenOff("HTTP 206, unreadable"));
        assertThat(lines).isEmpty();
    }

    @Test
    void anInterruptedReaderGetsOutAndHangsUp() throws Exception {
        var hungUp = new CompletableFuture<Integer>();
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + line(1) + "\n");
            try {
                hungUp.complete(connection.in().read());
            } catch (IOException _) {
                hungUp.complete(-1);
            }
        });
        try (var provider = OpenAiProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)))) {
            assertThatThrownBy(() -> provider.results("file-2", FilePosition.START, (_, _) -> {
                        throw new InterruptedException();
                    }))
                    .isInstanceOf(InterruptedException.class);

            assertThat(hungUp.get(20, TimeUnit.SECONDS)).isEqualTo(-1);
        }
    }

    @Test
    void aConnectionThatDeliveredItsFileServesTheNextCall() throws InterruptedException {
        vendor.answers(200, line(1) + "\n");
        try (var provider = OpenAiProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)))) {
            for (var i = 0; i < 3; i++) {
                assertThat(provider.results("file-2", FilePosition.START, (line, _) -> lines.add(line)))
                        .isEqualTo(new Complete(1));
            }
        }
        assertThat(vendor.connections()).isEqualTo(1);
    }

    private ResultsOutcome read() throws InterruptedException {
        return read(RawVendor.timeouts(Duration.ofSeconds(20)));
    }

    private ResultsOutcome read(Timeouts timeouts) throws InterruptedException {
        return read(timeouts, FilePosition.START);
    }

    private ResultsOutcome read(FilePosition from) throws InterruptedException {
        return read(RawVendor.timeouts(Duration.ofSeconds(20)), from);
    }

    private ResultsOutcome read(Timeouts timeouts, FilePosition from) throws InterruptedException {
        try (var provider = OpenAiProvider.of(vendor.account(), timeouts)) {
            return provider.results("file-2", from, (line, raw) -> {
                lines.add(line);
                numbers.add(raw.number());
            });
        }
    }

    private List<String> ids() {
        return lines.stream().map(line -> ((Answered) line).upstreamId()).toList();
    }

    private static Timeouts timeouts(Duration stall, Duration download) {
        var generous = Duration.ofSeconds(20);
        return new Timeouts(generous, generous, generous, stall, download);
    }

    private static String line(int id) {
        return "{\"custom_id\":\"%d\",\"response\":{\"status_code\":200,\"body\":{\"text\":\"ü %s\"}}}"
                .formatted(id, "x".repeat(id % 500));
    }
}

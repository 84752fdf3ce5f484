package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.processor.provider.http.Timeouts;
import dev.halfrate.processor.provider.openai.OpenAiProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of good lines among bad ones, from a vendor that breaks off wherever it likes: every good line is taken as it
 * is, every bad one is told of, nothing else comes out.
 */
class HostileResultFilesTest {
    private static final int ROUNDS = 60;
    private static final int ITEMS = 30;
    private static final int TRIES_MAX = 300;
    private static final Batch BATCH = Refs.sealed(ITEMS);
    private static final List<ManifestItem> MANIFEST =
            Refs.items(Stream.generate(() -> "x").limit(ITEMS).toArray(String[]::new));
    private static final String TAG = BATCH.attempt().tag();
    private static final String FOREIGN_TAG = "zzzzzzzz222222zz";

    /** Bytes that mean something to a JSON parser are worth more than others. */
    private static final byte[] TELLING = "{}[]\",:\\/ u0019-+.eEtfn\0\r\uFEFFäd🦆".getBytes(UTF_8);

    private static final List<String> BODIES = List.of(
            "{}",
            "{\"choices\":[{\"message\":{\"content\":\"Grüße 🎈 \\ud800 \\\"}{\\u000a\"}}],\"usage\":{\"prompt_tokens\":5}}",
            " { \"n\" : 1e400 , \"n\" : -0 , \"usage\" : [ ] } ",
            "{\"deep\":" + "[".repeat(3_000) + "]".repeat(3_000) + "}",
            "{\"long\":" + "7".repeat(5_000) + ",\"text\":\"" + "ü".repeat(40_000) + "\"}",
            "\"text\"");

    private final SplittableRandom none = new SplittableRandom(0);
    private volatile Vendor vendor = new Vendor(new byte[0], none, "");
    private HttpServer server;
    private OpenAiProvider provider;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> vendor.answer(exchange));
        server.start();
        var generous = Duration.ofSeconds(20);
        provider = OpenAiProvider.of(
                new AccountConfig(
                        "main",
                        "openai",
                        URI.create("http://127.0.0.1:%d/v1"
                                .formatted(server.getAddress().getPort())),
                        new Secret("sk-1"),
                        "main",
                        List.of("*"),
                        "24h",
                        1,
                        DoubtConfig.DEFAULT,
                        SyncConfig.DEFAULT),
                new Timeouts(generous, generous, generous, generous, generous));
    }

    @AfterEach
    void stop() {
        provider.close();
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyGoodLineIsTakenEveryBadOneToldOf(long seed) {
        var random = new SplittableRandom(seed);
        for (var round = 0; round < ROUNDS; round++) {
            try {
                check(random.split());
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed %d, round %d".formatted(seed, round), e);
            }
        }
    }

    private void check(SplittableRandom random) throws InterruptedException {
        var file = new File(random);
        vendor = new Vendor(file.bytes.toByteArray(), random, random.nextBoolean() ? "\"v1\"" : "");
        var letters = new ArrayList<Mailbox.Letter>();
        var download = new Download();
        ResultsOutcome outcome = new ResultsOutcome.BrokenOff("not read");
        for (var tries = 0; !(outcome instanceof ResultsOutcome.Complete) && tries < TRIES_MAX; tries++) {
            outcome = read(download, letters);
        }

        assertThat(outcome).isInstanceOf(ResultsOutcome.Complete.class);
        var taken = new TreeMap<Integer, String>();
        for (var letter : letters) {
            for (var seen : letter.seen()) {
                var body = new String(seen.body() == null ? new byte[0] : seen.body(), UTF_8);
                assertThat(taken.merge(seen.item().item(), body, (one, _) -> one))
                        .isEqualTo(body);
            }
        }
        assertThat(taken).isEqualTo(file.good);
        var told = new HashSet<Long>();
        letters.forEach(letter -> letter.quarantined()
                .forEach(line ->
                        assertThat(told.add(line.line())).as("told of once").isTrue()));
        assertThat(told).isEqualTo(file.bad);
    }

    private ResultsOutcome read(Download download, List<Mailbox.Letter> letters) throws InterruptedException {
        var collector = new Collector(
                BATCH,
                MANIFEST,
                Optional.empty(),
                OutputRules.NONE,
                download,
                8 << 20,
                letter -> {
                    letters.add(letter);
                    letter.handled().run();
                },
                ActorClock.system());
        collector.begin("file-1");
        download.read("file-1", true, from -> provider.results("file-1", from, collector));
        collector.flush();
        return download.end();
    }

    /** What the vendor has, what of it is good, and where it is bad. */
    private static final class File {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Map<Integer, String> good = new HashMap<>();
        private final Set<Long> bad = new HashSet<>();
        private final SplittableRandom random;

        private File(SplittableRandom random) {
            this.random = random;
            if (random.nextInt(4) == 0) {
                bytes.writeBytes("\uFEFF".getBytes(UTF_8));
            }
            var lines = 5 + random.nextInt(60);
            for (var number = 1L; number <= lines; number++) {
                if (number == 1 || random.nextInt(3) > 0) {
                    bytes.writeBytes(good());
                } else if (random.nextInt(8) > 0) {
                    bad.add(number);
                    bytes.writeBytes(bad());
                } else {
                    bytes.writeBytes(" \t".getBytes(UTF_8));
                }
                if (random.nextInt(4) == 0) {
                    bytes.write('\r');
                }
                if (number < lines || random.nextBoolean()) {
                    bytes.write('\n');
                }
            }
        }

        private byte[] good() {
            var item = random.nextInt(ITEMS);
            var body = good.computeIfAbsent(
                    item, _ -> BODIES.get(random.nextInt(BODIES.size())).strip());
            return line(new UpstreamId(TAG, item).text(), body).getBytes(UTF_8);
        }

        private String line(String id, String body) {
            return switch (random.nextInt(3)) {
                case 0 ->
                    "{\"id\":\"b\",\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"body\":%s},\"error\":null}"
                            .formatted(id, body);
                case 1 ->
                    " {\"response\" : {\"body\": %2$s , \"x\":[{}],\"status_code\":200 } ,\"new\":[],\"custom_id\":\"%1$s\"} "
                            .formatted(id, body);
                default ->
                    "{\"error\":{\"code\":null},\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"body\":%s}}"
                            .formatted(id, body);
            };
        }

        private byte[] bad() {
            var body = BODIES.get(random.nextInt(BODIES.size()));
            var foreign = line(FOREIGN_TAG + "-000001", body).getBytes(UTF_8);
            return switch (random.nextInt(7)) {
                case 0 -> foreign;
                case 1 -> line(new UpstreamId(TAG, ITEMS).text(), body).getBytes(UTF_8);
                case 2 -> "[".repeat(random.nextInt(1, 100_000)).getBytes(UTF_8);
                case 3 -> "<html><body>502 Bad Gateway</body></html>".getBytes(UTF_8);
                case 4 -> noise();
                case 5 -> Arrays.copyOf(foreign, random.nextInt(2, foreign.length));
                default -> damaged(foreign);
            };
        }

        private byte[] noise() {
            var noise = new byte[1 + random.nextInt(300)];
            random.nextBytes(noise);
            noise[0] = 0;
            return withoutLineFeeds(noise);
        }

        /** Its id stays that of nobody: what is damaged into another item's answer is beyond finding out. */
        private byte[] damaged(byte[] line) {
            var damaged = line.clone();
            for (var changes = 1 + random.nextInt(8); changes > 0; changes--) {
                damaged[random.nextInt(damaged.length)] =
                        random.nextBoolean() ? TELLING[random.nextInt(TELLING.length)] : (byte) random.nextInt(256);
            }
            damaged[0] = (byte) (damaged[0] == ' ' ? '{' : damaged[0]);
            return withoutLineFeeds(damaged);
        }

        private static byte[] withoutLineFeeds(byte[] bytes) {
            for (var i = 0; i < bytes.length; i++) {
                bytes[i] = bytes[i] == '\n' ? (byte) 'n' : bytes[i];
            }
            return bytes;
        }
    }

    /** Serves one file, or some of it, or something else. */
    private record Vendor(byte[] file, SplittableRandom random, String version) {
        private void answer(HttpExchange exchange) throws IOException {
            try (exchange) {
                var range = exchange.getRequestHeaders().getFirst("Range");
                var begin = range == null || random.nextInt(4) == 0 ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
                var answer = exchange.getResponseHeaders();
                if (!version.isEmpty()) {
                    answer.set("ETag", version);
                }
                switch (random.nextInt(12)) {
                    case 0 -> exchange.sendResponseHeaders(502, -1);
                    case 1 -> {
                        answer.set("Content-Encoding", "gzip");
                        exchange.sendResponseHeaders(200, file.length);
                        exchange.getResponseBody().write(file);
                    }
                    default -> send(exchange, begin);
                }
            }
        }

        private void send(HttpExchange exchange, int begin) throws IOException {
            var rest = file.length - begin;
            if (rest == 0) {
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            if (begin > 0) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes %d-%d/%d".formatted(begin, file.length - 1, file.length));
            }
            exchange.sendResponseHeaders(begin > 0 ? 206 : 200, rest);
            var sent = random.nextInt(3) == 0 ? rest : random.nextInt(rest);
            exchange.getResponseBody().write(file, begin, sent);
        }
    }
}

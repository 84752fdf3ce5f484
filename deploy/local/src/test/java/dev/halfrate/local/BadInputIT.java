package dev.halfrate.local;

import static dev.halfrate.local.BadInputSubject.KEY;
import static dev.halfrate.local.BadInputSubject.LINE_BYTES_MAX;
import static dev.halfrate.local.BadInputSubject.PATIENCE;
import static dev.halfrate.local.BadInputSubject.REQUESTS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.halfrate.local.BadInputSubject.Sent;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.schemas.PublicSchemas;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every case of bad input that there is, all of them read by one processor, which lives on and whose sums are right. */
@Timeout(180)
@Tag("long")
class BadInputIT {
    @RegisterExtension
    static final BadInputTable TABLE = new BadInputTable();

    private static final String CHAT = "/v1/chat/completions";
    private static final String MODEL = "\"model\": \"gpt-4o-mini\"";
    private static final String MESSAGES = "\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]";
    private static final int MIB = 1 << 20;

    @TempDir
    static Path directory;

    private static BadInputSubject subject;
    private static long absorbed;

    @BeforeAll
    static void start() throws Exception {
        subject = new BadInputSubject(directory);
    }

    @AfterAll
    static void everythingAddsUpAndGoodRequestsAreAnswered() throws Exception {
        try (var _ = subject) {
            succeeds("the-last-one", request("the-last-one"));
            assertThat(subject.status().gaps()).isEmpty();
            assertThat(subject.status().ledger().holds()).isEmpty();
        }
    }

    private static String request(String id) {
        return request(id, MODEL + ", " + MESSAGES);
    }

    private static String request(String id, String parameters) {
        return "{\"custom_id\": \"%s\", \"method\": \"POST\", \"url\": \"%s\", \"body\": {%s}}"
                .formatted(id, CHAT, parameters);
    }

    private static String withBody(String id, String body) {
        return "{\"custom_id\": \"%s\", \"method\": \"POST\", \"url\": \"%s\", \"body\": %s}".formatted(id, CHAT, body);
    }

    private static ProducerRecord<byte[], byte[]> entry(String value) {
        return new ProducerRecord<>(REQUESTS, 0, null, value.getBytes(UTF_8));
    }

    private static ProducerRecord<byte[], byte[]> with(
            ProducerRecord<byte[], byte[]> entry, String header, String value) {
        entry.headers().add(header, value.getBytes(UTF_8));
        return entry;
    }

    private static Result succeeds(String id, String value) throws Exception {
        subject.send(value);
        return succeeds(id);
    }

    private static Result succeeds(String id) {
        var result = subject.result(id);
        assertThat(result.status()).as("%s", result.failure()).isEqualTo(Result.Status.SUCCEEDED);
        return result;
    }

    private static String rejected(String id, String value, String code) throws Exception {
        subject.send(value);
        return rejected(id, code);
    }

    /** @return the message */
    private static String rejected(String id, String code) {
        var result = subject.result(id);
        var failure = requireNonNull(result.failure());
        assertThat(result.status()).isEqualTo(Result.Status.REJECTED);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(result.batchId()).isEmpty();
        return failure.message();
    }

    private static DeadLetter buried(String value, DeadLetter.Reason reason) throws Exception {
        return buried(value.getBytes(UTF_8), reason);
    }

    private static DeadLetter buried(byte[] value, DeadLetter.Reason reason) throws Exception {
        return buried(subject.send(value), reason);
    }

    private static DeadLetter buried(Sent sent, DeadLetter.Reason reason) {
        var letter = subject.letter(sent);
        assertThat(letter.reason()).isEqualTo(reason);
        assertThat(letter.value()).isEqualTo(sent.value());
        return letter;
    }

    @Test
    @BadInput(
            id = "B01",
            input = "bytes that are neither JSON nor Avro, or too few of them",
            outcome = "dead letter `decode`")
    void rubbish() throws Exception {
        buried(new byte[] {(byte) 0xFE, (byte) 0xED, 0x42}, DeadLetter.Reason.DECODE);
        buried("hello", DeadLetter.Reason.DECODE);
        buried(new byte[] {0, 0, 1}, DeadLetter.Reason.DECODE);
        buried(new byte[] {1, 2, 3}, DeadLetter.Reason.DECODE);
        var known = subject.registry().register("b01", "AVRO", PublicSchemas.REQUEST.toString());
        buried(BadInputSubject.framed(known, (byte) 4, (byte) 'a'), DeadLetter.Reason.DECODE);
    }

    @Test
    @BadInput(
            id = "B02",
            input = "Avro with a schema that the registry does not have",
            outcome = "dead letter `schema_unknown`")
    void schemaThatNobodyKnows() throws Exception {
        buried(BadInputSubject.framed(1_000_001, (byte) 0), DeadLetter.Reason.SCHEMA_UNKNOWN);
    }

    @Test
    @BadInput(
            id = "B02",
            input = "Avro with a schema that is not known yet, while the registry is away",
            outcome = "its partition waits, the others go on; answered once the registry is back")
    void schemaThatCannotBeAskedFor() throws Exception {
        var body = "{" + MODEL + ", " + MESSAGES + "}";
        var schema = subject.registry().register("b02", "AVRO", PublicSchemas.REQUEST.toString());
        subject.registry().stop();
        try {
            subject.send(new ProducerRecord<>(REQUESTS, 1, null, avro(schema, "b02-waits", body)));
            succeeds("b02-other", request("b02-other"));
            assertThat(subject.published("b02-waits")).isEmpty();
        } finally {
            subject.registry().restart();
        }
        succeeds("b02-waits");
    }

    /** @return three texts, each with its length before it */
    private static byte[] avro(int schema, String id, String body) {
        var bytes = new ByteArrayOutputStream();
        for (var text : List.of(id, CHAT, body)) {
            var length = text.length() * 2;
            while (length > 0x7F) {
                bytes.write((length & 0x7F) | 0x80);
                length >>= 7;
            }
            bytes.write(length);
            bytes.writeBytes(text.getBytes(UTF_8));
        }
        return BadInputSubject.framed(schema, bytes.toByteArray());
    }

    @Test
    @BadInput(
            id = "B03",
            input = "Avro with a schema that no request can be read with",
            outcome = "dead letter `schema_incompatible`")
    void schemaOfSomethingElse() throws Exception {
        var other = subject.registry().register("b03", "AVRO", """
                        {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "id", "type": "long"}]}""");
        buried(BadInputSubject.framed(other, (byte) 2), DeadLetter.Reason.SCHEMA_INCOMPATIBLE);
    }

    @Test
    @BadInput(id = "B04", input = "a null value (tombstone)", outcome = "counted, nothing else")
    void tombstone() throws Exception {
        var sent = subject.send((byte[]) null);
        subject.settle();

        assertThat(subject.letters(sent)).isEmpty();
        assertThat(subject.status().read().tombstones()).isOne();
    }

    @Test
    @BadInput(id = "B05", input = "an empty value, or white space alone", outcome = "dead letter `empty`")
    void nothing() throws Exception {
        buried("", DeadLetter.Reason.EMPTY);
        buried(" \r\n\t", DeadLetter.Reason.EMPTY);
    }

    @Test
    @BadInput(
            id = "B07",
            input = "a record key that is another text than the `custom_id`, or null",
            outcome = "answered; the result's key is the `custom_id`")
    void keyOfItsOwn() throws Exception {
        subject.send(new ProducerRecord<>(
                REQUESTS, 0, "tenant-7".getBytes(UTF_8), request("b07-key").getBytes(UTF_8)));
        subject.send(new ProducerRecord<>(REQUESTS, 0, null, request("b07-null").getBytes(UTF_8)));

        succeeds("b07-key");
        succeeds("b07-null");
        assertThat(subject.published("tenant-7")).isEmpty();
    }

    @Test
    @BadInput(id = "B08", input = "no `custom_id`, an empty one, or no text", outcome = "dead letter `custom_id`")
    void withoutAnId() throws Exception {
        for (var id : List.of("", "\"custom_id\": \"\",", "\"custom_id\": null,", "\"custom_id\": 7,")) {
            buried(
                    "{%s \"method\": \"POST\", \"url\": \"%s\", \"body\": {%s}}".formatted(id, CHAT, MODEL),
                    DeadLetter.Reason.CUSTOM_ID);
        }
    }

    @Test
    @BadInput(
            id = "B09",
            input = "the same request several times, close together",
            outcome = "one answer; the others are absorbed")
    void severalAtOnce() throws Exception {
        for (var copy = 0; copy < 3; copy++) {
            subject.send(request("b09"));
        }

        succeeds("b09");
        awaitAbsorbed(2);
        subject.results("b09", 1);
    }

    private static void awaitAbsorbed(int more) {
        absorbed += more;
        await().atMost(PATIENCE)
                .until(() -> subject.status().allLanes().totals().absorbed() == absorbed);
    }

    @Test
    @BadInput(
            id = "B10",
            input = "the same request again, after it succeeded",
            outcome = "absorbed, until `lanes.duplicates-horizon` is over")
    void againAfterItsSuccess() throws Exception {
        succeeds("b10", request("b10"));
        subject.send(request("b10"));

        awaitAbsorbed(1);
        subject.results("b10", 1);
    }

    @Test
    @BadInput(
            id = "B10",
            input = "the same `custom_id` again, after any other end",
            outcome = "a new request, with a result of its own")
    void againAfterAnotherEnd() throws Exception {
        rejected("b10-new", request("b10-new", "\"model\": 7"), "model_missing");
        subject.send(request("b10-new"));

        assertThat(subject.results("b10-new", 2).getLast().status()).isEqualTo(Result.Status.SUCCEEDED);
    }

    @Test
    @BadInput(
            id = "B11",
            input = "another body under a `custom_id` that is in flight",
            outcome = "dead letter `id_conflict` with the record's coordinates and no bytes; the first one is answered")
    void anotherBodyInFlight() throws Exception {
        subject.send(request("b11"));
        var other = subject.send(request("b11", MODEL + ", \"seed\": 2, " + MESSAGES));

        var letter = subject.letter(other);
        assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.ID_CONFLICT);
        assertThat(letter.customId()).isEqualTo("b11");
        assertThat(letter.value()).isNull();
        succeeds("b11");
    }

    @Test
    @BadInput(
            id = "B12",
            input = "a `custom_id` of 10,000 characters; 512 are allowed",
            outcome = "dead letter `custom_id`")
    void idThatIsTooLong() throws Exception {
        buried(request("x".repeat(10_000)), DeadLetter.Reason.CUSTOM_ID);
        buried(request("x".repeat(513)), DeadLetter.Reason.CUSTOM_ID);
        succeeds("x".repeat(512), request("x".repeat(512)));
    }

    @Test
    @BadInput(
            id = "B15",
            input = "a `body` that is an array, a text, a number, null, or missing",
            outcome = "result `body_type`")
    void bodyThatIsNoObject() throws Exception {
        var bodies = List.of("[{}]", "\"{}\"", "1", "null");
        for (var body : bodies) {
            var id = "b15-" + bodies.indexOf(body);
            rejected(id, withBody(id, body), "body_type");
        }
        rejected(
                "b15-none",
                "{\"custom_id\": \"b15-none\", \"method\": \"POST\", \"url\": \"%s\"}".formatted(CHAT),
                "body_type");
    }

    @Test
    @BadInput(
            id = "B16",
            input = "something after the JSON, two documents, or a key twice in an object",
            outcome = "dead letter `decode`")
    void jsonThatCouldBeReadInTwoWays() throws Exception {
        buried(request("b16") + " x", DeadLetter.Reason.DECODE);
        buried(request("b16") + "\n" + request("b16"), DeadLetter.Reason.DECODE);
        buried(request("b16", MODEL + ", \"model\": \"gpt-4o\""), DeadLetter.Reason.DECODE);
    }

    @Test
    @BadInput(id = "B19", input = "a number of 10,000 digits; 1,000 are allowed", outcome = "dead letter `decode`")
    void numberWithoutAnEnd() throws Exception {
        buried(request("b19", MODEL + ", \"seed\": " + "9".repeat(10_000)), DeadLetter.Reason.DECODE);
    }

    @Test
    @BadInput(id = "B20", input = "5,000 levels of nesting; 100 are allowed", outcome = "dead letter `decode`")
    void nestingWithoutAnEnd() throws Exception {
        buried(request("b20", MODEL + ", \"x\": " + "[".repeat(5_000) + "]".repeat(5_000)), DeadLetter.Reason.DECODE);
    }

    @Test
    @BadInput(
            id = "B21",
            input = "a text of 30 MB in the body, which compression has brought through",
            outcome = "result `too_large`")
    void textOfThirtyMegabytes() throws Exception {
        rejected("b21", request("b21", MODEL + ", \"user\": \"" + "x".repeat(30_000_000) + "\""), "too_large");
    }

    @Test
    @BadInput(
            id = "B22",
            input = "a record larger than its topic's `max.message.bytes`",
            outcome = "the producer gets the error; nothing arrives")
    void recordThatTheTopicDoesNotTake() throws Exception {
        var uncompressed = subject.producing(Map.of("compression.type", "none"));
        try (var producer = new KafkaProducer<>(uncompressed, new ByteArraySerializer(), new ByteArraySerializer())) {
            var large = entry(request("b22", MODEL + ", \"user\": \"" + "x".repeat(21 * MIB) + "\""));

            assertThatThrownBy(() -> producer.send(large).get()).hasCauseInstanceOf(RecordTooLargeException.class);
        }
        subject.settle();
        assertThat(subject.published("b22")).isEmpty();
    }

    @Test
    @BadInput(
            id = "B23",
            input = "a request that is one byte longer, as a line of a batch, than allowed",
            outcome = "result `too_large`, before anything is sealed; the longest one is answered")
    void lineThatIsOneByteTooLong() throws Exception {
        var message = rejected("b23-much", padded("b23-much", LINE_BYTES_MAX), "too_large");
        var over = Integer.parseInt(message.replaceAll("the request takes (\\d+) bytes.*", "$1")) - LINE_BYTES_MAX;

        rejected("b23-over", padded("b23-over", LINE_BYTES_MAX - over + 1), "too_large");
        succeeds("b23-just", padded("b23-just", LINE_BYTES_MAX - over));
    }

    private static String padded(String id, int chars) {
        return request(id, MODEL + ", \"max_tokens\": 9, " + MESSAGES.replace("q", "q".repeat(chars)));
    }

    @Test
    @BadInput(
            id = "B27",
            input = "a `method` that is not `POST`, a `url` that no vendor batches",
            outcome = "result `method_unsupported`, `url_unsupported`")
    void endpointThatCannotBeBatched() throws Exception {
        rejected("b27-get", request("b27-get").replace("POST", "GET"), "method_unsupported");
        rejected("b27-files", request("b27-files").replace(CHAT, "/v1/files"), "url_unsupported");
    }

    @Test
    @BadInput(
            id = "B28",
            input = "a `url` with a host, such as `http://169.254.169.254/`",
            outcome = "result `url_unsupported`; nobody is called")
    void urlOfSomebodyElse() throws Exception {
        try (var thief = new Listener()) {
            var urls = List.of(
                    "http://169.254.169.254/latest",
                    thief.url() + CHAT,
                    "//127.0.0.1" + CHAT,
                    "/v1/chat/../files",
                    CHAT + "?x=1");
            for (var url : urls) {
                var id = "b28-" + urls.indexOf(url);
                rejected(id, request(id).replace(CHAT, url), "url_unsupported");
            }
            assertThat(thief.calls()).isZero();
        }
    }

    /** Counts who calls. */
    private static final class Listener implements AutoCloseable {
        private final AtomicInteger calls = new AtomicInteger();
        private final HttpServer server;

        Listener() throws Exception {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                try (exchange) {
                    calls.incrementAndGet();
                    exchange.sendResponseHeaders(200, -1);
                }
            });
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        int calls() {
            return calls.get();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    @Test
    @BadInput(id = "B29", input = "`\"stream\": true`", outcome = "result `stream_unsupported`")
    void stream() throws Exception {
        rejected("b29", request("b29", MODEL + ", \"stream\": true, " + MESSAGES), "stream_unsupported");
    }

    @Test
    @BadInput(
            id = "B30",
            input = "a `model` that is missing, or that no account takes",
            outcome = "result `model_missing`, `no_account`")
    void modelThatNobodyTakes() throws Exception {
        rejected("b30-none", request("b30-none", MESSAGES), "model_missing");
        assertThat(rejected("b30-other", request("b30-other").replace("gpt-4o-mini", "llama"), "no_account"))
                .contains("main takes gpt-*");
    }

    @Test
    @BadInput(
            id = "B30",
            input = "a model at another vendor's endpoint",
            outcome = "result `url_unsupported`, which names the account's endpoints")
    void modelAtAnotherVendorsEndpoint() throws Exception {
        assertThat(rejected(
                        "b30-vendor",
                        request("b30-vendor").replace("gpt-4o-mini", "claude-haiku-4-5"),
                        "url_unsupported"))
                .contains("account messages can batch /v1/messages");
    }

    @Test
    @BadInput(
            id = "B31",
            input = "requests of several models side by side",
            outcome = "answered; models never share a batch")
    void modelsSideBySide() throws Exception {
        for (var id = 0; id < 4; id++) {
            var value = request("b31-" + id);
            subject.send(id % 2 == 0 ? value : value.replace("gpt-4o-mini", "gpt-4o"));
        }

        assertThat(IntStream.range(0, 4)
                        .mapToObj(id -> succeeds("b31-" + id))
                        .map(result -> result.model() + result.batchId())
                        .distinct()
                        .count())
                .isEqualTo(IntStream.range(0, 4)
                        .mapToObj(id -> succeeds("b31-" + id).batchId())
                        .distinct()
                        .count());
    }

    @Test
    @BadInput(id = "B32", input = "`max_tokens` of 0, -1, 1.5, 1000000000 or \"9\"", outcome = "result `max_tokens`")
    void outputLimitThatCannotBeMeant() throws Exception {
        var limits = List.of("0", "-1", "1.5", "1000000000", "\"9\"");
        for (var limit : limits) {
            var id = "b32-" + limits.indexOf(limit);
            rejected(id, request(id, "%s, \"max_tokens\": %s, %s".formatted(MODEL, limit, MESSAGES)), "max_tokens");
        }
    }

    @Test
    @BadInput(
            id = "B33",
            input = "`\"n\": 1000`, a huge `best_of`, or an output limit that costs more than a budget has",
            outcome = "result `budget_exceeded`; nothing is submitted")
    void answersThatCostTooMuch() throws Exception {
        var parameters = List.of(
                "\"n\": 1000, \"max_tokens\": 10000",
                "\"best_of\": 1000, \"max_tokens\": 10000",
                "\"n\": 1000",
                "\"max_tokens\": 10000000");
        for (var parameter : parameters) {
            var id = "b33-" + parameters.indexOf(parameter);
            rejected(
                    id,
                    request(id, "\"model\": \"gpt-4.1\", %s, %s".formatted(parameter, MESSAGES)),
                    "budget_exceeded");
        }
        succeeds("b33-one", request("b33-one", "\"model\": \"gpt-4.1\", \"max_tokens\": 9, " + MESSAGES));
    }

    @Test
    @BadInput(
            id = "B34",
            input = "URLs of images and files in the prompt",
            outcome = "answered; they go to the vendor as they are, Halfrate fetches none")
    void urlsInThePrompt() throws Exception {
        try (var images = new Listener()) {
            succeeds("b34", request("b34", MODEL + """
                            , "messages": [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, \
                            {"type": "image_url", "image_url": {"url": "%s/i.png"}}]}]""".formatted(images.url())));
            assertThat(images.calls()).isZero();
        }
    }

    @Test
    @BadInput(
            id = "B36",
            input = "500 record headers, one of 1 MB",
            outcome = "answered; a dead letter leaves them behind, and has its own headers alone")
    void headersOfAllSizes() throws Exception {
        var large = "h".repeat(1_000_000);
        var good = with(entry(request("b36")), "traceparent", large);
        var bad = with(entry("{"), "traceparent", large);
        for (var number = 0; number < 500; number++) {
            with(good, "x-" + number, "v");
            with(bad, "x-" + number, "v");
        }
        subject.send(good);
        var sent = subject.send(bad);

        assertThat(succeeds("b36").request().traceparent()).isNull();
        buried(sent, DeadLetter.Reason.DECODE);
        assertThat(subject.letterRecord(sent).headers())
                .hasSizeLessThan(12)
                .allSatisfy(header -> assertThat(header.value()).hasSizeLessThan(1_000));
    }

    @Test
    @BadInput(
            id = "B38",
            input = "a header `halfrate-account` that names no account",
            outcome = "result `no_account`, which names those there are")
    void accountThatThereIsNot() throws Exception {
        subject.send(with(entry(request("b38")), "halfrate-account", "west"));

        assertThat(rejected("b38", "no_account")).contains("there are messages, frugal, main");
    }

    @Test
    @BadInput(
            id = "B38",
            input = "headers of ours with values that cannot be meant",
            outcome = "result `header_invalid`, which does not quote them")
    void headersThatCannotBeMeant() throws Exception {
        var headers = List.of(
                "halfrate-account",
                "anthropic-version",
                "anthropic-beta",
                "halfrate-tag",
                "halfrate-mode",
                "halfrate-deadline");
        for (var header : headers) {
            subject.send(with(entry(request("b38-" + header)), header, "a\r\nb: c"));
        }
        for (var header : headers) {
            assertThat(rejected("b38-" + header, "header_invalid"))
                    .startsWith("header " + header)
                    .doesNotContain("b: c");
        }
    }

    @Test
    @BadInput(
            id = "B40",
            input = "a record timestamp that is negative, or years ahead",
            outcome = "answered; the time of reading counts instead")
    void timesThatCannotBe() throws Exception {
        var before = Instant.now().minusSeconds(1);
        subject.send(new At(request("b40-negative"), -1));
        subject.send(new At(
                request("b40-ahead"), before.plus(Duration.ofDays(10_000)).toEpochMilli()));

        assertThat(List.of(succeeds("b40-negative"), succeeds("b40-ahead")))
                .extracting(Result::requestedAt)
                .allSatisfy(at -> assertThat(at).isBetween(before, Instant.now()));
    }

    /** Kafka's own refuses negative times; other clients do not. */
    private static final class At extends ProducerRecord<byte[], byte[]> {
        private final long at;

        At(String value, long at) {
            super(REQUESTS, 0, null, value.getBytes(UTF_8));
            this.at = at;
        }

        @Override
        public Long timestamp() {
            return at;
        }
    }

    @Test
    @BadInput(
            id = "B41",
            input = "a deadline that is over, or sooner than any batch comes back",
            outcome = "in mode `auto` it is sent alone at once, at the full price; other modes have no deadlines")
    void deadlineThatIsOver() throws Exception {
        subject.send(with(
                with(entry(request("b41-auto")), "halfrate-mode", "auto"),
                "halfrate-deadline",
                "2020-01-01T00:00:00Z"));
        subject.send(with(entry(request("b41-batch")), "halfrate-deadline", "2020-01-01T00:00:00Z"));

        assertThat(succeeds("b41-auto").remoteBatchId()).isEmpty();
        assertThat(succeeds("b41-batch").remoteBatchId()).isNotEmpty();
    }

    @Test
    @BadInput(
            id = "B41",
            input = "a request that is older than `requests.ttl`",
            outcome = "result `request_expired`; nothing is submitted")
    void lifeThatIsOver() throws Exception {
        subject.send(new At(
                request("b41-old"), Instant.now().minus(Duration.ofDays(30)).toEpochMilli()));

        var result = subject.result("b41-old");
        assertThat(result.status()).isEqualTo(Result.Status.EXPIRED);
        assertThat(requireNonNull(result.failure()).code()).isEqualTo("request_expired");
    }

    @Test
    @BadInput(
            id = "B42",
            input = "secrets in the prompt",
            outcome = "answered; they are the vendor's to see, and stand in no log and no header of a dead letter")
    void secretsInThePrompt() throws Exception {
        var secret = "sk-in-the-prompt-77c1";
        succeeds("b42", request("b42").replace("\"q\"", "\"%s\"".formatted(secret)));
        rejected("b42-rejected", request("b42-rejected", "\"user\": \"%s\"".formatted(secret)), "model_missing");
        buried("{\"%1$s\": \"%1$s\"".formatted(secret), DeadLetter.Reason.DECODE);
        buried("{\"custom_id\": [\"%s\"]}".formatted(secret), DeadLetter.Reason.CUSTOM_ID);

        assertThat(subject.output()).doesNotContain(secret).doesNotContain(KEY);
        assertThat(subject.letterHeaders()).doesNotContain(secret);
    }

    @Test
    @BadInput(
            id = "B43",
            input =
                    "a batch of records in zstd that unpacks to a thousand times its size, far more than there is memory",
            outcome = "read piece by piece: each record is answered or buried, the process lives on")
    void bombInZstd() throws Exception {
        var count = 200;
        var large = new byte[MIB];
        Arrays.fill(large, (byte) ' ');
        var sent = new ArrayList<Sent>();
        var packed = subject.producing(
                Map.of("compression.type", "zstd", "batch.size", 20 * MIB, "linger.ms", 10_000, "acks", "all"));
        try (var producer = new KafkaProducer<>(packed, new ByteArraySerializer(), new ByteArraySerializer())) {
            var _ = producer.send(entry(request("b43-first")));
            var acknowledged = IntStream.range(0, count)
                    .mapToObj(_ -> producer.send(new ProducerRecord<>(REQUESTS, 0, null, large)))
                    .toList();
            var _ = producer.send(entry(request("b43-last")));
            producer.flush();
            for (var each : acknowledged) {
                sent.add(new Sent(0, each.get().offset(), large));
            }
        }

        succeeds("b43-first");
        succeeds("b43-last");
        for (var each : List.of(sent.getFirst(), sent.get(count / 2), sent.getLast())) {
            buried(each, DeadLetter.Reason.EMPTY);
        }
        subject.settle();
    }

    @Test
    @BadInput(
            id = "B44",
            input = "a request of a transaction that was aborted",
            outcome = "invisible: no result, no dead letter, nothing is submitted")
    void requestThatWasAborted() throws Exception {
        var transactional = subject.producing(Map.of("transactional.id", "b44"));
        try (var producer = new KafkaProducer<>(transactional, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            var _ = producer.send(entry(request("b44-aborted")));
            var _ = producer.send(entry("b44, no JSON"));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            var _ = producer.send(entry(request("b44-committed")));
            producer.commitTransaction();
        }

        succeeds("b44-committed");
        subject.settle();
        assertThat(subject.published("b44-aborted")).isEmpty();
        assertThat(subject.lettersWith("b44, no JSON")).isZero();
    }
}

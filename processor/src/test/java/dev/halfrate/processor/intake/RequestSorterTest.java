package dev.halfrate.processor.intake;

import static dev.halfrate.processor.intake.Samples.CHAT;
import static dev.halfrate.processor.intake.Samples.NOW;
import static dev.halfrate.processor.intake.Samples.at;
import static dev.halfrate.processor.intake.Samples.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.ContentHash;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestSorterTest {
    private static final LaneId MINI = new LaneId("mini", CHAT, "gpt-4o-mini", "", List.of(), "24h", "");
    private static final LaneId OTHER_24H = new LaneId("rest", CHAT, "gpt-4", "", List.of(), "24h", "");
    private static final LaneId OTHER = new LaneId("rest", CHAT, "gpt-5", "", List.of(), "7d", "");

    private final RequestSorter sorter =
            new RequestSorter(Samples.CONFIG, WriterSchemas.NONE, Samples.CAPABILITIES, Samples.TOPICS);

    @Test
    void acceptedRequestBecomesARefThatFindsItsBodyAgain() throws NoSuchAlgorithmException {
        var record = at(41, line("ä-1", "gpt-4o-mini"));
        record.headers().add("traceparent", "00-1-2-01".getBytes(UTF_8));
        var body = "{\"model\":\"gpt-4o-mini\"}".getBytes(UTF_8);
        var digest = MessageDigest.getInstance("SHA-256");
        digest.update((CHAT + "\0").getBytes(UTF_8));

        var sorted = sort(record);

        assertThat(sorted.chunks())
                .containsExactly(new RefChunk(
                        "shared",
                        MINI,
                        List.of(new Source(
                                new TopicId(new byte[] {0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9}),
                                "llm.requests")),
                        List.of(new Ref(
                                0,
                                0,
                                41L,
                                "ä-1",
                                record.value().length - 1 - body.length,
                                body.length,
                                body.length + Samples.LINE_HEAD_BYTES,
                                new Hash(Arrays.copyOf(digest.digest(body), 16)),
                                NOW.toEpochMilli(),
                                NOW.plus(Duration.ofHours(72)).toEpochMilli(),
                                0,
                                0,
                                "",
                                "00-1-2-01",
                                Map.of(),
                                0,
                                0L,
                                0L,
                                false,
                                "",
                                Map.of(),
                                0L)),
                        0L));
        assertThat(InternalFormat.REF_CHUNK.decode(
                        InternalFormat.REF_CHUNK.encode(sorted.chunks().getFirst())))
                .isEqualTo(sorted.chunks().getFirst());
    }

    @Test
    void contentTellsBodiesAndEndpointsApart() {
        var body = ByteBuffer.wrap("{}".getBytes(UTF_8));

        assertThat(ContentHash.of("/a", body)).isEqualTo(ContentHash.of("/a", body));
        assertThat(ContentHash.of("/a", body)).isNotEqualTo(ContentHash.of("/b", body));
        assertThat(ContentHash.of("/a", body))
                .isNotEqualTo(ContentHash.of("/a", ByteBuffer.wrap("{ }".getBytes(UTF_8))));
    }

    @Test
    void firstAccountThatTakesTheModelGetsIt() {
        var records =
                List.of(at(0, line("a", "gpt-4o-mini")), at(1, line("b", "gpt-5")), at(2, line("c", "gpt-4o-mini")));

        var sorted = sorter.sort(records, NOW);

        assertThat(sorted.chunks()).extracting(RefChunk::getLane).containsExactly(MINI, OTHER);
        assertThat(sorted.chunks()).extracting(RefChunk::getPool).containsExactly("shared", "rest");
        assertThat(ids(sorted.chunks())).containsExactly("a", "c", "b");
        assertThat(sorted.routed()).isEqualTo(3);
    }

    private static ConsumerRecord<byte[], byte[]> with(
            ConsumerRecord<byte[], byte[]> received, String header, String value) {
        received.headers().add(header, value.getBytes(UTF_8));
        return received;
    }

    @Test
    void accountThatTheHeaderNamesGetsItWhateverItsModels() {
        var sorted = sort(with(at(0, line("a", "gpt-4o-mini")), Wishes.ACCOUNT, "rest"));

        assertThat(sorted.chunks())
                .singleElement()
                .satisfies(chunk -> assertThat(chunk.getLane().getAccount()).isEqualTo("rest"));
    }

    @Test
    void headerThatNamesNoAccountIsRejectedNamingThem() {
        var result =
                onlyResult(sort(with(at(0, line("a", "gpt-4o-mini")), Wishes.ACCOUNT, "west")), Rejection.NO_ACCOUNT);

        assertThat(Objects.requireNonNull(result.failure()).message())
                .isEqualTo("header halfrate-account: no account is named 'west', there are mini, rest");
    }

    private static final Topics TWO_TOPICS =
            new Topics(Map.of("urgent", new Uuid(1, 1), "llm.requests", new Uuid(7, 9)), 8, 1_000_000);

    /** Account mini takes the topic urgent alone, rest takes every one. */
    private static final RequestSorter BY_TOPIC = new RequestSorter(
            ConfigFile.parse("""
                    kafka: {bootstrap.servers: none}
                    topics: {requests: [llm.requests, urgent]}
                    accounts:
                      - {name: mini, key: {env: K}, topics: [urg*]}
                      - {name: rest, key: {env: K}, models: [gpt-*]}
                    """, Map.of("K", "key")), WriterSchemas.NONE, Samples.CAPABILITIES, TWO_TOPICS);

    private static ConsumerRecord<byte[], byte[]> of(String topic, long offset, String value) {
        return at(topic, offset, value.getBytes(UTF_8), NOW.toEpochMilli());
    }

    @Test
    void firstAccountThatTakesTopicAndModelGetsIt() {
        var sorted = BY_TOPIC.sort(
                List.of(of("llm.requests", 5, line("a", "gpt-4")), of("urgent", 5, line("b", "gpt-4"))), NOW);

        assertThat(lanes(sorted)).extracting(LaneId::getAccount).containsExactly("rest", "mini");
        assertThat(sorted.counts())
                .isEqualTo(Map.of(
                        new TopicPartition("llm.requests", 0),
                        new ReadCounts(1, 0, 1, 0, 0, true),
                        new TopicPartition("urgent", 0),
                        new ReadCounts(1, 0, 1, 0, 0, true)));
    }

    @Test
    void refsOfOneLaneNameTheTopicsThatTheirBodiesLieIn() {
        var records = List.of(
                with(of("urgent", 3, line("a", "gpt-4")), Wishes.ACCOUNT, "rest"),
                of("llm.requests", 3, line("b", "gpt-4")),
                with(of("urgent", 4, line("c", "gpt-4")), Wishes.ACCOUNT, "rest"));

        var chunks = BY_TOPIC.sort(records, NOW).chunks();

        assertThat(chunks).extracting(RefChunk::getLane).hasSize(2).containsOnly(OTHER_24H);
        assertThat(chunks)
                .flatExtracting(chunk -> chunk.getRefs().stream()
                        .map(ref -> "%s %s-%d"
                                .formatted(
                                        ref.getCustomId(),
                                        chunk.getSources().get(ref.getSource()).getTopic(),
                                        ref.getOffset()))
                        .toList())
                .containsExactly("a urgent-3", "c urgent-4", "b llm.requests-3");
        assertThat(chunks.getFirst().getSources())
                .containsExactly(
                        new Source(new TopicId(new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}), "urgent"));
    }

    @Test
    void accountThatTheHeaderNamesMustTakeTheTopic() {
        var sorted =
                BY_TOPIC.sort(List.of(with(of("llm.requests", 0, line("a", "gpt-4")), Wishes.ACCOUNT, "mini")), NOW);

        assertThat(message(onlyResult(sorted, Rejection.NO_ACCOUNT)))
                .isEqualTo("header halfrate-account: account 'mini' takes no requests of topic llm.requests,"
                        + " those that do are rest");
    }

    @Test
    void modelThatNoAccountOfTheTopicTakesIsRejectedNamingThose() {
        var sorted = BY_TOPIC.sort(List.of(of("llm.requests", 0, line("a", "claude"))), NOW);

        assertThat(message(onlyResult(sorted, Rejection.NO_ACCOUNT)))
                .isEqualTo("no account that takes requests of topic llm.requests takes model 'claude':"
                        + " rest takes gpt-*");
    }

    @Test
    void deadLetterNamesTheTopicThatItCameFrom() {
        assertThat(BY_TOPIC.sort(List.of(of("urgent", 9, "rubbish")), NOW).deadLetters())
                .singleElement()
                .satisfies(letter -> {
                    assertThat(letter.topic()).isEqualTo("urgent");
                    assertThat(letter.topicId()).isEqualTo(new Uuid(1, 1).toString());
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {Wishes.ACCOUNT, Wishes.API_VERSION, Wishes.BETAS})
    void headerThatCannotBeMeantIsRejectedWithoutBeingQuoted(String header) {
        var result =
                onlyResult(sort(with(at(0, line("a", "gpt-4o-mini")), header, "a\r\nb: c")), Rejection.HEADER_INVALID);

        assertThat(Objects.requireNonNull(result.failure()).message())
                .isEqualTo("header %s must be words of letters, digits, '.', '_' and '-'".formatted(header));
    }

    @ParameterizedTest
    @ValueSource(strings = {"later", "SYNC", "batch sync"})
    void modeThatThereIsNotIsRejected(String mode) {
        var result =
                onlyResult(sort(with(at(0, line("a", "gpt-4o-mini")), Wishes.MODE, mode)), Rejection.HEADER_INVALID);

        assertThat(Objects.requireNonNull(result.failure()).message())
                .isEqualTo("header halfrate-mode must be batch, sync or auto");
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "2 hours", "-2h", "2026-11-21", "2026-11-21T20:00:00", "T"})
    void deadlineThatCannotBeReadIsRejected(String deadline) {
        var result = onlyResult(
                sort(with(at(0, line("a", "gpt-4o-mini")), Wishes.DEADLINE, deadline)), Rejection.HEADER_INVALID);

        assertThat(Objects.requireNonNull(result.failure()).message())
                .isEqualTo(
                        "header halfrate-deadline must be an instant such as 2026-11-21T20:00:00Z, or a duration such"
                                + " as 2h");
    }

    @Test
    void whatIsToBeSentAtOnceHasALaneOfItsOwn() {
        var sorted = sort(with(at(0, line("a", "gpt-4o-mini")), Wishes.MODE, "sync"));

        assertThat(sorted.chunks()).extracting(RefChunk::getLane).containsExactly(AtOnce.of(MINI));
    }

    private long deadline(String mode, String deadline) {
        var received = with(at(0, line("a", "gpt-4o-mini")), Wishes.DEADLINE, deadline);
        return sort(mode.isEmpty() ? received : with(received, Wishes.MODE, mode))
                .chunks()
                .getFirst()
                .getRefs()
                .getFirst()
                .getDeadline();
    }

    @Test
    void deadlineCountsFromTheRecordsTimeWhereTheModeIsAuto() {
        var requestedAt = sort(at(0, line("a", "gpt-4o-mini")))
                .chunks()
                .getFirst()
                .getRefs()
                .getFirst()
                .getRequestedAt();

        assertThat(deadline("auto", "2h") - requestedAt)
                .isEqualTo(Duration.ofHours(2).toMillis());
        assertThat(deadline("auto", "2026-11-21T21:00:00+01:00"))
                .isEqualTo(Instant.parse("2026-11-21T20:00:00Z").toEpochMilli());
        assertThat(deadline("auto", "+99999999-01-01T00:00:00Z") - requestedAt)
                .as("no later than the request lives")
                .isEqualTo(Duration.ofHours(72).toMillis());
        assertThat(deadline("auto", "-999999999-01-01T00:00:00Z")).isOne();
        assertThat(deadline("", "2h")).isZero();
        assertThat(deadline("batch", "2h")).isZero();
    }

    @Test
    void versionAndBetasAreThoseOfTheHeadersOrTheAccountWhereTheVendorHasThem() {
        var config = ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts:
                  - {name: mini, provider: anthropic, key: {env: K}, models: [gpt-*], api-version: v1, betas: [b, a]}
                """, Map.of("K", "key"));
        var plain = new RequestSorter(config, WriterSchemas.NONE, Samples.CAPABILITIES, Samples.TOPICS);
        var versioned =
                new RequestSorter(config, WriterSchemas.NONE, Map.of("mini", Samples.VERSIONED), Samples.TOPICS);
        var wishing = with(with(at(1, line("w", "gpt-4")), Wishes.API_VERSION, "v2"), Wishes.BETAS, "d, c,d");

        assertThat(lanes(plain.sort(List.of(at(0, line("a", "gpt-4")), wishing), NOW)))
                .containsExactly(new LaneId("mini", CHAT, "gpt-4", "", List.of(), "24h", ""));
        assertThat(lanes(versioned.sort(List.of(at(0, line("a", "gpt-4")), wishing), NOW)))
                .containsExactly(
                        new LaneId("mini", CHAT, "gpt-4", "v1", List.of("a", "b"), "24h", ""),
                        new LaneId("mini", CHAT, "gpt-4", "v2", List.of("c", "d"), "24h", ""));
    }

    private static List<LaneId> lanes(Sorted sorted) {
        return sorted.chunks().stream().map(RefChunk::getLane).toList();
    }

    @Test
    void modelThatNoAccountTakesIsRejectedNamingThem() {
        var result = onlyResult(sort(at(0, line("a", "claude"))), Rejection.NO_ACCOUNT);

        assertThat(result)
                .usingRecursiveComparison()
                .isEqualTo(new Result(
                        new Result.Request("a", NOW, null),
                        Result.Status.REJECTED,
                        "",
                        "",
                        "claude",
                        0,
                        null,
                        null,
                        new Result.Failure(
                                "no_account",
                                "no account takes model 'claude': mini takes gpt-4o-mini*; rest takes gpt-*, o3",
                                true),
                        null,
                        "",
                        "",
                        0,
                        null,
                        null,
                        NOW,
                        null,
                        null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest",
                "https://api.openai.com/v1/chat/completions",
                "//x/v1/chat/completions",
                "/v1/chat/completions/",
                "/v1/chat/completions?x=1",
                "/v1/files",
                "v1/chat/completions"
            })
    void urlThatIsNoEndpointIsRejectedNamingThem(String url) {
        var result = onlyResult(sort(at(0, line("a", "gpt-5").replace(CHAT, url))), Rejection.URL_UNSUPPORTED);

        assertThat(result.account()).isEqualTo("rest");
        assertThat(message(result))
                .isEqualTo(
                        "url must be a path without a host; account rest can batch /v1/chat/completions, /v1/responses");
    }

    @Test
    void lineIsMeasuredAsItWillBeSent() {
        var longest = padded(Samples.LINE_BYTES_MAX - Samples.LINE_HEAD_BYTES);
        var tooLong = padded(Samples.LINE_BYTES_MAX - Samples.LINE_HEAD_BYTES + 1);

        assertThat(sort(at(0, longest)).routed()).isEqualTo(1);
        assertThat(message(onlyResult(sort(at(0, tooLong)), Rejection.TOO_LARGE)))
                .isEqualTo("the request takes 20001 bytes as a line of a batch, at most 20000 are allowed");
    }

    @Test
    void requestWhoseLifeIsOverExpires() {
        var line = line("a", "gpt-5").getBytes(UTF_8);
        var life = Duration.ofHours(72);

        assertThat(sort(at(0, line, NOW.minus(life).plusMillis(1).toEpochMilli()))
                        .routed())
                .isEqualTo(1);
        var expired = onlyResult(sort(at(0, line, NOW.minus(life).toEpochMilli())), Rejection.REQUEST_EXPIRED);

        assertThat(expired.status()).isEqualTo(Result.Status.EXPIRED);
        assertThat(expired.failure())
                .isEqualTo(new Result.Failure(
                        "request_expired",
                        "the request was 3d old when it was read, but requests live 3d: send it again",
                        false));
    }

    @ParameterizedTest
    @CsvSource({"-1", "-9223372036854775808", "9223372036854775807", "1795294800001"})
    void timeThatCannotBeIsReplacedByTheClocks(long timestamp) {
        var sorted = sort(at(0, line("a", "gpt-5").getBytes(UTF_8), timestamp));

        assertThat(sorted.chunks().getFirst().getRefs().getFirst().getRequestedAt())
                .isEqualTo(NOW.toEpochMilli());
    }

    @Test
    void clockThatIsALittleAheadIsBelieved() {
        var ahead = NOW.plus(RecordTime.AHEAD_MAX).toEpochMilli();

        assertThat(sort(at(0, line("a", "gpt-5").getBytes(UTF_8), ahead))
                        .chunks()
                        .getFirst()
                        .getRefs()
                        .getFirst()
                        .getRequestedAt())
                .isEqualTo(ahead);
    }

    private static ConsumerRecord<byte[], byte[]> command(String word, byte @Nullable [] key, @Nullable String value) {
        var record = new ConsumerRecord<byte[], byte[]>(
                "llm.requests", 0, 7, key, value == null ? null : value.getBytes(UTF_8));
        record.headers().add("halfrate-command", word.getBytes(UTF_8));
        return record;
    }

    @Test
    void aCancelNamesARequestByItsKeyInEveryPoolThatMayHaveIt() {
        for (var value : Arrays.asList(null, "", "{}")) {
            var sorted = sort(command("cancel", "ä-1".getBytes(UTF_8), value));

            assertThat(sorted.cancels()).singleElement().satisfies(cancel -> {
                assertThat(cancel.customId()).isEqualTo("ä-1");
                assertThat(cancel.pools()).containsExactlyInAnyOrder("shared", "rest");
            });
            assertThat(sorted.counts().values()).containsExactly(new ReadCounts(0, 1, 0, 0, 0, true));
        }
        var ofOne = command("cancel", "a".getBytes(UTF_8), null);
        ofOne.headers().add("halfrate-account", "rest".getBytes(UTF_8));
        assertThat(sort(ofOne).cancels().getFirst().pools()).containsExactly("rest");
    }

    @Test
    void aCommandThatCannotBeMeantIsBuried() {
        for (var record : List.of(
                command("cancell", "a".getBytes(UTF_8), null),
                command("cancel", null, line("a", "gpt-5")),
                command("cancel", new byte[] {(byte) 0xFF}, null),
                command("cancel", "x".repeat(513).getBytes(UTF_8), null))) {
            var sorted = sort(record);

            assertThat(sorted.cancels()).isEmpty();
            assertThat(sorted.deadLetters()).hasSize(1);
            assertThat(sorted.counts().values()).containsExactly(new ReadCounts(1, 0, 0, 0, 1, true));
        }
    }

    @Test
    void tombstonesAskForNothing() {
        assertThat(sorter.sort(List.of(at(0, null), at(1, null)), NOW))
                .isEqualTo(new Sorted(
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        2,
                        Map.of(new TopicPartition("llm.requests", 0), new ReadCounts(0, 2, 0, 0, 0, true)),
                        Map.of()));
    }

    @Test
    void deadLetterHasTheRawBytesAndWhereTheyCameFrom() {
        var value = new byte[] {'{', (byte) 0xFF};
        var record = at(42, value, -1);
        record.headers().add("traceparent", "00-1-2-01".getBytes(UTF_8));

        assertThat(sort(record).deadLetters())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(new DeadLetter(
                        DeadLetter.Reason.DECODE,
                        "the value is not UTF-8 at byte 1",
                        "llm.requests",
                        Samples.TOPICS.idOf("llm.requests").toString(),
                        0,
                        42,
                        -1,
                        new byte[] {'k'},
                        value,
                        null,
                        "00-1-2-01",
                        0));
    }

    @Test
    void deadLetterThatItsTopicWouldRefuseKeepsOnlyItsCoordinates() {
        var roomFor = Samples.TOPICS.deadLetterBytesMax() - Topics.HEAD_BYTES_MAX - 1;

        assertThat(sort(at(0, "x".repeat(roomFor))).deadLetters().getFirst().value())
                .hasSize(roomFor);
        var tooLarge = sort(at(7, "x".repeat(roomFor + 1))).deadLetters().getFirst();

        assertThat(tooLarge.value()).isNull();
        assertThat(tooLarge.key()).isNull();
        assertThat(tooLarge.offset()).isEqualTo(7);
        assertThat(tooLarge.message()).endsWith("; too large for this topic, read it at its source");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "with\nline feed", "ümlaut"})
    void traceparentThatIsNoneIsDropped(String traceparent) {
        var record = at(0, line("a", "gpt-5"));
        record.headers().add("traceparent", traceparent.getBytes(UTF_8));

        assertThat(sort(record).chunks().getFirst().getRefs().getFirst().getTraceparent())
                .isNull();
    }

    @Test
    void chunksKeepBothLimits() {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        for (var i = 0; i < 2_001; i++) {
            records.add(at(i, line("id-" + i, "gpt-5")));
        }
        // 512 characters of three bytes each: the bytes are over before the count is.
        for (var i = 0; i < 1_000; i++) {
            records.add(at(10_000 + i, line("€".repeat(508) + "%04d".formatted(i), "gpt-4o-mini")));
        }

        var chunks = sorter.sort(records, NOW).chunks();

        assertThat(chunks)
                .filteredOn(chunk -> chunk.getLane().equals(OTHER))
                .extracting(chunk -> chunk.getRefs().size())
                .containsExactly(1_000, 1_000, 1);
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.getRefs()).hasSizeLessThanOrEqualTo(ChunkBuilder.REFS_MAX);
            assertThat(InternalFormat.REF_CHUNK.encode(chunk)).hasSizeLessThanOrEqualTo(ChunkBuilder.CHUNK_BYTES_MAX);
        });
        // The bound is close enough to the truth to be worth having.
        assertThat(chunks).filteredOn(chunk -> chunk.getLane().equals(MINI)).hasSize(4);
        assertThat(new HashSet<>(ids(chunks))).hasSize(3_001);
    }

    @Test
    void accountWithoutCapabilitiesIsAMistakeOfTheWiring() {
        assertThatThrownBy(() -> new RequestSorter(Samples.CONFIG, WriterSchemas.NONE, Map.of(), Samples.TOPICS))
                .hasMessage("no capabilities for account mini");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyRecordEndsInExactlyOnePlace(long seed) {
        var random = new SplittableRandom(seed);
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        for (var i = 0; i < 5_000; i++) {
            records.add(random.nextInt(20) == 0 ? at(i, null) : at(i, damaged(random, i), randomTime(random)));
        }

        var sorted = sorter.sort(records, NOW);

        var refs = sorted.chunks().stream().flatMap(chunk -> chunk.getRefs().stream());
        assertThat(refs.map(Ref::getOffset)).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(sorted.routed()
                        + sorted.answers().size()
                        + sorted.deadLetters().size()
                        + sorted.tombstones())
                .as("seed %d", seed)
                .isEqualTo(records.size());
        assertThat(sorted.routed()).as("seed %d", seed).isPositive();
        assertThat(sorted.answers()).as("seed %d", seed).isNotEmpty();
        assertThat(sorted.deadLetters()).as("seed %d", seed).isNotEmpty();
    }

    private static byte[] damaged(SplittableRandom random, int i) {
        var value =
                line("id-" + i, random.nextBoolean() ? "gpt-5" : "gpt-4o-mini").getBytes(UTF_8);
        for (var changes = random.nextInt(4); changes > 0; changes--) {
            value[random.nextInt(value.length)] = (byte) random.nextInt(256);
        }
        return value;
    }

    private static long randomTime(SplittableRandom random) {
        return random.nextInt(10) == 0 ? random.nextLong() : NOW.toEpochMilli() - random.nextInt(100_000_000);
    }

    private Sorted sort(ConsumerRecord<byte[], byte[]> record) {
        return sorter.sort(List.of(record), NOW);
    }

    private static Result onlyResult(Sorted sorted, Rejection rejection) {
        assertThat(sorted.routed()).isZero();
        assertThat(sorted.deadLetters()).isEmpty();
        assertThat(sorted.answers()).extracting(Sorted.Answer::rejection).containsExactly(rejection);
        return sorted.answers().getFirst().result();
    }

    private static String message(Result result) {
        var failure = result.failure();
        assertThat(failure).isNotNull();
        return failure == null ? "" : failure.message();
    }

    private static List<String> ids(List<RefChunk> chunks) {
        return chunks.stream()
                .flatMap(chunk -> chunk.getRefs().stream())
                .map(Ref::getCustomId)
                .toList();
    }

    /** A request whose body has this many bytes. */
    private static String padded(int bodyBytes) {
        var shell = "{\"model\":\"gpt-5\",\"x\":\"\"}";
        return line("a", "gpt-5")
                .replace(
                        "{\"model\":\"gpt-5\"}",
                        shell.replace("\"\"", "\"" + "x".repeat(bodyBytes - shell.length()) + "\""));
    }
}

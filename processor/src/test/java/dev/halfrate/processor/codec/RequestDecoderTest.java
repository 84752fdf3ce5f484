package dev.halfrate.processor.codec;

import static dev.halfrate.processor.codec.AvroSamples.framed;
import static dev.halfrate.processor.codec.AvroSamples.noHeaders;
import static dev.halfrate.processor.codec.AvroSamples.record;
import static dev.halfrate.processor.codec.AvroSamples.request;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.DeadLetter.Reason;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.schemas.PublicSchemas;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY =
            "{ \"model\":\"gpt-5\", \"max_tokens\": 7,\n \"seed\":1.50, \"messages\":[{\"role\":\"user\",\"content\":\"gr\\u00fc\u00df \ud83d\ude00\"}]}";
    private static final UUID GUID = UUID.fromString("0c6eb7bb-60ac-4a0c-a3d1-0c5b6b8a4a11");

    private final Map<SchemaRef, Lookup> registry =
            new HashMap<>(Map.of(new SchemaRef.Id(7), new Lookup.Found(PublicSchemas.REQUEST)));
    private final RequestDecoder decoder = new RequestDecoder(
            schema -> registry.getOrDefault(schema, new Lookup.Missing(Reason.SCHEMA_UNKNOWN, "no " + schema)));

    private Parsed decode(byte[] value) {
        return decode(value, noHeaders());
    }

    private Parsed decode(byte[] value, Headers headers) {
        return decoder.decode(value, headers).orElseThrow();
    }

    private static String body(byte[] value, Parsed parsed) {
        var request = (Parsed.Request) parsed;
        return new String(value, request.bodyOffset(), request.bodyBytes(), UTF_8);
    }

    private static Schema extended(String fields) {
        return new Schema.Parser().parse("""
                {"type": "record", "name": "Request", "namespace": "dev.halfrate", "fields": [%s]}
                """.formatted(fields));
    }

    @Test
    void anAvroRequestIsJudgedAsTheSameOneInJsonAndItsBodyIsAPieceOfItsValue() {
        var json = "{\"custom_id\":\"a-1\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}".formatted(CHAT, BODY);
        var value = framed(7, request("a-1", CHAT, BODY));

        var avro = (Parsed.Request) decode(value);
        var plain = (Parsed.Request) decode(json.getBytes(UTF_8));

        assertThat(body(value, avro)).isEqualTo(BODY);
        assertThat(avro).usingRecursiveComparison().ignoringFields("bodyOffset").isEqualTo(plain);
        assertThat(avro.outputTokensMax()).isEqualTo(7);
    }

    @Test
    void aLongPromptHasTheSamePrefixInBothForms() {
        var body = "{\"model\":\"m\",\"messages\":[\"%s\"]}".formatted("long ".repeat(5_000));
        var json = "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}".formatted(CHAT, body);

        var avro = (Parsed.Request) decode(framed(7, request("a", CHAT, body)));

        assertThat(avro.prefix()).isNotZero().isEqualTo(((Parsed.Request) decode(json.getBytes(UTF_8))).prefix());
    }

    @Test
    void whiteSpaceAroundTheBodyIsNoPartOfIt() {
        var value = framed(7, request("a", CHAT, " \n{\"model\":\"m\"}\t "));

        assertThat(body(value, decode(value))).isEqualTo("{\"model\":\"m\"}");
    }

    @Test
    void fieldsThatAnotherSchemaHasBesideAreSteppedOver() {
        var schema = extended("""
                {"name": "before", "type": {"type": "map", "values": {"type": "array", "items": ["null", "double"]}}},
                {"name": "body", "type": ["string"]},
                {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
                {"name": "url", "type": "bytes"},
                {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 3}},
                {"name": "flags", "type": {"type": "record", "name": "Flags", "fields": [
                    {"name": "on", "type": "boolean"}, {"name": "f", "type": "float"}, {"name": "next", "type": ["null", "Flags"]}]}},
                {"name": "custom_id", "type": "string"},
                {"name": "n", "type": "long"}
                """);
        registry.put(new SchemaRef.Id(-1), new Lookup.Found(schema));
        var flags = schema.getField("flags").schema();
        var value = framed(
                -1,
                record(
                        schema,
                        Map.of(
                                "before",
                                Map.of("x", Arrays.asList(1.0, null), "y", List.of()),
                                "body",
                                "{\"model\":\"m\"}",
                                "kind",
                                new GenericData.EnumSymbol(
                                        schema.getField("kind").schema(), "B"),
                                "url",
                                ByteBuffer.wrap(CHAT.getBytes(UTF_8)),
                                "digest",
                                new GenericData.Fixed(schema.getField("digest").schema(), new byte[3]),
                                "flags",
                                record(
                                        flags,
                                        Map.of(
                                                "on",
                                                true,
                                                "f",
                                                1f,
                                                "next",
                                                record(flags, Map.of("on", false, "f", 2f)))),
                                "custom_id",
                                "späte",
                                "n",
                                Long.MIN_VALUE)));

        var parsed = (Parsed.Request) decode(value);

        assertThat(parsed.customId()).isEqualTo("späte");
        assertThat(parsed.url()).isEqualTo(CHAT);
        assertThat(body(value, parsed)).isEqualTo("{\"model\":\"m\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"[1]", "\"text\"", "null", "7", "", " ", "{", "{\"a\":1}{}", "{\"a\":1,\"a\":2}", "{'a':1}"})
    void aBodyThatIsNoJsonObjectIsRejectedUnderItsId(String body) {
        assertThat(decode(framed(7, request("a", CHAT, body))))
                .isInstanceOfSatisfying(Parsed.Rejected.class, rejected -> {
                    assertThat(rejected.customId()).isEqualTo("a");
                    assertThat(rejected.rejection()).isEqualTo(Rejection.BODY_TYPE);
                });
    }

    @Test
    void aBodyThatIsNotUtf8IsRejectedUnderItsId() {
        var record = request("a", CHAT, "");
        record.put("body", new Utf8(new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'}));

        assertThat(decode(framed(7, record)))
                .isEqualTo(new Parsed.Rejected(
                        "a", "", Rejection.BODY_TYPE, "body must be a JSON object: body is not UTF-8 at byte 2"));
    }

    @Test
    void theRulesOfABodyAreThoseOfJson() {
        assertThat(List.of(
                        decode(framed(7, request("a", CHAT, "{}"))),
                        decode(framed(7, request("a", CHAT, "{\"model\":\"m\",\"stream\":true}"))),
                        decode(framed(7, request("a", "/v1/messages", "{\"model\":\"m\"}"))),
                        decode(framed(7, request("a", "", "{\"model\":\"m\"}")))))
                .extracting(parsed -> ((Parsed.Rejected) parsed).rejection())
                .containsExactly(
                        Rejection.MODEL_MISSING,
                        Rejection.STREAM_UNSUPPORTED,
                        Rejection.MAX_TOKENS,
                        Rejection.URL_UNSUPPORTED);
    }

    @Test
    void anIdThatNoResultCouldHaveIsADeadLetter() {
        var broken = request("", CHAT, BODY);
        broken.put("custom_id", new Utf8(new byte[] {(byte) 0xC3}));

        assertThat(List.of(
                        decode(framed(7, request("", CHAT, BODY))),
                        decode(framed(7, request("x".repeat(513), CHAT, BODY))),
                        decode(framed(7, broken))))
                .extracting(parsed -> ((Parsed.Unusable) parsed).reason())
                .containsOnly(Reason.CUSTOM_ID);
    }

    @Test
    void aGuidInTheHeaderNamesTheSchemaToo() {
        registry.put(new SchemaRef.Guid(GUID), new Lookup.Found(PublicSchemas.REQUEST));
        var bare = framed(7, request("a", CHAT, BODY));
        var value = Arrays.copyOfRange(bare, Framing.ID_BYTES, bare.length);
        var name = ByteBuffer.allocate(Framing.GUID_BYTES)
                .put(Framing.BY_GUID)
                .putLong(GUID.getMostSignificantBits())
                .putLong(GUID.getLeastSignificantBits())
                .array();

        assertThat(body(value, decode(value, noHeaders().add(Framing.HEADER, name))))
                .isEqualTo(BODY);
        assertThat(decode(value, noHeaders().add(Framing.HEADER, new byte[] {9})))
                .isInstanceOf(Parsed.Unusable.class);
    }

    @Test
    void nothingIsDecidedAsLongAsNobodyKnowsTheSchema() {
        registry.put(new SchemaRef.Id(8), new Lookup.Pending());

        assertThat(decoder.decode(framed(8, request("a", CHAT, BODY)), noHeaders()))
                .isEmpty();
    }

    @Test
    void unknownAndIncompatibleSchemasAreDeadLettersOfTheirOwn() {
        registry.put(
                new SchemaRef.Id(8), new Lookup.Found(extended("{\"name\": \"custom_id\", \"type\": \"string\"}")));
        registry.put(new SchemaRef.Id(9), new Lookup.Found(extended("""
                        {"name": "custom_id", "type": "long"}, {"name": "url", "type": "string"}, {"name": "body", "type": "string"}
                        """)));
        registry.put(new SchemaRef.Id(10), new Lookup.Found(Schema.create(Schema.Type.STRING)));

        assertThat(List.of(8, 9, 10))
                .map(id -> (Parsed.Unusable)
                        decode(ByteBuffer.allocate(20).put((byte) 0).putInt(id).array()))
                .allSatisfy(parsed -> assertThat(parsed.reason()).isEqualTo(Reason.SCHEMA_INCOMPATIBLE))
                .first()
                .satisfies(parsed ->
                        assertThat(parsed.message()).contains("dev.halfrate.Request", "missing default value"));
        assertThat(((Parsed.Unusable) decode(framed(11, request("a", CHAT, BODY)))).reason())
                .isEqualTo(Reason.SCHEMA_UNKNOWN);
    }

    @Test
    void withoutARegistryOneIsAskedFor() {
        var parsed = new RequestDecoder(WriterSchemas.NONE)
                .decode(framed(7, request("a", CHAT, BODY)), noHeaders())
                .orElseThrow();

        assertThat(parsed).isInstanceOfSatisfying(Parsed.Unusable.class, unusable -> {
            assertThat(unusable.reason()).isEqualTo(Reason.SCHEMA_UNKNOWN);
            assertThat(unusable.message()).contains("schema-registry.urls");
        });
    }

    @Test
    void bytesThatAreNotWhatTheirSchemaSaysAreADeadLetter() {
        var value = framed(7, request("a", CHAT, BODY));

        for (var length = 1; length < value.length; length++) {
            assertThat(decode(Arrays.copyOf(value, length)))
                    .as("cut to %d bytes", length)
                    .isInstanceOfSatisfying(
                            Parsed.Unusable.class,
                            unusable -> assertThat(unusable.reason()).isEqualTo(Reason.DECODE));
        }
        assertThat(decode(Arrays.copyOf(value, value.length + 1))).isInstanceOf(Parsed.Unusable.class);
    }

    @Test
    void hostileBytesEndInAnAnswer() {
        var schema = extended("""
                {"name": "nulls", "type": {"type": "array", "items": "null"}},
                {"name": "tree", "type": {"type": "record", "name": "Tree", "fields": [
                    {"name": "next", "type": ["null", "Tree"]}]}},
                {"name": "custom_id", "type": "string"}, {"name": "url", "type": "string"}, {"name": "body", "type": "string"}
                """);
        registry.put(new SchemaRef.Id(8), new Lookup.Found(schema));
        // An array of 2^62 nulls, and a tree that is deeper than any stack.
        var nulls = new byte[] {0, 0, 0, 0, 8, -2, -1, -1, -1, -1, -1, -1, -1, 127, 0};
        var deep = new byte[100_000];
        Arrays.fill(deep, 6, deep.length, (byte) 2);
        deep[4] = 8;

        assertThat(decode(nulls)).isInstanceOf(Parsed.Unusable.class);
        assertThat(decode(deep)).isInstanceOf(Parsed.Unusable.class);
    }

    @Test
    void anyBytesGetAnAnswerThatDoesNotQuoteThem() {
        var seed = Long.getLong("seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        var sample = framed(7, request("secret-id", CHAT, BODY));
        for (var i = 0; i < 20_000; i++) {
            var value = sample.clone();
            for (var change = random.nextInt(1, 6); change > 0; change--) {
                value[random.nextInt(Framing.ID_BYTES, value.length)] = (byte) random.nextInt();
            }
            var parsed = decode(value);
            if (parsed instanceof Parsed.Request request) {
                assertThat(request.bodyOffset() + request.bodyBytes())
                        .as("seed %d, round %d", seed, i)
                        .isLessThanOrEqualTo(value.length);
            } else if (parsed instanceof Parsed.Unusable unusable) {
                assertThat(unusable.message()).as("seed %d, round %d", seed, i).doesNotContain("secret");
            }
        }
    }
}

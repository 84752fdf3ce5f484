package dev.halfrate.processor.fuzz;

import static dev.halfrate.processor.fuzz.Decoder.CANARY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.call.CallException;
import dev.halfrate.processor.call.CallJournal;
import dev.halfrate.processor.call.RequestFile;
import dev.halfrate.processor.call.ResultsFile;
import dev.halfrate.processor.callback.EndpointReplies;
import dev.halfrate.processor.codec.AvroSamples;
import dev.halfrate.processor.codec.AvroValues;
import dev.halfrate.processor.codec.BatchProgressCodec;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestDecoder;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.Texts;
import dev.halfrate.processor.estimate.Estimator;
import dev.halfrate.processor.ledger.Restart;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.processor.provider.anthropic.AnthropicProvider;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.processor.provider.openai.OpenAiProvider;
import dev.halfrate.processor.registry.RegistryReplies;
import dev.halfrate.processor.source.Rendered;
import dev.halfrate.processor.source.Source;
import dev.halfrate.processor.webhook.SignedMessages;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.schemas.internal.AccountBinding;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LearnedRecord;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.PartitionEpoch;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.SealedIds;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.SpendRecord;
import dev.halfrate.schemas.internal.TopicBirth;
import dev.halfrate.schemas.internal.UnreadableRecordException;
import dev.halfrate.schemas.internal.WaitingChunk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Everything that reads bytes of others. */
final class Decoders {
    private static final Instant NOW = Instant.parse("2026-11-21T20:00:00Z");
    private static final int SCHEMA = 7;

    private static final String BODY = """
            {"model": "gpt-4o-mini", "max_tokens": 5, "n": 2, "stream": false, "messages": [{"role": "system", "content": \
            [{"type": "text", "text": "%1$s"}]}, {"role": "user", "content": "%1$s ä🦆 \\u00e4 \\ud83e\\udd86"}], "x": [1.5e-3, -0, null]}""".formatted(CANARY);

    private static final String LINE =
            "{\"custom_id\": \"a-1\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": " + BODY + "}";

    private static final String MESSAGE = """
            {"custom_id": "a-2", "params": {"model": "claude-haiku-4-5", "max_tokens": 5, "system": "%1$s", "messages": [\
            {"role": "user", "content": [{"type": "document", "source": {"data": "%1$s"}}, {"type": "text", "text": "%1$s"}]}]}}""".formatted(CANARY);

    private static final String RESULT = """
            {"custom_id":"a-1","status":"succeeded","provider":"openai","account":"main","model":"gpt-4o","tag":"t","http_status":200,\
            "response":{"id":"x","choices":[{"message":{"content":"%1$s"}}]},"response_parts":null,"error":null,\
            "usage":{"input_tokens":10,"cached_input_tokens":2,"cache_write_tokens":0,"hour_cache_write_tokens":0,"output_tokens":3},\
            "cost":{"usd":0.00015,"synchronous_usd":0.0003,"uncached_usd":0.0002},"batch_id":"b-1","remote_batch_id":"batch_1",\
            "attempts":1,"requested_at":"2026-11-21T20:15:30.120Z","created_at":"2026-11-21T20:15:31.120Z",\
            "ended_at":"2026-11-21T20:16:30.120Z","published_at":"2026-11-21T20:16:31.120Z"}""".formatted(CANARY);

    private static final String FAILED = """
            {"custom_id":"a-2","status":"failed","provider":"openai","account":"main","model":"gpt-4o","tag":null,"http_status":400,\
            "response":null,"response_parts":{"topic":"p","partition":1,"offsets":[1,2,9],"bytes":7,"sha256":"00ff"},\
            "error":{"code":"c","message":"%1$s","permanent":true},"usage":null,"cost":null,"batch_id":null,"remote_batch_id":null,\
            "attempts":0,"requested_at":"2026-11-21T20:15:30.120Z","created_at":null,"ended_at":null,\
            "published_at":"2026-11-21T20:16:31.120Z"}""".formatted(CANARY);

    private static final String SPEND = """
            "answered":1,"answered_bytes":2,"input_tokens":3,"cached_input_tokens":1,"cache_write_tokens":1,"hour_cache_write_tokens":1,\
            "output_tokens":4,"cost":{"usd":0.1,"synchronous_usd":0.2,"uncached_usd":0.3},"unpriced_tokens":5""";

    private static final String PROGRESS = """
            {"batch_id":"b-1","state":"settled","provider":"openai","account":"main","model":"%2$s","endpoint":"/v1/chat/completions",\
            "remote_batch_id":"r","remote_status":"completed","attempt":1,"items":2,"bytes":3,"remote_done":2,"succeeded":2,"failed":0,\
            "expired":0,"cancelled":0,"returned":0,%1$s,"tags":{"team":{%1$s}},"reason":null,"sealed_at":"2026-11-21T20:15:30.120Z",\
            "at":"2026-11-21T20:15:30.120Z"}""".formatted(SPEND, CANARY);

    private static final String EVENT = """
            {"id": 7, "text": "%1$s", "price": 1.10, "product": {"name": "Mug"}, "items": [{"name": "a"}, {"name": "%1$s"}]}""".formatted(CANARY);

    private static final String SOURCES = """
            sources:
              - name: reviews
                topic: reviews
                custom-id: "review-{{ value.id }}"
                url: /v1/chat/completions
                when: "{{ value.price > 1 }}"
                tag: "{{ headers['team'] | default('none') }}"
                body:
                  model: gpt-5-mini
                  max_completion_tokens: "{{ value.id | json }}"
                  messages:
                    - {role: user, content: "{% for item in value.items %}{{ item.name | upper }}{% endfor %} {{ value.text | abbreviate(20) }}"}
            """;

    private static final String CONFIG = """
            application: app
            kafka: {bootstrap.servers: "a:1,b:2", sasl.jaas.config: {env: KEY}, request.timeout.ms: 5000}
            topics: {requests: [t.requests, t.more], partitions: 4, replication-factor: 1}
            schema-registry: {urls: "http://localhost:8081", user: u, password: {env: KEY}, timeout: 1s}
            requests: {ttl: 2h, line-bytes-max: 1MiB}
            accounts:
              - {name: one, provider: anthropic, base-url: "http://localhost:8080/v1", key: {env: KEY}, models: [claude-*]}
              - name: two
                key: {env: KEY}
                pool: shared
                completion-window: 7d
                limits: {enqueued-tokens: {gpt-4o: 1000000}, creates-per-hour: 5}
                doubts: {policy: hold, lines-max: 7}
                sync: {calls-max: 20, timeout: 2m}
                webhook-secrets: [{env: SECRET}]
            lanes: {requests-max: 10, bytes-max: 200KB, age-max: 2s}
            ledger: {poll-delays: [100ms, 1s], poll-jitter: 0.5, running-max: 8d}
            webhooks: {port: 8090}
            money: {budgets: [{name: small, pool: shared, period: total, usd: 1.5, at-limit: reject}], tags: [team]}
            """ + SOURCES;

    private static final String PRICES = """
            prices:
              - models: [m, "%s"]
                since: 2026-11-21
                source: s
                input: 2.00
                cached-input: 0.20
                cache-write: 2.50
                hour-cache-write: 4
                output: 10.00
                batch: 0.5
                long-context: {above: 272000, input: 2, output: 1.5}
            """.formatted(CANARY);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Path directory = Files.createTempDirectory("fuzz");
    private final List<Decoder> all = new ArrayList<>();

    Decoders() throws Exception {
        requests();
        feeds();
        internals();
        events();
        all.add(registry());
        files();
        configuration();
        webhooks();
        all.add(Decoder.of(
                        "an endpoint's answer to a callback",
                        opened(new EndpointReplies())::read,
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 %s\r\nRetry-After: 120\r\n\r\n".formatted(CANARY),
                        "HTTP/1.0 410\nretry-after: Sun, 22 Nov 2026 08:00:00 GMT\n\n")
                .refusing(IOException.class));
        vendor(
                "openai",
                OpenAiReplies.ALL,
                peer -> OpenAiProvider.of(
                        RawVendor.account("openai", peer.url() + "/v1"), RawVendor.timeouts(Duration.ofSeconds(20))));
        vendor(
                "anthropic",
                AnthropicReplies.ALL,
                peer -> AnthropicProvider.of(
                        RawVendor.account("anthropic", peer.url() + "/v1"),
                        RawVendor.timeouts(Duration.ofSeconds(20))));
    }

    List<Decoder> all() {
        return all;
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        open.push(closeable);
        return closeable;
    }

    private static ConsumerRecord<byte[], byte[]> received(byte[] value, RecordHeaders headers) {
        return new ConsumerRecord<>(
                "reviews",
                0,
                7,
                NOW.toEpochMilli(),
                TimestampType.CREATE_TIME,
                1,
                value.length,
                "k".getBytes(UTF_8),
                value,
                headers,
                Optional.empty());
    }

    private static RecordHeaders headers(byte[] lines) {
        var headers = new RecordHeaders();
        for (var line : new String(lines, ISO_8859_1).split("\n", -1)) {
            var colon = line.indexOf(':');
            if (colon >= 0) {
                headers.add(line.substring(0, colon), line.substring(colon + 1).getBytes(ISO_8859_1));
            }
        }
        return headers;
    }

    private void requests() {
        var decoder = new RequestDecoder(_ -> new Lookup.Found(PublicSchemas.REQUEST));
        all.add(Decoder.ofJson(
                "a request",
                value -> said(decoder.decode(value, new RecordHeaders())),
                LINE,
                MESSAGE,
                "[" + LINE + "]"));
        all.add(Decoder.of(
                "a request in Avro",
                value -> said(decoder.decode(value, new RecordHeaders())),
                Stream.of(
                        AvroSamples.framed(SCHEMA, AvroSamples.request("a-1", "/v1/chat/completions", BODY)),
                        AvroSamples.framed(SCHEMA, AvroSamples.request("", "", "")))));
        var marked = opened(AnthropicProvider.of(
                        ConfigFile.parse("""
                                kafka: {bootstrap.servers: none}
                                accounts: [{name: main, provider: anthropic, key: {env: KEY}, prompt-cache: {mark: 5m}}]
                                """, Map.of("KEY", "key")).accounts().getFirst(),
                        RawVendor.timeouts(Duration.ofSeconds(20))))
                .capabilities()
                .lineFormat();
        all.add(Decoder.ofJson(
                "a request that is marked for the cache",
                value -> {
                    if (decoder.decode(value, new RecordHeaders()).orElse(null) instanceof Parsed.Request request) {
                        var body = ByteBuffer.wrap(value, request.bodyOffset(), request.bodyBytes());
                        marked.encode(new UpstreamId("abcdefgh234567ab", 1), request.url(), body);
                    }
                    return "";
                },
                MESSAGE));
        all.add(Decoder.of(
                "a request's headers",
                lines -> {
                    var headers = headers(lines);
                    var wishes = Wishes.of(headers);
                    return Wishes.fault(headers).orElse("")
                            + Wishes.command(headers).length()
                            + wishes.deadline(NOW)
                            + said(decoder.decode(LINE.getBytes(UTF_8), headers));
                },
                "halfrate-account:%1$s-\nhalfrate-tag:team %1$s\nhalfrate-mode:auto\nhalfrate-deadline:2h"
                        .formatted(CANARY),
                "halfrate-mode:sync%s\nhalfrate-deadline:2026-11-21T20:00:00Z".formatted(CANARY),
                "anthropic-version:v1\nanthropic-beta:a, b,%s!\nhalfrate-command:cancel".formatted(CANARY),
                "__value_schema_id:\0\0\0\0\7\ntraceparent:00-1-2-01\nhalfrate-replays:3"));
    }

    private static String said(Optional<Parsed> parsed) {
        return switch (parsed.orElse(null)) {
            case Parsed.Rejected rejected -> rejected.message();
            case Parsed.Unusable unusable -> unusable.message();
            case Parsed.Request _ -> "";
            case null -> "";
        };
    }

    private void feeds() {
        all.add(Decoder.ofJson(
                        "a result",
                        value -> "" + ResultCodec.encode(ResultCodec.decode(value, null)).length,
                        RESULT,
                        FAILED)
                .refusing(MalformedRecordException.class));
        all.add(Decoder.ofJson(
                        "a batch's progress",
                        value -> "" + BatchProgressCodec.encode(BatchProgressCodec.decode(value)).length,
                        PROGRESS)
                .refusing(MalformedRecordException.class));
        all.add(Decoder.of(
                        "a dead letter's headers",
                        lines -> DeadLetterCodec.fromRecord(received(new byte[0], headers(lines)))
                                .reason()
                                .name(),
                        """
                        halfrate-reason:id_conflict
                        halfrate-message:m
                        halfrate-source-topic:t
                        halfrate-source-topic-id:AAAA
                        halfrate-source-partition:1
                        halfrate-source-offset:2
                        halfrate-source-timestamp:-1
                        halfrate-custom-id:%s
                        traceparent:00-1
                        halfrate-replays:2""".formatted(CANARY),
                        """
                        halfrate-reason:decode
                        halfrate-message:m
                        halfrate-source-topic:t
                        halfrate-source-topic-id:AAAA
                        halfrate-source-partition:2147483648
                        halfrate-source-offset:2
                        halfrate-source-timestamp:3""")
                .refusing(MalformedRecordException.class));
        all.add(Decoder.of(
                "counts beside offsets",
                text -> ReadCounts.parse(new String(text, UTF_8)).toText(),
                new ReadCounts(9, 2, 3, 4, 2, true).toText()));
    }

    private void internals() throws IOException {
        var types = List.of(
                RefChunk.getClassSchema(),
                Signal.getClassSchema(),
                Command.getClassSchema(),
                ManifestChunk.getClassSchema(),
                LedgerRecord.getClassSchema(),
                PartitionEpoch.getClassSchema(),
                LaneRecord.getClassSchema(),
                WaitingChunk.getClassSchema(),
                SealedIds.getClassSchema(),
                SealedBatch.getClassSchema(),
                TopicBirth.getClassSchema(),
                AccountBinding.getClassSchema(),
                LearnedRecord.getClassSchema(),
                SpendRecord.getClassSchema());
        var samples = new ArrayList<byte[]>();
        for (var type = 0; type < types.size(); type++) {
            samples.add(framed(types.get(type), new byte[] {(byte) (type + 1), 1, 0}));
        }
        all.add(Decoder.of(
                        "an internal record",
                        value -> InternalFormat.decodeAny(value).getSchema().getName(),
                        samples.stream())
                .refusing(UnreadableRecordException.class));
        all.add(Decoder.of(
                        "a batch of the ledger",
                        value -> Restart.read(value).state().word(),
                        Examples.states().stream().map(state -> Restart.written(Examples.in(state))))
                .refusing(UnreadableRecordException.class));
    }

    /** @return any value of the schema after these bytes */
    private static byte[] framed(Schema schema, byte[] head) throws IOException {
        var out = new ByteArrayOutputStream();
        out.writeBytes(head);
        var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<Object>(schema)
                .write(new RandomData(schema, 1, SCHEMA, true).iterator().next(), encoder);
        return out.toByteArray();
    }

    private void events() throws IOException {
        var schema = new Schema.Parser().parse("""
                {"type": "record", "name": "Review", "fields": [{"name": "id", "type": "long"}, {"name": "text", "type": "string"},
                {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "day", "type": {"type": "int", "logicalType": "date"}}, {"name": "raw", "type": "bytes"},
                {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
                {"name": "name", "type": ["null", "string"]}, {"name": "more", "type": {"type": "map", "values": "double"}},
                {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
                {"name": "mark", "type": {"type": "fixed", "name": "Mark", "size": 3}}]}}}]}""");
        var source = opened(source(_ -> new Lookup.Found(schema)));
        all.add(Decoder.ofJson(
                "an event", value -> said(source.render(received(value, new RecordHeaders()), NOW)), EVENT));
        all.add(Decoder.of(
                "an event in Avro",
                value -> said(source.render(received(value, new RecordHeaders()), NOW)),
                Stream.of(framed(schema, new byte[] {0, 0, 0, 0, SCHEMA}))));
    }

    private static Source source(WriterSchemas schemas) {
        var config = ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: KEY}}]
                """ + SOURCES, Map.of("KEY", "key"));
        return Source.of(config.sources(), Set.of("/v1/chat/completions"), schemas)
                .getFirst();
    }

    private static String said(Rendered rendered) {
        return rendered instanceof Rendered.Unusable(var _, var message) ? message : "";
    }

    /** What a registry says is used at once, for values that were written otherwise. */
    private Decoder registry() {
        var replies = opened(new RegistryReplies());
        var values = List.of(
                AvroSamples.framed(SCHEMA, AvroSamples.request("a-1", "/v1/chat/completions", BODY)),
                new byte[] {0, 0, 0, 0, SCHEMA, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2});
        return Decoder.ofJson(
                "a registry's answer",
                body -> {
                    var status = Set.of(0, 1).contains(body.length % 8) ? 404 : 200;
                    var lookup = replies.read(new SchemaRef.Id(SCHEMA), status, body);
                    for (var value : values) {
                        new RequestDecoder(_ -> lookup).decode(value, new RecordHeaders());
                        new AvroValues(_ -> lookup).read(value, new RecordHeaders());
                    }
                    return "";
                },
                "{\"subject\": \"s\", \"version\": 1, \"id\": 7, \"schemaType\": \"AVRO\", \"schema\": %s}"
                        .formatted(quoted(PublicSchemas.REQUEST.toString())),
                "{\"schema\": %s}".formatted(quoted(PublicSchemas.RESULT.toString())),
                "{\"schema\": %s}"
                        .formatted(
                                quoted(
                                        "{\"type\":\"record\",\"name\":\"dev.halfrate.Request\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"dev.halfrate.Request\"]}]}")),
                "{\"schema\": %s}"
                        .formatted(
                                quoted(
                                        "{\"type\":\"record\",\"name\":\"Request\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"no.Such\"]}]}")),
                "{\"error_code\": 40403, \"message\": \"%s\"}".formatted(CANARY));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private void files() {
        var estimator = new Estimator();
        all.add(Decoder.of(
                        "a file of requests",
                        bytes -> {
                            var file = written(bytes);
                            return ""
                                    + estimator
                                            .read(new RequestFile(
                                                    file, Set.of("/v1/chat/completions", "/v1/messages"), 1 << 20))
                                            .size();
                        },
                        LINE + "\n" + MESSAGE + "\n")
                .refusing(CallException.class)
                .oneIn(4));
        all.add(Decoder.of(
                        "a journal of calls",
                        bytes -> {
                            try (var journal = CallJournal.open(written(bytes))) {
                                return journal.getClass().getSimpleName();
                            }
                        },
                        """
                        {"journal":"halfrate call","version":1}
                        {"sending":[{"id":"%1$s","hash":"00"},{"id":"b","hash":"ff"}]}
                        {"refused":["%1$s"]}
                        """.formatted(CANARY))
                .refusing(CallException.class)
                .oneIn(4));
        all.add(Decoder.of(
                        "a file of results",
                        bytes -> {
                            try (var results = ResultsFile.open(written(bytes))) {
                                return results.getClass().getSimpleName();
                            }
                        },
                        RESULT + "\n" + FAILED + "\n")
                .refusing(CallException.class)
                .oneIn(4));
    }

    private Path written(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("file"), bytes);
    }

    private void configuration() {
        var environment = Map.of("KEY", "key", "SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        all.add(Decoder.of(
                        "a configuration",
                        yaml -> {
                            var config = ConfigFile.parse(new String(yaml, UTF_8), environment);
                            Source.of(config.sources(), Set.of("/v1/chat/completions"), WriterSchemas.NONE)
                                    .forEach(Source::close);
                            return "";
                        },
                        CONFIG,
                        CONFIG.replace("abbreviate(20)", "abbreviate(9223372036854775808)"))
                .refusing(ConfigException.class)
                .quoting());
        all.add(Decoder.of(
                        "a table of prices",
                        yaml -> {
                            Texts.prices(new String(yaml, UTF_8));
                            return "";
                        },
                        PRICES,
                        PRICES.replace("2.00", "2.01e999999999"))
                .refusing(ConfigException.class)
                .quoting());
    }

    private void webhooks() throws Exception {
        var messages = new SignedMessages();
        open.push(messages::close);
        all.add(Decoder.ofJson("a webhook's body", messages::send, """
                        {"id": "evt_1", "object": "event", "type": "batch.completed", "data": {"id": "batch_1", "x": "%s"}}""".formatted(CANARY))
                .oneIn(4));
        all.add(Decoder.of(
                        "a webhook's headers",
                        messages::sendWith,
                        "%1$s\n1795334400\nv1,%1$s v1a,AAAA".formatted(CANARY))
                .oneIn(4));
    }

    /** How a provider is made that asks this peer. */
    @FunctionalInterface
    private interface Making {
        Provider at(Peer peer);
    }

    private void vendor(String name, List<VendorReply> replies, Making making) throws IOException {
        var peer = opened(new Peer());
        var provider = making.at(peer);
        open.push(provider);
        var lines = Files.writeString(directory.resolve("spool-" + name), LINE + "\n");
        for (var reply : replies) {
            all.add(Decoder.ofJson(
                            "%s: %s".formatted(name, reply.name()),
                            body -> {
                                var random = IntStream.range(0, body.length)
                                        .map(at -> body[at] * (at + 1))
                                        .sum();
                                var status =
                                        VendorReply.STATUSES.get(Math.floorMod(random, VendorReply.STATUSES.size()));
                                peer.answers(status, "retry-after: %s\r\n".formatted(random), body);
                                return reply.said(provider, lines);
                            },
                            reply.samples().toArray(String[]::new))
                    .oneIn(4));
        }
    }

    void close() throws Exception {
        for (var each : open) {
            each.close();
        }
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}

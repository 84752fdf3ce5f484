package dev.halfrate.processor.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Configuration, capabilities and records for the tests of intake. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-11-21T20:00:00Z");
    static final Topics TOPICS = new Topics(Map.of("llm.requests", new Uuid(7, 9)), 8, 1_000_000);
    static final String CHAT = "/v1/chat/completions";

    /** A line is the body and this much. */
    static final int LINE_HEAD_BYTES = 100;

    static final int LINE_BYTES_MAX = 20_000;

    static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: none}
            requests: {line-bytes-max: %d, ttl: 72h}
            ledger: {running-max: 8d}
            accounts:
              - {name: mini, key: {env: K}, models: [gpt-4o-mini*], pool: shared}
              - {name: rest, key: {env: K}, models: [gpt-*, o3], completion-window: 7d}
            """.formatted(LINE_BYTES_MAX), Map.of("K", "key"));

    static final Map<String, Capabilities> CAPABILITIES =
            Map.of("mini", capabilities(false), "rest", capabilities(false));

    /** Of a vendor whose batches have an API version and betas. */
    static final Capabilities VERSIONED = capabilities(true);

    private Samples() {}

    static String line(String customId, String model) {
        return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":{\"model\":\"%s\"}}"
                .formatted(customId, CHAT, model);
    }

    static ConsumerRecord<byte[], byte[]> at(long offset, @Nullable String value) {
        return at(offset, value == null ? null : value.getBytes(UTF_8), NOW.toEpochMilli());
    }

    static ConsumerRecord<byte[], byte[]> at(long offset, byte @Nullable [] value, long timestamp) {
        return at("llm.requests", offset, value, timestamp);
    }

    static ConsumerRecord<byte[], byte[]> at(String topic, long offset, byte @Nullable [] value, long timestamp) {
        return new ConsumerRecord<>(
                topic,
                0,
                offset,
                timestamp,
                TimestampType.CREATE_TIME,
                1,
                value == null ? 0 : value.length,
                new byte[] {'k'},
                value,
                new RecordHeaders(),
                Optional.empty());
    }

    private static Capabilities capabilities(boolean versioned) {
        return new Capabilities(
                "openai",
                50_000,
                209_715_200,
                209_715_200,
                Set.of(CHAT, "/v1/responses"),
                List.of("24h"),
                Capabilities.Ingest.FILE,
                Capabilities.SearchQuality.EXACT,
                false,
                versioned,
                new HeadAndBody());
    }

    private static final class HeadAndBody implements LineFormat {
        @Override
        public int lineBytes(String endpoint, int bodyBytes) {
            return LINE_HEAD_BYTES + bodyBytes;
        }

        @Override
        public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
            throw new UnsupportedOperationException("intake encodes no line");
        }
    }
}

package dev.halfrate.processor.callback;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.BatchProgressCodec;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Records of the public topics, and endpoints that are told of them. */
final class Records {
    static final Instant AT = Instant.parse("2026-11-22T08:00:00Z");
    static final byte[] KEY = "a secret of at least 24 bytes".getBytes(UTF_8);
    static final byte[] NEXT_KEY = "the one that takes over from it".getBytes(UTF_8);

    private static final Map<String, String> ENVIRONMENT =
            Map.of("KEY", "sk", "OLD", whsec(KEY), "NEW", whsec(NEXT_KEY));

    private Records() {}

    static String whsec(byte[] key) {
        return "whsec_" + Base64.getEncoder().encodeToString(key);
    }

    /** @param more keys beside the name */
    static CallbackConfig callback(String more) {
        return ConfigFile.parse("""
                        kafka: {bootstrap.servers: none}
                        accounts: [{name: main, key: {env: KEY}}]
                        callbacks:
                          - {name: team, secrets: [{env: OLD}, {env: NEW}], %s}
                        """.formatted(more), ENVIRONMENT).callbacks().getFirst();
    }

    static TopicsConfig topics() {
        return ConfigFile.parse("""
                        kafka: {bootstrap.servers: none}
                        accounts: [{name: main, key: {env: KEY}}]
                        """, ENVIRONMENT).topics();
    }

    static byte[] batch(String id, String state, Map<String, Spend> tags) {
        return BatchProgressCodec.encode(new BatchProgress(
                id,
                state,
                "openai",
                "main",
                "gpt-4o-mini",
                "/v1/chat/completions",
                "batch_1",
                "completed",
                1,
                2,
                300,
                2,
                2,
                0,
                0,
                0,
                0,
                spend(),
                tags,
                "",
                AT,
                AT));
    }

    static Spend spend() {
        return new Spend(2, 300, new Usage(10, 0, 0, 0, 5), new Cost(new Usd(1), new Usd(2), new Usd(1)), 0);
    }

    static byte[] result(String customId, String batchId, String tag) {
        return ResultCodec.encode(new Result(
                new Result.Request(customId, tag, AT, null, Map.of(), Map.of(), ""),
                Result.Status.FAILED,
                "openai",
                "main",
                "gpt-4o-mini",
                400,
                "{\"error\":{\"message\":\"CANARY\"}}".getBytes(UTF_8),
                null,
                new Result.Failure("bad", "CANARY is not allowed", true),
                null,
                batchId,
                "batch_1",
                1,
                AT,
                AT,
                AT,
                null,
                null));
    }

    static ConsumerRecord<byte[], byte[]> record(String topic, int partition, long offset, byte[] value) {
        return new ConsumerRecord<>(
                topic,
                partition,
                offset,
                AT.toEpochMilli(),
                TimestampType.CREATE_TIME,
                0,
                value.length,
                new byte[0],
                value,
                new RecordHeaders(),
                Optional.empty());
    }
}

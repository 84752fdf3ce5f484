package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class BatchProgressCodecTest {
    private static final BatchProgress PROGRESS = new BatchProgress(
            "b-1",
            "running",
            "openai",
            "main",
            "gpt-4o-mini",
            "/v1/chat/completions",
            "batch_1",
            "",
            1,
            2,
            3_000_000_000L,
            4,
            5,
            6,
            7,
            8,
            9,
            new Spend(
                    3,
                    400,
                    new Usage(10, 11, 12, 13, 14),
                    new Cost(new Usd(1_500_000), new Usd(2_000_000), Usd.ZERO),
                    15),
            Map.of("team-a", new Spend(1, 100, new Usage(1, 0, 0, 2), new Cost(new Usd(1), new Usd(2), new Usd(1)), 0)),
            "",
            Instant.parse("2026-11-21T20:15:30.120Z"),
            Instant.parse("2026-11-21T20:16:00Z"));

    @Test
    void progressIsWrittenFieldByField() {
        assertThat(new String(BatchProgressCodec.encode(PROGRESS), UTF_8)).isEqualTo("""
                        {"batch_id":"b-1","state":"running","provider":"openai","account":"main","model":"gpt-4o-mini",\
                        "endpoint":"/v1/chat/completions","remote_batch_id":"batch_1","remote_status":null,\
                        "attempt":1,"items":2,"bytes":3000000000,"remote_done":4,"succeeded":5,"failed":6,\
                        "expired":7,"cancelled":8,"returned":9,"answered":3,"answered_bytes":400,\
                        "input_tokens":10,"cached_input_tokens":11,"cache_write_tokens":12,\
                        "hour_cache_write_tokens":13,"output_tokens":14,\
                        "cost":{"usd":0.0000015,"synchronous_usd":0.000002,"uncached_usd":0},"unpriced_tokens":15,\
                        "tags":{"team-a":{"answered":1,"answered_bytes":100,"input_tokens":1,\
                        "cached_input_tokens":0,"cache_write_tokens":0,"hour_cache_write_tokens":0,"output_tokens":2,\
                        "cost":{"usd":0.000000000001,"synchronous_usd":0.000000000002,"uncached_usd":0.000000000001},\
                        "unpriced_tokens":0}},"reason":null,"sealed_at":"2026-11-21T20:15:30.120Z",\
                        "at":"2026-11-21T20:16:00.000Z"}""");
    }

    @Test
    void everythingComesBack() {
        var sent = FeedWriter.JSON.toRecord("llm.batches", PROGRESS);

        assertThat(new String(sent.key(), UTF_8)).isEqualTo("b-1");
        assertThat(BatchProgressCodec.fromRecord(new ConsumerRecord<>("llm.batches", 0, 0, sent.key(), sent.value())))
                .isEqualTo(PROGRESS);
    }
}

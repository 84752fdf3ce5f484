package dev.halfrate.processor.fuzz;

import static dev.halfrate.processor.fuzz.Decoder.CANARY;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.Provider;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Of Anthropic. */
final class AnthropicReplies {
    private static final Instant NOW = Instant.parse("2026-11-21T20:00:00Z");

    private static final String ERROR =
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"%s\"},\"request_id\":\"r\"}"
                    .formatted(CANARY);

    private static final String BATCH = """
            {"id":"msgbatch_1","type":"message_batch","processing_status":"ended","created_at":"2026-11-21T20:00:01.000001Z",\
            "request_counts":{"processing":0,"succeeded":1,"errored":0,"canceled":0,"expired":0},"x":"%s",\
            "ended_at":"2026-11-21T21:00:00Z","expires_at":"2026-11-22T20:00:00Z","results_url":"https://elsewhere.example/steal"}""".formatted(CANARY);

    private static final String LIST =
            "{\"data\":[%s],\"first_id\":\"msgbatch_1\",\"last_id\":\"msgbatch_1\",\"has_more\":false}"
                    .formatted(BATCH);

    private static final String ANSWER = """
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn",\
            "usage":{"input_tokens":10,"cache_creation_input_tokens":4,"cache_read_input_tokens":3,"output_tokens":2,\
            "cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":1}}}""".formatted(CANARY);

    private static final String LINES = """
            {"custom_id":"abcdefgh234567ab-000000","result":{"type":"succeeded","message":%1$s}}
            {"custom_id":"abcdefgh234567ab-000001","result":{"type":"errored","error":%2$s}}
            {"custom_id":"abcdefgh234567ab-000002","result":{"type":"expired"}}
            {"custom_id":"abcdefgh234567ab-000003","result":{"type":"canceled"}}
            """.formatted(ANSWER, ERROR);

    static final List<VendorReply> ALL = List.of(
            VendorReply.of("create", (vendor, lines) -> vendor.create(create(lines)), BATCH, ERROR),
            VendorReply.of("find", (vendor, _) -> vendor.find(search()), LIST, ERROR),
            VendorReply.of("sweep", (vendor, _) -> vendor.sweep(NOW), LIST, ERROR),
            VendorReply.of("marker", (vendor, _) -> vendor.marker(), LIST, ERROR),
            VendorReply.of("poll", (vendor, _) -> vendor.poll("msgbatch_1"), BATCH, ERROR),
            VendorReply.of("cancel", (vendor, _) -> vendor.cancel("msgbatch_1"), BATCH, ERROR),
            VendorReply.of(
                    "results",
                    (vendor, _) -> vendor.results("msgbatch_1", FilePosition.START, (_, _) -> {}),
                    LINES,
                    ERROR),
            VendorReply.of("call", (vendor, _) -> vendor.call(call()), ANSWER, ERROR));

    private AnthropicReplies() {}

    private static Provider.Create create(Path lines) {
        return new Provider.Create(
                "abcdefgh234567ab", "b-1", "/v1/messages", "m", "2023-06-01", List.of(), "24h", "", lines, () -> false);
    }

    private static Provider.Search search() {
        return new Provider.Search("abcdefgh234567ab", "", "msgbatch_0", NOW);
    }

    private static Provider.Call call() {
        return new Provider.Call(
                "/v1/messages", "2023-06-01", List.of(), "{\"model\":\"m\"}".getBytes(UTF_8), Duration.ofSeconds(20));
    }
}

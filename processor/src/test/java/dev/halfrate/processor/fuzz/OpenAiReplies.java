package dev.halfrate.processor.fuzz;

import static dev.halfrate.processor.fuzz.Decoder.CANARY;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.Provider;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Of OpenAI. */
final class OpenAiReplies {
    private static final Instant NOW = Instant.parse("2026-11-21T20:00:00Z");

    private static final String ERROR = """
            {"error":{"message":"%s Limit: 1,000 enqueued tokens","type":"invalid_request_error","param":"x","code":"token_limit_exceeded"}}""".formatted(CANARY);

    private static final String BATCH = """
            {"id":"batch_1","object":"batch","endpoint":"/v1/chat/completions","status":"completed","input_file_id":"file-1",\
            "completion_window":"24h","output_file_id":"file-2","error_file_id":"file-3","created_at":1795291200,"expires_at":1795377600,\
            "request_counts":{"total":3,"completed":2,"failed":1},"metadata":{"halfrate_attempt":"abcdefgh234567ab","x":"%1$s"},\
            "errors":{"object":"list","data":[{"code":"token_limit_exceeded","message":"%1$s","param":"p","line":2}]}}""".formatted(CANARY);

    private static final String LIST =
            "{\"object\":\"list\",\"data\":[%s],\"first_id\":\"batch_1\",\"last_id\":\"batch_1\",\"has_more\":false}"
                    .formatted(BATCH);

    private static final String FILE = """
            {"id":"file-1","object":"file","bytes":9,"created_at":1795291200,"filename":"a.jsonl","purpose":"batch","status":"processed","deleted":true,"x":"%s"}""".formatted(CANARY);

    private static final String CHAT = """
            {"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"%s ä"}}],\
            "usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2}}}""".formatted(CANARY);

    private static final String LINES = """
            {"id":"b","custom_id":"abcdefgh234567ab-000000","response":{"status_code":200,"request_id":"r","body":%1$s},"error":null}
            {"id":"b","custom_id":"abcdefgh234567ab-000001","response":{"status_code":400,"request_id":"r","body":%2$s},"error":null}
            {"id":"b","custom_id":"abcdefgh234567ab-000002","response":null,"error":{"code":"batch_expired","message":"%3$s"}}
            """.formatted(CHAT, ERROR, CANARY);

    static final List<VendorReply> ALL = List.of(
            VendorReply.of(
                    "upload", (vendor, lines) -> vendor.upload(new Provider.Upload(lines, "a.jsonl")), FILE, ERROR),
            VendorReply.of("create", (vendor, _) -> vendor.create(create()), BATCH, ERROR),
            VendorReply.of("find", (vendor, _) -> vendor.find(search()), LIST, ERROR),
            VendorReply.of("sweep", (vendor, _) -> vendor.sweep(NOW), LIST, ERROR),
            VendorReply.of("poll", (vendor, _) -> vendor.poll("batch_1"), BATCH, ERROR),
            VendorReply.of("look up", (vendor, _) -> vendor.lookUp("batch_1"), BATCH, ERROR),
            VendorReply.of("cancel", (vendor, _) -> vendor.cancel("batch_1"), BATCH, ERROR),
            VendorReply.of("delete", (vendor, _) -> vendor.deleteFile("file-1"), FILE, ERROR),
            VendorReply.of(
                    "results", (vendor, _) -> vendor.results("file-2", FilePosition.START, (_, _) -> {}), LINES, ERROR),
            VendorReply.of("call", (vendor, _) -> vendor.call(call()), CHAT, ERROR));

    private OpenAiReplies() {}

    private static Provider.Create create() {
        return new Provider.Create(
                "abcdefgh234567ab",
                "b-1",
                "/v1/chat/completions",
                "m",
                "",
                List.of(),
                "24h",
                "file-1",
                null,
                () -> false);
    }

    private static Provider.Search search() {
        return new Provider.Search("abcdefgh234567ab", "file-1", "", NOW);
    }

    private static Provider.Call call() {
        return new Provider.Call(
                "/v1/chat/completions", "", List.of(), "{\"model\":\"m\"}".getBytes(UTF_8), Duration.ofSeconds(20));
    }
}

package com.example;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks, and completes with the result, which may be a day later: a service that restarts meanwhile asks again. */
@Service
class Halfrate {
    private static final String URL = "/v1/chat/completions";

    private static final String PREFIX = "spring-";

    private final Map<String, CompletableFuture<JsonNode>> results = new ConcurrentHashMap<>();
    private final KafkaTemplate<String, String> kafka;
    private final JsonMapper json;

    Halfrate(KafkaTemplate<String, String> kafka, JsonMapper json) {
        this.kafka = kafka;
        this.json = json;
    }

    /** The custom_id is made of the content: who asks the same again pays for nothing twice. */
    CompletableFuture<JsonNode> ask(String question) {
        var body = Map.of("model", "gpt-4o-mini", "messages", List.of(Map.of("role", "user", "content", question)));
        var customId = PREFIX + hash(question);
        var result = results.computeIfAbsent(customId, id -> new CompletableFuture<>());
        var request = Map.of("custom_id", customId, "method", "POST", "url", URL, "body", body);
        kafka.send("llm.requests", customId, json.writeValueAsString(request)).whenComplete((sent, failure) -> {
            if (failure != null) {
                results.remove(customId);
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /**
     * Of a group of its own for each process, from the topic's beginning, and kept: a request that was answered earlier is not
     * answered again.
     */
    @KafkaListener(topics = "llm.results", groupId = "spring-example-#{T(java.util.UUID).randomUUID()}")
    void take(ConsumerRecord<String, String> received) {
        var customId = received.key();
        if (customId.startsWith(PREFIX)) {
            var result = json.readTree(received.value());
            results.computeIfAbsent(customId, id -> new CompletableFuture<>()).complete(result);
            if (!result.get("status").stringValue().equals("succeeded")) {
                results.remove(customId); // it may be asked again
            }
        }
    }

    private static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

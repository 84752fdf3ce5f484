package dev.halfrate.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells somebody that batches have ended, if anybody wants to know. Safe for use by many threads. */
final class Webhooks implements AutoCloseable {

    private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(10);
    private static final int DELIVERIES_MAX = 10_000;

    /**
     * One try to tell it.
     *
     * @param attempt counts from 1
     * @param status of the answer; 0 if there was none
     */
    record Delivery(String webhookId, String type, String batchId, int attempt, int status) {}

    private record Message(Webhook webhook, String id, String type, String batchId, String body) {}

    private final Ids ids;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(ANSWER_TIME_MAX)
            .build();
    private final ScheduledExecutorService sending = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("simulator-webhooks").daemon().factory());
    private final List<Delivery> deliveries = new ArrayList<>();
    private volatile @Nullable Webhook webhook;

    Webhooks(Ids ids) {
        this.ids = ids;
    }

    void set(@Nullable Webhook wanted) {
        webhook = wanted;
    }

    Optional<Webhook> get() {
        return Optional.ofNullable(webhook);
    }

    /** The tries of this run, oldest first. */
    List<Delivery> deliveries() {
        synchronized (deliveries) {
            return List.copyOf(deliveries);
        }
    }

    void ended(Batch.Identity batch, BatchStatus end, Instant at) {
        Webhook target = webhook;
        if (target == null) {
            return;
        }
        String type = "batch." + end.wireName();
        String body =
                "{\"id\": \"%s\", \"object\": \"event\", \"type\": \"%s\", \"created_at\": %d, \"data\": {\"id\": \"%s\"}}"
                        .formatted(ids.next("evt_"), type, at.getEpochSecond(), batch.id());
        Message message = new Message(target, ids.next("wh_"), type, batch.id(), body);
        for (int copy = 0; copy < target.copies(); copy++) {
            send(message, 1, target.lateMs());
        }
    }

    /** Forgets what has not been told yet. */
    @Override
    public void close() {
        sending.shutdownNow();
        http.shutdownNow();
    }

    private void send(Message message, int attempt, long afterMs) {
        var _ = sending.schedule(() -> attempt(message, attempt), afterMs, TimeUnit.MILLISECONDS);
    }

    private void attempt(Message message, int attempt) {
        int status = status(message);
        synchronized (deliveries) {
            if (deliveries.size() == DELIVERIES_MAX) {
                deliveries.removeFirst();
            }
            deliveries.add(new Delivery(message.id(), message.type(), message.batchId(), attempt, status));
        }
        if ((status < 200 || status > 299) && attempt < message.webhook().attemptsMax()) {
            send(message, attempt + 1, (long) message.webhook().retryMs() << (attempt - 1));
        }
    }

    /** Each try has a signature of its own: its time is a real one, since receivers compare it with theirs. */
    private int status(Message message) {
        long timestamp = Instant.now().getEpochSecond();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(message.webhook().url()))
                .timeout(ANSWER_TIME_MAX)
                .header("Content-Type", "application/json")
                .header("webhook-id", message.id())
                .header("webhook-timestamp", Long.toString(timestamp))
                .header(
                        "webhook-signature",
                        WebhookSignature.of(message.webhook().key(), message.id(), timestamp, message.body()))
                .POST(BodyPublishers.ofString(message.body()))
                .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode();
        } catch (IOException _) {
            return 0;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
